"""One step of the flow: build the candidate of a partition, audit it, publish it.

The list of assets in their order, and what each step does. The same steps run whoever asks: the command line, the
Dagster UI, the sensor or the schedule. Nothing becomes visible under a partition's path before its audit.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from dvz_assets.audit.expectations import ExpectationResult, wait_for_engine
from dvz_assets.flow import cleaned, delivery, raw, relational
from dvz_assets.flow.checks import audit_candidate, require_passed
from dvz_assets.flow.context import Flow
from dvz_assets.flow.write_steps import reached
from dvz_assets.lake import Manifest
from dvz_assets.months import Month

Writer = Callable[[Flow, duckdb.DuckDBPyConnection, Month], Manifest]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did: the manifest of the partition, its rows, the results of its audit, and what each part took."""

    manifest: Manifest
    rows: int
    results: list[ExpectationResult]
    changed: bool
    seconds_writing: float
    seconds_checking: float


def _relational(asset: str) -> Writer:
    return lambda flow, connection, month: relational.write_candidate(flow, connection, asset, month)


WRITERS: Mapping[str, Writer] = {
    "novaprima_statement": lambda flow, _, month: raw.write_candidate(flow, "novaprima_statement", month),
    "register_snapshot": lambda flow, _, month: raw.write_candidate(flow, "register_snapshot", month),
    "insz_replacements": lambda flow, _, month: raw.write_candidate(flow, "insz_replacements", month),
    "identity_map": lambda flow, _, month: cleaned.write_identity_map(flow, month),
    "aid_history": lambda flow, _, month: cleaned.write_aid_history(flow, month),
    "register_persons": lambda flow, _, month: cleaned.write_register_persons(flow, month),
    **{asset: _relational(asset) for asset in relational.INPUTS},
    "delivery": lambda flow, _, month: delivery.write_candidate(flow, month),
}


def run_step(flow: Flow, connection: duckdb.DuckDBPyConnection, asset: str, month: Month) -> StepResult:
    """Write, audit, publish one partition; raises DvzError, with the partition as it was, when anything is wrong."""
    begun = time.perf_counter()
    manifest = WRITERS[asset](flow, connection, month)
    reached(f"{asset}: candidate written")
    written = time.perf_counter()
    wait_for_engine()
    ready = time.perf_counter()
    results = audit_candidate(flow, connection, asset, month, manifest)
    reached(f"{asset}: audited")
    checked = time.perf_counter()
    require_passed(asset, month, results, manifest.counts)
    if asset == "delivery":
        delivery.publish_candidate(flow, month)
    changed = flow.lake.publish(asset, month)
    reached(f"{asset}: renamed")
    rows = pl.scan_parquet(flow.lake.partition(asset, month)).select(pl.len()).collect().item()
    writing = written - begun + time.perf_counter() - checked
    return StepResult(manifest, rows, results, changed, writing, checked - ready)
