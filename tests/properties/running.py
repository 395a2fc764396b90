"""Runs a landing zone through all steps, without Dagster around them, and reads the lake."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Reason
from dvz_assets.settings import Settings
from tests.cases.landing_writer import Delivery, write_landing
from tests.properties.populations import Held


def run_zone(folder: Path, zone: Mapping[Month, Delivery], holds: Sequence[Held] = (), **settings: Any) -> Flow:
    """Write the deliveries below a folder and run all their months in order; any share of rejects is accepted.

    ``holds`` are on the desk's list from the beginning.
    """
    landing = write_landing(folder / "landing", zone)
    flow = Flow(Settings(**{"landing": landing, "home": folder / "home", "max_reject_share": Decimal(1), **settings}))
    for number, first, last in holds:
        flow.holds.add(number, Reason.RESTRICTION, first, last, "desk 1")
    return run_all(flow, zone)


def run_all(flow: Flow, months: Iterable[Month]) -> Flow:
    """Run all steps of months in order."""
    for month in months:
        for asset in WRITERS:
            run_step(flow, asset, month)
    return flow


def rows(flow: Flow, asset: str, month: Month) -> list[dict[str, Any]]:
    """Rows of a partition."""
    return pl.read_parquet(flow.lake.partition(asset, month), hive_partitioning=False).to_dicts()
