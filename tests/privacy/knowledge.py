"""What is shown of a home, as sums of the counts that it hides: the analysts' file, what commands print, the metadata.

A program too: ``python -m tests.privacy.knowledge 40 150 600 4000`` makes homes of so many persons, attacks them and
says how many values hidden counts can have.
"""

import sys
import tempfile
from collections import Counter
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
from tests.privacy.attack import Attack, Sum, Unknown, values_behind

SEEDS, MONTHS, FIRST_MONTH = 3, 3, "2018-04"


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
        counts[self.name, "register_persons"] = (
            self.flow.lake.scan("register_persons", self.month).select(pl.len()).collect().item()
        )
        return counts

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

        def see(what: str, total: Sum, shown: int | None) -> None:
            if shown is not None:  # hidden because a part of it is hidden: this tells nothing
                attack.see(f"{self.name} {what}", total, shown, protection)

        rows = {asset: shown_rows(self.flow, asset, self.month) for asset in WRITERS}
        both = self.outcome(*OUTCOMES_OF_INTERSECTION)
        registered = self.outcome(*(each for each in self.outcomes if each != "NOT_IN_REGISTER"))
        [printed] = month_results(self.flow, [self.month], protection)
        state = next(each for each in month_states(self.flow, protection) if each.month == self.month)
        for asset in ("selection_one", "decisions"):
            attack.see(f"{self.name} {asset}", self.step("SELECTION_ONE"), rows[asset], protection)
        for shown in (rows["dvz_export"], printed.sent, state.sent):
            attack.see(f"{self.name} sent", self.step("SENT"), shown, protection)
        assert rows["selection_two"] is None
        assert rows["intersection"] is None
        see("both", both, printed.intersection)
        see("threshold_indicator", self.sent("TCN_STUDENT", "TCN_STUDENT_FAMILY"), rows["threshold_indicator"])
        for ground, persons in printed.by_ground.items():
            see(ground, self.sent(ground=ground), persons)
        with duckdb.connect(
            str(self.flow.settings.home / "published" / "analytics.duckdb"), read_only=True
        ) as connection:
            query = "SELECT intersection, register_rows_dropped, register_rows FROM month_overview WHERE month = ?"
            [(shown_both, dropped, delivered)] = connection.execute(query, [self.month.first_day]).fetchall()
        see("both in the file", both, shown_both)
        held: Sum = {(self.name, "register_persons"): 1}
        attack.know({**held, **dict.fromkeys(registered, -1)}, 0)
        attack.see(f"{self.name} register_persons", held, rows["register_persons"], protection)
        rejected = self.flow.lake.manifest("register_persons", self.month).counts["rejected"]
        behind = values_behind(dropped, protection)
        attack.know(held, delivered - rejected - behind[-1], delivered - rejected - behind[0])


def made_home(folder: Path, persons: int, seed: int, months: int) -> Flow:
    """A home of as many persons, run through all steps without Dagster around them, and published."""
    generate(
        folder / "landing",
        seed=seed,
        persons=persons,
        months=months,
        start=FIRST_MONTH,
        file_format="parquet",
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


def main(sizes: list[int]) -> None:
    """Print a line per size of home."""
    for persons in sizes:
        by_contract: Counter[int] = Counter()
        by_all: Counter[int] = Counter()
        for seed in range(1, SEEDS + 1):
            with tempfile.TemporaryDirectory() as folder:
                flow = made_home(Path(folder), persons, seed, MONTHS)
                for month in flow.lake.months("decisions"):
                    alone, everything = narrowed(flow, month)
                    by_contract.update(map(len, alone.values()))
                    by_all.update(map(len, everything.values()))
        for what, values in (("tables of the contract", by_contract), ("all that is shown", by_all)):
            print(f"{persons} persons, {what}: hidden counts by values left {dict(sorted(values.items()))}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
