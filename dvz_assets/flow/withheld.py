"""Who is withheld in a month, as ``sql/decisions.sql`` joins it, and the fingerprint by which a month becomes stale."""

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month


def withheld_persons(flow: Flow, month: Month) -> pl.DataFrame:
    """Return the present numbers of the persons withheld in a month; grain: one row per person."""
    numbers = pl.DataFrame(
        {"old_insz": [int(each) for each in flow.holds.withheld(month)]}, schema={"old_insz": pl.Int64}
    )
    identity_map = flow.lake.scan("identity_map", month).select("old_insz", "present_insz").collect()
    present = numbers.join(identity_map, on="old_insz", how="left")
    return present.select(insz=pl.coalesce("present_insz", "old_insz")).unique().sort("insz")
