"""A change of law, played through: months before it stay as they were, and every command answers on both sides of it.

A category gets another ground, with a parameter of its own; the statement and the export get a column. Months before
are made by this version of the project, the month after by a copy in which the law has changed (``new_law``).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import PACKAGE, reference_folder
from dvz_assets.settings import Settings
from tests.conftest import made_once, run_all
from tests.integration.running import fingerprint, redeliver
from tests.law_change.new_law import COLUMN_OF_EXPORT, COLUMN_OF_STATEMENT, FILES, GROUND, project_with_the_new_law

NOTE, BEFORE, AFTER = "2018-05", "2018-06", "2018-07"
MONTHS = (NOTE, BEFORE, AFTER)
STATEMENT = "statement.csv"
SCRIPT = Path(__file__).with_name("ask.py")
DELIVERY = "deliveries/{month}/0001"

STATUS = ("status", "--json")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "not yet run": STATUS,
    "run": ("run", "--month", AFTER, "--json"),
    "run again": ("run", "--stale"),
    "status": STATUS,
    "plan": ("plan", "--set", "min_living_wage_days=1", "--json"),
    "sql": ("sql", "SELECT count(*) AS months FROM month_overview"),
    "difference": ("diff", "--month", BEFORE, "--with", AFTER, "--json", "--exact"),
    "landing": ("check-landing", "--json"),
    "landing without the column": ("check-landing", "--json", "--landing", "late"),
    **{f"verify {month}": ("verify", "--month", month, "--json") for month in MONTHS},
    **{f"delivery {month}": ("verify", DELIVERY.format(month=month), "--json") for month in MONTHS},
    **{f"show {month}": ("delivery", "show", "--month", month, "--json") for month in MONTHS},
    **{f"report {month}": ("report", "--month", month) for month in MONTHS},
    **{f"explain {month}": ("explain", "--month", month, "--json") for month in MONTHS},
    **{f"person {month}": ("person", "--json") for month in MONTHS},
    f"now {BEFORE}": ("diff", "--month", BEFORE, "--now", "--json"),
    "ledger": ("ledger", "verify", "--json"),
}


def with_the_column(lines: list[str]) -> list[str]:
    return [f"{lines[0]};{COLUMN_OF_STATEMENT}", *(f"{line};J" for line in lines[1:])]


class Answers:
    """What was asked of the copy with the new law, and the home of which it was asked."""

    def __init__(self, home: Path, before: dict[str, str], answers: dict[str, dict[str, Any]]) -> None:
        self.home, self.before, self._answers = home, before, answers

    def text(self, question: str) -> str:
        answer = self._answers[question]
        assert answer["status"] == 0, (question, answer["stderr"], answer["error"])
        return str(answer["stdout"])

    def json(self, question: str) -> Any:
        return json.loads(self.text(question))

    def states(self, question: str) -> dict[str, dict[str, Any]]:
        return {state["month"]: state for state in self.json(question)}

    def rows(self, asset: str, month: str) -> pl.DataFrame:
        return pl.read_parquet(self.home / "lake" / asset / f"month={month}" / "data.parquet", hive_partitioning=False)


def ask(project: Path, folder: Path, questions: dict[str, tuple[str, ...]]) -> dict[str, dict[str, Any]]:
    """Ask all questions in one process, as starting Python for each would take a second."""
    asked = [
        {"arguments": arguments, "sent": name.split()[1] if name.startswith(("explain", "person")) else None}
        for name, arguments in questions.items()
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project),
        "DVZ_LANDING": str(folder / "landing"),
        "DVZ_HOME": str(folder / "home"),
    }
    answered = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert answered.returncode == 0, answered.stderr[-2000:]
    return dict(zip(questions, json.loads(answered.stdout), strict=True))


@pytest.fixture(scope="module")
def asked(shared_folder: Path) -> Iterator[Answers]:
    """All questions, asked once."""
    folder = shared_folder / "law-change"

    def make(folder: Path) -> None:
        landing, late = folder / "landing", folder / "late"
        for zone in (landing, late):
            generate(zone, seed=5, persons=60, months=3, start=NOTE, file_format="csv", reference=reference_folder())
        run_all(Flow(Settings(landing=landing, home=folder / "home")), Month.parse(NOTE), Month.parse(BEFORE))
        redeliver(landing / "novaprima" / AFTER, STATEMENT, with_the_column)
        # a source that writes an old month as it writes files today
        redeliver(late / "novaprima" / BEFORE, STATEMENT, with_the_column)
        before = fingerprint(folder / "home")
        answers = ask(
            project_with_the_new_law(folder / "project"),
            folder,
            {
                name: tuple(each if "deliveries/" not in each else str(folder / "home" / each) for each in question)
                for name, question in QUESTIONS.items()
            },
        )
        (folder / "answers.json").write_text(json.dumps([before, answers]), encoding="utf-8")

    made_once(folder, make)
    before, answers = json.loads((folder / "answers.json").read_text("utf-8"))
    yield Answers(folder / "home", before, answers)


def test_months_before_are_not_stale_and_are_not_touched(asked: Answers) -> None:
    assert {month: state["stale"] for month, state in asked.states("not yet run").items()} == dict.fromkeys(MONTHS)
    assert {month: state["stale"] for month, state in asked.states("status").items()} == dict.fromkeys(MONTHS)
    assert all(state["materialised"] for state in asked.states("status").values())
    asked.text("run again")
    of_before = re.compile(rf"(lake/.*month=|deliveries/)({NOTE}|{BEFORE})/")
    made = {name: value for name, value in asked.before.items() if of_before.match(name)}
    now = {name: value for name, value in fingerprint(asked.home).items() if of_before.match(name)}
    assert now == made
    assert len(made) > 30


def test_the_month_after_is_decided_and_sent_by_the_new_law(asked: Answers) -> None:
    sent = asked.rows("decisions", AFTER).filter(outcome="SENT", category="EU_CITIZEN")
    assert sent.height > 0
    assert sent["grounds"].to_list() == [[GROUND]] * sent.height
    export = asked.rows("dvz_export", AFTER)
    of_category = export.filter(pl.col("insz").is_in(sent["insz"].implode()))
    assert of_category[COLUMN_OF_EXPORT].min() >= 10  # type: ignore[operator]
    assert export.filter(~pl.col("insz").is_in(sent["insz"].implode()))[COLUMN_OF_EXPORT].null_count() == (
        export.height - sent.height
    )
    for month in (NOTE, BEFORE):
        assert COLUMN_OF_EXPORT not in asked.rows("dvz_export", month).columns
        assert GROUND not in asked.rows("decisions", month)["grounds"].explode().to_list()
        header = (asked.home / DELIVERY.format(month=month) / "dvz_export.csv").read_text("utf-8").splitlines()[0]
        assert COLUMN_OF_EXPORT not in header
    header = (asked.home / DELIVERY.format(month=AFTER) / "dvz_export.csv").read_text("utf-8").splitlines()[0]
    assert COLUMN_OF_EXPORT in header


@pytest.mark.parametrize("month", MONTHS)
def test_every_month_is_computed_again_to_the_byte(asked: Answers, month: str) -> None:
    verified = asked.json(f"verify {month}")
    assert {each["seen"] for each in verified["checked"]} == {"the same bytes"}
    assert verified["changed_since"] == []
    asked.json(f"delivery {month}")


def test_todays_law_says_the_same_of_a_month_before_it(asked: Answers) -> None:
    now = asked.json(f"now {BEFORE}")
    assert set(now["changes"].values()) == {0}


@pytest.mark.parametrize("month", MONTHS)
def test_a_decision_is_explained_by_the_law_of_its_month(asked: Answers, month: str) -> None:
    explained = asked.json(f"explain {month}")
    assert explained["found"]["outcome"] == "SENT"
    assert explained["differences"] == []
    grounds = {test["outcome"] for test in explained["tests"] if test["asks"] == "ground"}
    assert (GROUND in grounds) == (month == AFTER)
    sent = [each["sent"] for each in asked.json(f"person {month}")["sent"] if each["month"] == month]
    assert [COLUMN_OF_EXPORT in each for each in sent] == [month == AFTER]


@pytest.mark.parametrize("month", MONTHS)
def test_every_month_is_shown_and_reported_on(asked: Answers, month: str) -> None:
    assert asked.json(f"show {month}")["month"] == month
    asked.text(f"report {month}")
    assert month in (asked.home / "reports" / f"{month}.html").read_text("utf-8")


def test_questions_about_all_months_are_answered(asked: Answers) -> None:
    assert re.search(r"\b3\b", asked.text("sql"))
    before, after = (set(asked.rows("decisions", month).filter(outcome="SENT")["insz"]) for month in (BEFORE, AFTER))
    changes = asked.json("difference")["changes"]
    assert (changes["added"], changes["removed"]) == (len(after - before), len(before - after))
    assert {each["month"] for each in asked.json("plan")} <= set(MONTHS)
    assert asked.json("ledger")["problems"] == []


def test_a_statement_from_before_the_column_is_accepted_with_and_without_it_and_one_after_it_is_not(
    asked: Answers,
) -> None:
    assert asked.json("landing") == {month: [] for month in MONTHS}
    late = asked._answers["landing without the column"]
    problems = json.loads(late["stdout"])
    assert (problems[NOTE], problems[BEFORE]) == ([], [])
    assert f"missing: {COLUMN_OF_STATEMENT}" in str(problems[AFTER])


def test_the_list_of_files_in_the_documentation_is_the_one_that_was_played_through() -> None:
    page = (PACKAGE.parent / "docs" / "developers.md").read_text("utf-8")
    told = page.partition("## A change of law")[2].partition("\n## ")[0]
    assert re.findall(r"^\d\. `([^`]+)`", told, flags=re.MULTILINE) == list(FILES)
    assert len(FILES) <= 9
