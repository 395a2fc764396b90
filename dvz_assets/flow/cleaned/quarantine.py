"""What becomes of rejected rows: they are counted by reason, and written beside the lake with their file and line."""

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.home.write_steps import reached
from dvz_assets.landing.insz import as_number
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES

# how a manifest names the rejected rows of one reason
REJECTED = "rejected: "


def accepted(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that break no rule."""
    return judged.filter(pl.col("reason").is_null())


def count_rejected(judged: pl.DataFrame) -> dict[str, int]:
    """Count rejected rows in all, and by reason."""
    reasons = judged.filter(pl.col("reason").is_not_null()).group_by("reason").len().sort("reason")
    by_reason = {f"{REJECTED}{reason}": count for reason, count in reasons.iter_rows()}
    return {"rejected": sum(by_reason.values()), **by_reason}


def write_quarantine(
    flow: Flow, asset: str, month: Month, judged: pl.DataFrame, content_of: pl.DataFrame | None = None
) -> None:
    """Write the rejected rows of a delivered file; with ``content_of``, content only of the persons that it lists.

    Of all others only file, line and reason are stored (deliberation 18/055, 29).
    """
    content = LAKE_TABLES[asset].at(str(month)).names[1:]
    rejected = judged.filter(pl.col("reason").is_not_null())
    if content_of is not None:
        is_listed = as_number("insz").is_in(content_of["insz"].implode()).fill_null(value=False)
        rejected = rejected.with_columns(pl.when(is_listed).then(pl.col(name)).alias(name) for name in content)
    raw = flow.lake.manifest(asset, month)
    rows = rejected.select(
        pl.lit(raw.facts["file"]).alias("file"),
        "line_number",
        "reason",
        *content,
    )
    candidate = flow.lake.quarantine_candidate(asset, month)
    write_frame(rows, candidate, Manifest(f"{asset}_quarantine", str(month), {"raw": raw.fingerprint}))
    reached(f"quarantine of {asset}: written")
    flow.storage.replace_file(candidate, flow.lake.quarantine(asset, month))
    reached(f"quarantine of {asset}: renamed")
