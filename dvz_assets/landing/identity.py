"""The identity map: from every replaced number to the number that its holder has now. Contract section 1.4."""

import polars as pl

from dvz_assets.errors import DeliveryError


def identity_map(previous: pl.DataFrame | None, replacements: pl.DataFrame, *, place: str) -> pl.DataFrame:
    """Map of a month: one row per replaced number (old_insz, new_insz, present_insz).

    ``previous`` is the map of the month before, ``replacements`` the typed rows of this month's file (line_number,
    old_insz, new_insz). Raises DeliveryError for a cycle, or for one old number with two different new ones.
    """
    new = replacements.select("line_number", "old_insz", "new_insz")
    pairs = new if previous is None else pl.concat([_known(previous), new])
    distinct = pairs.unique(["old_insz", "new_insz"], keep="first", maintain_order=True)
    contradictions = distinct.filter(pl.col("old_insz").is_duplicated())
    if contradictions.height:
        raise _wrong(place, contradictions, "one new number for each old number", "two different new numbers for one")
    links = distinct.with_columns(pl.col("new_insz").alias("present_insz"))
    # each round doubles the distance that is followed, so that a chain of any length ends after a few
    for _ in range(links.height.bit_length() + 1):
        onward = links.select(pl.col("old_insz").alias("present_insz"), pl.col("present_insz").alias("onward"))
        followed = links.join(onward, on="present_insz", how="left", maintain_order="left")
        if followed["onward"].null_count() == followed.height:
            return links.select("old_insz", "new_insz", "present_insz")
        links = followed.with_columns(pl.coalesce("onward", "present_insz").alias("present_insz")).drop("onward")
    cycle = links.filter(pl.col("present_insz").is_in(links["old_insz"].implode()))
    raise _wrong(place, cycle, "chains of replacements that end", "numbers that replace each other in a circle")


def _known(previous: pl.DataFrame) -> pl.DataFrame:
    """Pairs of earlier deliveries; they have no line in this one."""
    return previous.select(pl.lit(None, pl.Int64).alias("line_number"), "old_insz", "new_insz")


def _wrong(place: str, rows: pl.DataFrame, expected: str, found: str) -> DeliveryError:
    lines = rows["line_number"].drop_nulls().sort().to_list()
    where = f"{place}, line {', '.join(str(line) for line in lines[:5])}" if lines else place
    return DeliveryError(
        "CONTRADICTING_REPLACEMENTS",
        place=where,
        expected=expected,
        found=found,
        remedy="have the register deliver the month again with corrected replacements",
    )
