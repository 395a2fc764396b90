"""What was sent of a person under appeal, copied before a purge removes it: it is evidence in a case that goes on.

``<home>/restricted/holds/<hold>/<month>.json``: the person's rows of every delivery of the month, and the decision of
each number. The copy goes when the hold ends (``outbound.holds``).
"""

import json
from collections.abc import Collection
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import read_csv, sent_files, written_deliveries
from dvz_assets.months import Month


def copy_for_appeals(flow: Flow, month: Month) -> None:
    """Copy what the deliveries of a month say of persons under appeal; nothing is written for who is in none."""
    for hold in flow.holds.appeals():
        numbers = _all_numbers(flow, hold.insz)
        rows = _rows_of(flow, month, numbers)
        if rows:
            content = json.dumps(rows, indent=1, ensure_ascii=False, default=str).encode()
            path = flow.holds.copies(hold) / f"{month}.json"
            flow.storage.write_whole(path, content, "rows for an appeal: to be written")


def _rows_of(flow: Flow, month: Month, numbers: Collection[str]) -> dict[str, Any]:
    deliveries = {
        voucher.number: {
            name: _of(read_csv(content), numbers)
            for name, content in sent_files(flow.settings.home, month, voucher.sequence).items()
        }
        for voucher in written_deliveries(flow.storage, month)
    }
    named = {number: files for number, files in deliveries.items() if any(files.values())}
    if not named:
        return {}
    decisions = flow.lake.scan("decisions", month).collect() if flow.lake.has("decisions", month) else None
    return {"deliveries": named, "decisions": [] if decisions is None else _of(decisions, numbers)}


def _of(rows: pl.DataFrame, numbers: Collection[str]) -> list[dict[str, Any]]:
    return rows.filter(pl.col("insz").is_in(list(numbers))).to_dicts()


def _all_numbers(flow: Flow, insz: str) -> set[str]:
    """The number on the list, and every other one that the person has ever held, by the newest identity map."""
    months = flow.lake.months("identity_map")
    if not months:
        return {insz}
    pairs = [(f"{old:011d}", f"{present:011d}") for old, present in _pairs(flow, months[-1])]
    present = dict(pairs).get(insz, insz)
    return {insz, present, *(old for old, now in pairs if now == present)}


def _pairs(flow: Flow, month: Month) -> list[tuple[int, int]]:
    return list(flow.lake.scan("identity_map", month).select("old_insz", "present_insz").collect().iter_rows())
