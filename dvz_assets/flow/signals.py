"""What a month needs to know of the signals that it looks back on: relations that no single partition holds.

A signal was decided by the rules, and under the numbers, of its own month; both are taken from there. Of a person with
a signal the snapshot is asked for the date of death, and for nothing else (rules.md sections 7 and 8).
"""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.tables.reference import REFERENCE_TABLES

LOOKED_BACK_ON = "dvz_export"
CORRECTIONS = "corrections"


def signal_months(flow: Flow, month: Month) -> pl.DataFrame:
    """Months looked back on: date of their register snapshot, and ``looked_at``. Grain: one row per month.

    ``looked_at`` is the last month before this one that has looked back on it, or the month itself: what was known then
    has been judged.
    """
    rows = [
        (each.first_day, _reference_date(flow, each), _looked_at(flow, each, month).first_day)
        for each in _months(flow, month)
    ]
    schema = {"month": pl.Date, "reference_date": pl.Date, "looked_at": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def signal_rules(flow: Flow, month: Month) -> pl.DataFrame:
    """Rules by which the signals were decided, with the assistance kinds that counted. Grain: month and category."""
    rules = REFERENCE_TABLES["category_rules"].schema
    schema = pl.Schema({"month": pl.Date(), **rules, "counted_assistance_kinds": pl.List(pl.String)})
    found = [pl.DataFrame(schema=schema)]
    for each in _months(flow, month):
        reference = flow.reference_of(each)
        rows = reference.tables["category_rules"].filter(regime=reference.regime_of(each))
        kinds = [
            reference.counted_kinds(counts_assistance_employment=bool(counts), selection="ASSISTANCE")
            for counts in rows["counts_assistance_employment"]
        ]
        counted = pl.Series(kinds, dtype=pl.List(pl.String))
        found.append(rows.select(pl.lit(each.first_day).alias("month"), *rules, counted_assistance_kinds=counted))
    return pl.concat(found)


def signal_numbers(flow: Flow, month: Month) -> pl.DataFrame:
    """Numbers that were known, in the month of a signal, to be those of the number sent. Grain: month and number."""
    return _signal_numbers(flow, month).collect()


def _signal_numbers(flow: Flow, month: Month) -> pl.LazyFrame:
    columns = {"month": pl.Date, "number_sent": pl.Int64, "held_number": pl.Int64}
    found = [pl.LazyFrame(schema=columns)]
    for each in _months(flow, month):
        of_month = pl.lit(each.first_day).alias("month")
        sent = flow.lake.scan(LOOKED_BACK_ON, each).select(of_month, pl.col("insz").cast(pl.Int64).alias("number_sent"))
        former = sent.join(_links(flow, each), left_on="number_sent", right_on="present_insz")
        found += [
            sent.with_columns(held_number="number_sent"),
            former.select("month", "number_sent", pl.col("old_insz").alias("held_number")),
        ]
    return pl.concat(found)


def signal_deaths(flow: Flow, month: Month) -> pl.DataFrame:
    """Dates of death in accepted rows of the snapshot of ``month``, of persons with a signal alone. Grain: person."""
    sent = _signal_numbers(flow, month).select("number_sent").unique()
    present = sent.join(_links(flow, month), left_on="number_sent", right_on="old_insz", how="left").select(
        pl.coalesce("present_insz", "number_sent").alias("insz")
    )
    rejected = pl.scan_parquet(flow.storage.readable(flow.lake.quarantine("register_snapshot", month)), glob=False)
    deaths = (
        flow.lake.scan("register_snapshot", month)
        .filter(pl.col("overleden_op").is_not_null())
        .join(rejected.select("line_number"), on="line_number", how="anti")
        .select(pl.col("insz").cast(pl.Int64), pl.col("overleden_op").str.to_date("%Y%m%d"))
    )
    return deaths.join(present.unique(), on="insz", how="semi").collect()


def _links(flow: Flow, month: Month) -> pl.LazyFrame:
    """Each number that is no longer in use, with the one that was present in a month."""
    return flow.lake.scan("identity_map", month).select("old_insz", "present_insz")


SIGNALS: Mapping[str, Callable[[Flow, Month], pl.DataFrame]] = {
    "signal_months": signal_months,
    "signal_rules": signal_rules,
    "signal_numbers": signal_numbers,
    "signal_deaths": signal_deaths,
}


def _months(flow: Flow, month: Month) -> list[Month]:
    """The months looked back on that have been decided."""
    first = month.minus(flow.reference.correction_months(month))
    return [each for each in flow.lake.months(LOOKED_BACK_ON) if first <= each < month]


def _looked_at(flow: Flow, signal: Month, month: Month) -> Month:
    """The last month between the two whose corrections reach back to the signal."""
    for each in reversed([each for each in flow.lake.months(CORRECTIONS) if signal < each < month]):
        reach = flow.lake.manifest(CORRECTIONS, each).inputs.get("correction_months") or "0"
        if each.minus(int(reach)) <= signal:
            return each
    return signal


def _reference_date(flow: Flow, month: Month) -> date:
    return date.fromisoformat(flow.lake.manifest("register_snapshot", month).facts["snapshot_date"])
