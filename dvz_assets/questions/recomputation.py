"""Computes months again in a home that is thrown away: with the recorded tables, or with others.

That home stands on this machine, below ``restricted``. The delivered files come from the raw partitions of the lake or,
where asked, from the landing zone as it is today; everything after them is computed anew by the same code. No audit, no
delivery, nothing published: what is computed is only compared.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dvz_assets.flow.assets import COMPUTED, DELIVERED, LOOKED_BACK_ON, read_by_later_months
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import delivered_vouchers
from dvz_assets.flow.steps import WRITERS
from dvz_assets.home.reference_archive import archived_reference
from dvz_assets.months import Month
from dvz_assets.questions.withheld_then import WithheldThen
from dvz_assets.settings import Settings

# what a month reads of earlier months beyond their results
HISTORY = tuple(asset for asset in read_by_later_months() if asset not in LOOKED_BACK_ON)


def settings_then(flow: Flow, month: Month) -> Settings:
    """Return the settings with which a month was decided: its archived tables, and what else decides about rows."""
    return flow.settings.model_copy(
        update={
            "reference": archived_reference(flow.settings.home, flow.lake.manifest("decisions", month).archived_tables),
            "country_of_origin": flow.lake.manifest("dvz_export", month).inputs["country_of_origin"],
        }
    )


@contextmanager
def recomputation(
    flow: Flow,
    settings: Settings,
    months: Sequence[Month],
    *,
    from_landing: bool = False,
    archived: bool = False,
    on_month: Callable[[Month], None] = lambda month: None,
) -> Iterator[Flow]:
    """Yield a flow in which ``months`` stand as ``settings`` would make them, with what they read of earlier months.

    ``from_landing`` takes what stands in the landing zone today where it differs from what was taken before. With
    ``archived`` the reference tables of ``settings`` are those that were archived with a month, and who was withheld
    when it was decided is withheld. ``on_month`` is told of each month that is done.
    """
    parent = flow.settings.work / "restricted"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="recomputation-", dir=parent))
    try:
        holds = WithheldThen(flow) if archived else flow.holds
        recomputed = flow.with_settings(settings.model_copy(update={"home": folder}), holds, archived=archived)
        for month in flow.lake.months("aid_history"):
            if month <= max(months):
                _take_raw(flow, recomputed, month, from_landing=from_landing)
                if month not in months:
                    _take_results(flow, recomputed, month)
                _compute(recomputed, month, COMPUTED if month in months else HISTORY)
                on_month(month)
        yield recomputed
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_raw(flow: Flow, recomputed: Flow, month: Month, *, from_landing: bool) -> None:
    vouchers = delivered_vouchers(flow, month) if from_landing else {}
    for asset in DELIVERED:
        if vouchers.get(asset) and vouchers[asset] != flow.lake.manifest(asset, month).inputs["voucher"]:
            _compute(recomputed, month, [asset])
            continue
        flow.storage.fetch(flow.lake.partition(asset, month), recomputed.lake.partition(asset, month))


def _take_results(flow: Flow, recomputed: Flow, month: Month) -> None:
    """What was sent in an earlier month, and by which rules, is not made anew: a later month looks back on it."""
    for asset in LOOKED_BACK_ON:
        if flow.lake.has(asset, month):
            flow.storage.fetch(flow.lake.partition(asset, month), recomputed.lake.partition(asset, month))
    if flow.lake.has("decisions", month):
        tables = archived_reference(flow.settings.home, flow.lake.manifest("decisions", month).archived_tables)
        target = recomputed.settings.home / "reference" / tables.name
        for table in tables.iterdir():
            if not (target / table.name).exists():
                flow.storage.fetch(table, target / table.name)


def _compute(recomputed: Flow, month: Month, assets: Sequence[str]) -> None:
    with recomputed.connect() as connection:
        for asset in assets:
            WRITERS[asset](recomputed, connection, month)
            recomputed.lake.publish(asset, month)
