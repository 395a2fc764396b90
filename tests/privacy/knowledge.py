"""What is shown of a home, as sums of the counts that it hides: the analysts' file, what commands print, the metadata.

A program too: ``python -m tests.privacy.knowledge 40 150 600 4000`` makes homes of so many persons, attacks them and
says how many values hidden counts can have.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import duckdb
import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.overview import OUTCOMES_OF_INTERSECTION, month_results, month_states, shown_rows
from dvz_assets.settings import Settings
from dvz_assets.tables.protection import Protection
from tests.integration.running import redeliver
from tests.privacy.attack import MANY, Attack, Sum, Unknown

SEEDS, MONTHS, FIRST_MONTH = 3, 3, "2018-04"
SECOND, STRICT = " again", {"small_cell_threshold": 16, "rounding_base": 10}
# dimensions of aided_persons, by the measure that they are made of
MEASURED_AS = {
    f"PERSONS_BY_{measure}": dimension
    for measure, dimension in [
        *((same, same) for same in ("REGION", "OCMW_SIZE", "AID_KIND", "SPELL", "NATIONALITY_GROUP")),
        ("MOTIVE", "CAPACITY"),
    ]
}
# kinds of which a positive net makes a person of selection one, and outcomes that are parts of a cell of aided_persons
COUNTED = ("LIVING_WAGE", "INTEGRATION_OTHER", "ASSISTANCE", "ASSISTANCE_EMPLOYMENT")
ENDS_WITH = (
    ("BELGIAN", "NATIONALITY_GROUP", "BELGIAN"),
    ("NO_RESIDENCE_MOTIVE", "CAPACITY", "(none)"),
    ("MOTIVE_NOT_TARGETED", "CAPACITY", "OTHER OTHER"),
)


class Shown:
    """One version of a month: its unknowns, and what is shown of sums of them."""

    def __init__(self, flow: Flow, month: Month, version: str = "") -> None:
        """``version`` tells unknowns apart: another result has others, the same one under other settings has not."""
        self.flow, self.month, self.name = flow, month, f"{month}{version}"
        outcomes = flow.reference_of(month).tables["outcomes"].sort("step_order")["outcome"].to_list()
        self.outcomes = [each for each in outcomes if each not in ("SELECTION_ONE", "ANNEX_19")]
        rules = flow.reference_of(month).tables["category_rules"].filter(regime=flow.reference.regime_of(month))
        self.grounds = {
            row["category"]: [
                frozenset(chosen)
                for size in range(1, len(row["grounds"]) + 1)
                for chosen in combinations(row["grounds"], size)
            ]
            for row in rules.iter_rows(named=True)
        }

    def outcome(self, *outcomes: str) -> Sum:
        return {(self.name, each): 1 for each in outcomes}

    def sent(self, *categories: str, ground: str | None = None) -> Sum:
        return {
            (self.name, category, held): 1
            for category in categories or self.grounds
            for held in self.grounds[category]
            if ground is None or ground in held
        }

    def step(self, step: str) -> Sum:
        return self.outcome(*self.outcomes) if step == "SELECTION_ONE" else self.outcome(step)

    def truth(self) -> dict[Unknown, int]:
        """The counts as they are."""
        counts: Counter[Unknown] = Counter()
        decisions = self.flow.lake.scan("decisions", self.month).select("outcome", "category", "grounds").collect()
        for outcome, category, grounds in decisions.iter_rows():
            counts[self.name, outcome] += 1
            if outcome == "SENT":
                counts[self.name, category, frozenset(grounds)] += 1
        with duckdb.connect(str(self.flow.settings.home / "published" / "dvz.duckdb"), read_only=True) as connection:
            query = "SELECT persons FROM control.funnel WHERE step = 'ANNEX_19' AND month = ?"
            [(counts[self.name, "ANNEX_19"],)] = connection.execute(query, [self.month.first_day]).fetchall()
        manifest = self.flow.lake.manifest("register_persons", self.month).counts
        counts[self.name, "register_persons"], counts[self.name, "dropped"] = manifest["kept"], manifest["dropped"]
        for dimension, value, persons in self.aided():
            counts[self.name, dimension, value] = persons
        counts[self.name, "aided"] = sum(persons for dimension, _, persons in self.aided() if dimension == "SPELL")
        return counts

    def aided(self) -> list[tuple[str, str, int]]:
        """Dimension, value and persons with aid, as they are."""
        measures = self.flow.lake.scan("month_measures", self.month).collect()
        rows = measures.select(pl.col("measure").replace(MEASURED_AS), "code", "value").rows()
        return [row for row in rows if row[0] in MEASURED_AS.values()]

    def tell_contract(self, attack: Attack, protection: Protection) -> None:
        """What the contract fixes: the funnel and the summary, as they stand in the file."""
        attack.know({**self.sent(), **dict.fromkeys(self.outcome("SENT"), -1)}, 0, 0)
        pending = self.outcome("ANNEX_19")
        attack.know({**self.outcome("NO_RESIDENCE_MOTIVE", "RIGHT_NOT_RECOGNISED"), **dict.fromkeys(pending, -1)}, 0)
        with duckdb.connect(
            str(self.flow.settings.home / "published" / "analytics.duckdb"), read_only=True
        ) as connection:
            funnel = connection.execute("SELECT step, persons FROM funnel WHERE month = ?", [self.month.first_day])
            for step, persons in funnel.fetchall():
                attack.see(f"{self.name} {step}", self.step(step), persons, protection)
            query = "SELECT category, ground, persons FROM monthly_summary WHERE month = ?"
            summary = {row[:2]: row[2] for row in connection.execute(query, [self.month.first_day]).fetchall()}
        for category, held in self.grounds.items():
            for ground in sorted(frozenset().union(*held)):
                cell = self.sent(category, ground=ground)
                attack.see(f"{self.name} {category} {ground}", cell, summary.get((category, ground), 0), protection)

    def tell_the_rest(self, attack: Attack, protection: Protection) -> None:
        """What else the file, ``dvz run``, ``dvz status`` and the metadata show."""
        rows = {asset: shown_rows(self.flow, asset, self.month) for asset in WRITERS}
        registered = self.outcome(*(each for each in self.outcomes if each != "NOT_IN_REGISTER"))
        [printed] = month_results(self.flow, [self.month], protection)
        state = next(each for each in month_states(self.flow, protection) if each.month == self.month)
        for asset in ("selection_one", "decisions"):
            attack.see(f"{self.name} {asset}", self.step("SELECTION_ONE"), rows[asset], protection)
        for shown in (rows["dvz_export"], printed.sent, state.sent):
            attack.see(f"{self.name} sent", self.step("SENT"), shown, protection)
        assert rows["selection_two"] is None
        assert rows["intersection"] is None
        with duckdb.connect(
            str(self.flow.settings.home / "published" / "analytics.duckdb"), read_only=True
        ) as connection:
            query = "SELECT intersection, register_rows_dropped, register_rows FROM month_overview WHERE month = ?"
            [(shown_both, dropped, delivered)] = connection.execute(query, [self.month.first_day]).fetchall()
            funnel = connection.execute("SELECT step, persons FROM funnel WHERE month = ?", [self.month.first_day])
            steps = dict(funnel.fetchall())
            cells = "SELECT category, ground, persons FROM monthly_summary WHERE month = ?"
            summary = connection.execute(cells, [self.month.first_day]).fetchall()
        # sums of what is shown tell nothing new
        both = _sum(steps[outcome] for outcome in OUTCOMES_OF_INTERSECTION)
        assert shown_both == printed.intersection == both
        for ground, persons in printed.by_ground.items():
            assert persons == _sum(cell for _, of, cell in summary if of == ground)
        students = [cell for category, _, cell in summary if category in ("TCN_STUDENT", "TCN_STUDENT_FAMILY")]
        assert rows["threshold_indicator"] == _sum(students)
        held: Sum = {(self.name, "register_persons"): 1}
        gone: Sum = {(self.name, "dropped"): 1}
        attack.know({**held, **dict.fromkeys(registered, -1)}, 0)
        if rows["register_persons"] is not None:
            attack.see(f"{self.name} register_persons", held, rows["register_persons"], protection)
        rejected = self.flow.lake.manifest("register_persons", self.month).counts["rejected"]
        attack.see(f"{self.name} dropped", gone, dropped, protection)
        attack.know({**held, **gone}, delivered - rejected, delivered - rejected)
        self._tell_aided(attack, protection, held)

    def _tell_aided(self, attack: Attack, protection: Protection, held: Sum) -> None:
        """Persons with aid by what is known of them, and how this hangs together with outcomes and the register."""
        cells: dict[str, dict[str, Unknown]] = {}
        with duckdb.connect(
            str(self.flow.settings.home / "published" / "analytics.duckdb"), read_only=True
        ) as connection:
            query = "SELECT dimension, value, persons FROM aided_persons WHERE month = ?"
            shown = {row[:2]: row[2] for row in connection.execute(query, [self.month.first_day]).fetchall()}
        truth = {row[:2]: row[2] for row in self.aided()}
        assert truth.keys() == shown.keys()
        for (dimension, value), persons in shown.items():
            cell = (self.name, dimension, value)
            cells.setdefault(dimension, {})[value] = cell
            is_small = 0 < truth[dimension, value] < protection.threshold
            if persons is None and not is_small:
                attack.know({cell: 1}, 0)  # hidden with its dimension
            else:  # he is even told which are hidden because they are small
                attack.see(f"{self.name} {dimension} {value}", {cell: 1}, persons, protection)
        aided = (self.name, "aided")
        attack.know({aided: 1, **dict.fromkeys(self.step("SELECTION_ONE"), -1)}, 0)
        for dimension, parts in cells.items():
            total = dict.fromkeys(parts.values(), 1)
            if dimension in ("NATIONALITY_GROUP", "CAPACITY"):
                attack.know({**total, **dict.fromkeys(held, -1)}, 0, 0)
            else:
                attack.know({**total, aided: -1}, 0, 0 if dimension == "SPELL" else MANY)
        counted = dict.fromkeys((cells["AID_KIND"][kind] for kind in COUNTED if kind in cells["AID_KIND"]), 1)
        attack.know({**counted, **dict.fromkeys(self.step("SELECTION_ONE"), -1)}, 0)
        for outcome, dimension, value in ENDS_WITH:
            if value in cells[dimension]:
                attack.know({cells[dimension][value]: 1, **dict.fromkeys(self.outcome(outcome), -1)}, 0)
        for category in self.grounds:
            capacities = [cell for value, cell in cells["CAPACITY"].items() if value.startswith(f"{category} ")]
            attack.know({**dict.fromkeys(capacities, 1), **dict.fromkeys(self.sent(category), -1)}, 0)


def _sum(shown: Iterable[int | None]) -> int | None:
    parts = list(shown)
    return None if None in parts else sum(part for part in parts if part)


def made_home(folder: Path, persons: int, seed: int, months: int) -> Flow:
    """A home of as many persons, run through all steps without Dagster around them, and published."""
    generate(
        folder / "landing",
        seed=seed,
        persons=persons,
        months=months,
        start=FIRST_MONTH,
        file_format="csv",
        reference=reference_folder(),
    )
    flow = Flow(Settings(landing=folder / "landing", home=folder / "home", max_reject_share=Decimal(1)))
    first = Month.parse(FIRST_MONTH)
    for month in Month.range(first, first.minus(1 - months)):
        for asset in WRITERS:
            run_step(flow, asset, month)
    for database in PUBLISHED_DATABASES.values():
        publish(flow, database)
    return flow


def narrowed(flow: Flow, month: Month) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Which values the hidden counts of the contract's tables can have: by these alone, and by all that is shown."""
    shown, alone, everything = Shown(flow, month), Attack(), Attack()
    for attack in (alone, everything):
        shown.tell_contract(attack, flow.protection)
    shown.tell_the_rest(everything, flow.protection)
    assert not everything.contradicted_by(shown.truth()), "the attacker believes what is not so"
    found = everything.candidates()
    return alone.candidates(), found


def told(flow: Flow, month: Month, version: str = "") -> Attack:
    """An attacker who has all that is shown of a version of a month."""
    attack, shown = Attack(), Shown(flow, month, version)
    shown.tell_contract(attack, flow.protection)
    shown.tell_the_rest(attack, flow.protection)
    return attack


def under_other_settings(flow: Flow, month: Month) -> Attack:
    """He has the month too as it was published strictly; afterwards it is as it was."""
    attack = told(flow, month)
    strict = Flow(flow.settings.model_copy(update=STRICT))
    publish(strict, PUBLISHED_DATABASES["analytics_database"])
    attack = attack.joined_by(told(strict, month))
    publish(flow, PUBLISHED_DATABASES["analytics_database"])
    return attack


def two_versions(flow: Flow, month: Month) -> tuple[Attack, Attack]:
    """He has a second version of the month, of which one person who was sent is gone; and he knows this besides."""
    first, before = Shown(flow, month).truth(), told(flow, month)
    sent = flow.lake.scan("decisions", month).filter(pl.col("outcome") == "SENT").sort("insz").collect()
    number = f"{sent.item(0, 'insz'):011}"
    statement = flow.settings.landing / "novaprima" / str(month)
    redeliver(statement, "statement.csv", lambda lines: [line for line in lines if number not in line])
    for asset in WRITERS:
        run_step(flow, asset, month)
    for database in PUBLISHED_DATABASES.values():
        publish(flow, database)
    both = before.joined_by(told(flow, month, SECOND))
    second = Shown(flow, month, SECOND)
    assert not both.contradicted_by(Counter({**first, **second.truth()}))
    known = Attack().joined_by(both)
    for unknown in first:
        name, *rest = unknown
        known.know({unknown: 1, (str(name) + SECOND, *rest): -1}, -1, 1)
    outcomes = dict.fromkeys(Shown(flow, month).step("SELECTION_ONE"), 1)
    known.know({**outcomes, **dict.fromkeys(second.step("SELECTION_ONE"), -1)}, 1, 1)
    assert not known.contradicted_by(Counter({**first, **second.truth()}))
    return both, known


def main(sizes: list[int]) -> None:
    """Print what is left to hidden counts in homes of each size."""
    for persons in sizes:
        found: dict[str, Counter[int]] = {}

        def note(what: str, candidates: dict[str, set[int]], found: dict[str, Counter[int]] = found) -> None:
            found.setdefault(what, Counter()).update(map(len, candidates.values()))

        for seed in range(1, SEEDS + 1):
            with tempfile.TemporaryDirectory() as folder:
                flow = made_home(Path(folder), persons, seed, MONTHS)
                for month in flow.lake.months("decisions"):
                    alone, everything = narrowed(flow, month)
                    note("tables of the contract", alone)
                    note("the same counts, by all that is shown", {name: everything[name] for name in alone})
                    note("all counts, by all that is shown", everything)
                note("last month, under other settings too", under_other_settings(flow, month).candidates())
                both, known = two_versions(flow, month)
                note("last month, two versions", both.candidates())
                note("last month, two versions that are known to differ by one person", known.candidates())
        for what, values in found.items():
            print(f"{persons} persons, {what}: hidden counts by values left {dict(sorted(values.items()))}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
