"""Compares what was sent with what was sent otherwise, or would be sent now: person by person, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import export_files
from dvz_assets.home.deliveries import CHANGES, EXPORT_FILE, PERIOD_FILE, read_csv, sent_files, written_deliveries
from dvz_assets.home.folder import replace_file
from dvz_assets.months import Month
from dvz_assets.questions.recomputation import recomputation
from dvz_assets.wording import number_of

SCHEMA = {
    "insz": pl.String,
    "change": pl.String,
    "columns": pl.String,
    "outcome_before": pl.String,
    "outcome_after": pl.String,
}
PERIODS = "aid_periods"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: what it is, the files, the outcome of each person where it is known, the regime."""

    name: str
    files: Mapping[str, bytes]
    outcomes: Mapping[str, str]
    regime: str = ""


def delivered(flow: Flow, month: Month, sequence: int | None = None) -> Side:
    """What a delivery of ``month`` holds, by default the one in force; raises DvzError when there is none.

    Outcomes are known of the delivery in force; of an earlier one only that its persons were SENT.
    """
    vouchers = written_deliveries(flow.storage, month)
    found = [voucher for voucher in vouchers if sequence in (None, voucher.sequence)]
    if not found:
        raise DvzError(
            "NOT_DELIVERED",
            place=f"month {month}",
            expected="a delivery" if sequence is None else "a delivery with that sequence",
            found=number_of(len(vouchers), "delivery"),
            remedy="look at <home>/deliveries, or run the month first",
        )
    chosen = found[-1].sequence
    files = sent_files(flow.settings.home, month, chosen)
    in_force = chosen == vouchers[-1].sequence
    outcomes = _outcomes(flow, month) if in_force else dict.fromkeys(_persons(files), "SENT")
    return Side(f"{month}/{chosen:04d}", files, outcomes, found[-1].regime)


def as_of_today(flow: Flow, month: Month, on_month: Callable[[Month], None] = lambda month: None) -> Side:
    """What would be sent for ``month`` with the tables, the settings and the deliveries as they are today.

    ``on_month`` is told of each month that is done.
    """
    with recomputation(flow, flow.settings, [month], from_landing=True, on_month=on_month) as recomputed:
        return side_of(recomputed, month, f"{month} as of today")


def side_of(flow: Flow, month: Month, name: str) -> Side:
    """What a month that stands in ``flow`` sends."""
    return Side(name, export_files(flow, month), _outcomes(flow, month), flow.reference.regime_of(month))


def compare(before: Side, after: Side) -> pl.DataFrame:
    """Persons who differ: one row per person, with the columns that differ and the outcome on both sides."""
    old, new = _persons(before.files), _persons(after.files)
    rows = []
    for insz in sorted(old.keys() | new.keys()):
        if old.get(insz) == new.get(insz):
            continue
        change, columns = "changed", ""
        if insz not in new:
            change = "removed"
        elif insz not in old:
            change = "added"
        else:
            names = [*dict.fromkeys([*old[insz], *new[insz]])]
            columns = ",".join(name for name in names if old[insz].get(name) != new[insz].get(name))
        rows.append((insz, change, columns, before.outcomes.get(insz), after.outcomes.get(insz)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def summary(found: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Counts of a comparison: persons by change, by column that differs, and by move from outcome to outcome."""
    columns = found.select(column=pl.col("columns").str.split(",").explode()).filter(pl.col("column") != "")
    moves = found.filter(pl.col("outcome_before") != pl.col("outcome_after"))
    moves = moves.select(move=pl.col("outcome_before") + " to " + pl.col("outcome_after"))
    return {
        "changes": _by_change(found),
        "columns": dict(columns.group_by("column").len().sort("column").iter_rows()),
        "outcomes": dict(moves.group_by("move").len().sort("move").iter_rows()),
    }


def by_cause(before: Side, between: Side, after: Side) -> dict[str, dict[str, int]]:
    """Persons by change: what facts have changed, and what the change of regime has.

    Between both stands what would be sent for the later side under the regime of the earlier one. Columns that say
    nothing but which month and which regime it is do not count.
    """
    steps = {"facts": compare(before, between), "regime": compare(between, after)}
    is_change = pl.col("columns").str.split(",").list.set_difference(["month", "regime"]).list.len() > 0
    return {
        cause: _by_change(found.filter((pl.col("change") != "changed") | is_change)) for cause, found in steps.items()
    }


def _by_change(found: pl.DataFrame) -> dict[str, int]:
    return {kind: found.filter(pl.col("change") == kind).height for kind in CHANGES}


def write_comparison(flow: Flow, found: pl.DataFrame, before: Side, after: Side) -> Path:
    """Write the list of persons where personal data may stand; standard output never shows them (contract 5.4)."""
    name = f"{before.name} to {after.name}".replace("/", "-").replace(" ", "_")
    path = flow.settings.work / "restricted" / "comparisons" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.building")
    found.write_csv(building, separator=";")
    replace_file(building, path)
    return path


def _outcomes(flow: Flow, month: Month) -> dict[str, str]:
    decisions = flow.lake.scan("decisions", month).select("insz", "outcome")
    return dict(decisions.collect().iter_rows())


def _persons(files: Mapping[str, bytes]) -> dict[str, dict[str, object]]:
    """Columns of each person sent, the periods as one of them."""
    persons: dict[str, dict[str, object]] = {
        row["insz"]: dict(row) for row in read_csv(files[EXPORT_FILE]).iter_rows(named=True)
    }
    for row in read_csv(files[PERIOD_FILE]).iter_rows():
        person = persons.setdefault(row[0], {})
        person[PERIODS] = (*_as_tuple(person.get(PERIODS)), row[1:])
    return persons


def _as_tuple(periods: object) -> tuple[object, ...]:
    return periods if isinstance(periods, tuple) else ()
