"""What other tables, or another reading of the law, would change in the materialised months: persons in and out.

Everything is computed in a home that is thrown away; nothing is written, and nobody is named. Counts of persons.
"""

import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import export_files
from dvz_assets.months import Month
from dvz_assets.questions.comparison import Side, compare
from dvz_assets.questions.readings import Reading, Setting, load_readings
from dvz_assets.questions.recomputation import recomputation
from dvz_assets.reference import Reference

RULES = "category_rules"


@dataclass(frozen=True, slots=True)
class Effect:
    """How many persons of a month a change moves from one outcome to another, by category and grounds.

    Both outcomes are the same where only what is sent about a person changes. ``category`` and ``grounds`` are those
    after the change, or before it where it leaves none.
    """

    month: Month
    outcome_before: str
    outcome_after: str
    category: str | None
    grounds: tuple[str, ...]
    persons: int


@dataclass(frozen=True, slots=True)
class Decided:
    """Outcome, category and grounds of a person in a month."""

    outcome: str = "NONE"
    category: str | None = None
    grounds: tuple[str, ...] = ()


def plan(flow: Flow, reference: Path, on_month: Callable[[Month], None] = lambda month: None) -> list[Effect]:
    """Compute all materialised months with the tables of a folder; ``on_month`` is told of each that is done."""
    months = flow.lake.months("delivery")
    if not months:
        return []
    effects: list[Effect] = []
    settings = flow.settings.model_copy(update={"reference": reference})
    with recomputation(flow, settings, months, on_month=on_month) as recomputed:
        for month in months:
            effects += _effects(flow, recomputed, month)
    return effects


@dataclass(frozen=True, slots=True)
class Alternative:
    """What another reading of one passage of the law would change."""

    reading: Reading
    setting: Setting
    effects: Sequence[Effect]


def alternatives(reference: Path) -> list[tuple[Reading, Setting]]:
    """Return every other value that a reading of the list could give a column of ``category_rules``."""
    return [(reading, setting) for reading in load_readings(reference) for setting in reading.settings]


def plan_alternative(flow: Flow, reference: Path, reading: Reading, setting: Setting) -> Alternative:
    """Compute all materialised months with another reading, in the rules for which the list has it.

    Raises DvzError NOTHING_TO_TRY when the rules have this reading already.
    """
    with tables_with(reference, {setting.column: setting.value}, reading.categories, reading.regimes) as folder:
        return Alternative(reading, setting, plan(flow, folder))


def entering(effects: Sequence[Effect]) -> int:
    """Count the persons and months that would be sent as well."""
    return sum(each.persons for each in effects if each.outcome_after == "SENT" != each.outcome_before)


def leaving(effects: Sequence[Effect]) -> int:
    """Count the persons and months that would be sent no more."""
    return sum(each.persons for each in effects if each.outcome_before == "SENT" != each.outcome_after)


def _effects(flow: Flow, recomputed: Flow, month: Month) -> Iterator[Effect]:
    before, after = _decided(flow, month), _decided(recomputed, month)
    sides = [Side("", export_files(each, month), {}) for each in (flow, recomputed)]
    moved = {insz for insz in before.keys() | after.keys() if before.get(insz) != after.get(insz)}
    moved |= set(compare(*sides)["insz"])
    found: Counter[tuple[str, str, str | None, tuple[str, ...]]] = Counter()
    for insz in moved:
        old, new = before.get(insz, Decided()), after.get(insz, Decided())
        found[old.outcome, new.outcome, new.category or old.category, new.grounds or old.grounds] += 1
    for key in sorted(found, key=str):
        yield Effect(month, *key, found[key])


def _decided(flow: Flow, month: Month) -> dict[str, Decided]:
    decisions = flow.lake.scan("decisions", month).select("insz", "outcome", "category", "grounds").collect()
    return {insz: Decided(outcome, category, tuple(grounds)) for insz, outcome, category, grounds in decisions.rows()}


@contextmanager
def tables_with(
    reference: Path, values: Mapping[str, str], categories: Sequence[str] = (), regimes: Sequence[str] = ()
) -> Iterator[Path]:
    """Yield a folder with the tables of another one in which columns of ``category_rules`` have other values.

    Only rows of these categories and regimes are changed (by default of all), and a number that belongs to a ground
    only in rows that name the ground. The folder goes at the end. Raises DvzError when no row is changed.
    """
    of_ground = {
        row[number]: row["ground"]
        for row in Reference.load(reference).tables["grounds"].iter_rows(named=True)
        for number in ("parameter", "optional_parameter")
        if row[number]
    }
    folder = Path(tempfile.mkdtemp(prefix="dvz-plan-"))
    try:
        for table in reference.glob("*.csv"):
            shutil.copy(table, folder / table.name)
        path = folder / f"{RULES}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        _require_columns(values, rows)
        chosen = [
            row
            for row in rows
            if row["category"] in (categories or [row["category"]]) and row["regime"] in (regimes or [row["regime"]])
        ]
        changed = 0
        for row in chosen:
            for column, value in values.items():
                if column not in of_ground or of_ground[column] in row["grounds"].split():
                    changed += row[column] != value
                    row[column] = value
        if not changed:
            raise _wrong(f"rules with another value, out of {len(chosen)} that were chosen", "none")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_columns(values: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> None:
    columns = [column for column in rows[0] if column not in ("regime", "category")]
    for column in values:
        if column not in columns:
            raise _wrong(f"columns of {RULES}: {', '.join(columns)}", "another")


def _wrong(expected: str, found: str) -> DvzError:
    return DvzError(
        "NOTHING_TO_TRY",
        place="--set, --category, --regime",
        expected=expected,
        found=found,
        remedy="dvz plan --set living_wage_days_mode=CONSECUTIVE --category EU_CITIZEN",
    )
