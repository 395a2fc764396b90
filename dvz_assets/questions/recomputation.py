"""Computes months again beside the lake, and never into it: with the recorded tables, or with others.

A shadow is a home of its own on this machine, below ``restricted``, removed at the end. The delivered files come from
the raw partitions of the lake or, where asked, from the landing zone as it is today; everything after them is computed
anew by the same code. No audit, no delivery, nothing published: what is computed is only compared.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dvz_assets.flow import cleaned, relational
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import DELIVERED, delivered_vouchers
from dvz_assets.flow.steps import WRITERS
from dvz_assets.months import Month
from dvz_assets.settings import Settings

# what a later month reads of an earlier one
CARRIED = ("identity_map", "aid_history")


@contextmanager
def shadow(flow: Flow, settings: Settings, months: Sequence[Month], *, from_landing: bool = False) -> Iterator[Flow]:
    """The flow in which ``months`` stand as ``settings`` would make them; all earlier months are carried along.

    ``from_landing`` takes what stands in the landing zone today where it differs from what was taken before.
    """
    parent = flow.settings.work / "restricted"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="shadow-", dir=parent))
    try:
        beside = flow.with_settings(settings.model_copy(update={"home": folder}))
        for month in flow.lake.months("aid_history"):
            if month <= max(months):
                assets = [*cleaned.UPSTREAM, *relational.INPUTS] if month in months else CARRIED
                _take_raw(flow, beside, month, from_landing=from_landing)
                _compute(beside, month, assets)
        yield beside
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_raw(flow: Flow, beside: Flow, month: Month, *, from_landing: bool) -> None:
    vouchers = delivered_vouchers(flow, month) if from_landing else {}
    for asset in DELIVERED:
        if vouchers.get(asset) and vouchers[asset] != flow.lake.manifest(asset, month).inputs["voucher"]:
            _compute(beside, month, [asset])
            continue
        flow.storage.fetch(flow.lake.partition(asset, month), beside.lake.partition(asset, month))


def _compute(beside: Flow, month: Month, assets: Sequence[str]) -> None:
    with beside.connect() as connection:
        for asset in assets:
            WRITERS[asset](beside, connection, month)
            beside.lake.publish(asset, month)
