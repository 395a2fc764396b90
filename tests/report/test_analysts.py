"""Every question of docs/analysts.md has an answer, and ``dvz sql`` gives it and nothing else."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.generate import generate
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from tests.conftest import LAST_MONTH
from tests.integration.running import run

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text("utf-8")
NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.py"
QUESTIONS = dict(re.findall(r"## (\d+\. [^\n]+)\n\n```sql\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months over the change of regime."""
    folder = tmp_path_factory.mktemp("analysts")
    landing, reference = folder / "landing", reference_folder()
    generate(landing, seed=5, persons=1200, months=3, start="2018-04", file_format="csv", reference=reference)
    flow = Flow(Settings(landing=landing, home=folder / "home"))
    assert run(flow, "2018-04", "2018-06") is None
    return folder / "home"


def answer(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "published" / "analytics.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_question_is_found_on_the_page() -> None:
    assert len(QUESTIONS) == PAGE.count("```sql") == 13


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_an_answer(home: Path, question: str) -> None:
    assert answer(home, QUESTIONS[question])


def test_answers_agree_with_each_other(home: Path) -> None:
    sent = {row[0]: row[2] for row in answer(home, QUESTIONS["1. How many persons were sent each month?"])}
    share = answer(home, QUESTIONS["3. Which share of selection one is sent, by month?"])
    assert sent == {row[0]: row[1] for row in share}
    steps = {row[0]: row[1] for row in answer(home, QUESTIONS["2. At which step do people leave, in the last month?"])}
    assert steps["SENT"] == sent[max(sent)]
    checked = answer(home, QUESTIONS["9. Was everything checked, and did anything fail?"])
    assert all(checks > 60 and failed == 0 for _, checks, failed, _ in checked)


def test_the_sample_shows_a_third_of_the_cells_by_month_quarter_and_year(ran_until: Callable[[str], Flow]) -> None:
    """Its first months; of all of them each dimension shows as much."""
    home = ran_until(LAST_MONTH).settings.home
    cells = answer(
        home,
        "SELECT period, count(DISTINCT dimension), count(persons) / count(*) FROM answers.aided_by_period GROUP BY ALL",
    )
    assert {row[:2] for row in cells} == {("MONTH", 6), ("QUARTER", 6), ("YEAR", 6)}
    assert [row for row in cells if row[2] < 1 / 3] == []


def test_a_view_shows_nothing_that_the_tables_do_not(home: Path) -> None:
    """Quarters and years are means of what is shown: nothing is counted for them, so they tell no other sum."""
    behind = "SELECT month, persons, dimension, value FROM aided_persons WHERE persons IS NOT NULL"
    quarter = "CAST(date_trunc('quarter', month) AS DATE) AS month"
    means = f"SELECT {quarter}, dimension, value, round(avg(persons), 1) FROM ({behind}) GROUP BY ALL"
    shown = "SELECT month, dimension, value, persons FROM answers.aided_by_period WHERE period = 'QUARTER'"
    assert answer(home, f"{shown} AND persons IS NOT NULL ORDER BY ALL") == answer(home, f"{means} ORDER BY ALL")


def test_the_notebook_answers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVZ_ANALYTICS", str(home / "published" / "analytics.duckdb"))
    _, found = runpy.run_path(str(NOTEBOOK))["app"].run()
    assert found["shares"].height == 3
    assert set(found["aided"]["value"]) == {"FLANDERS", "WALLONIA", "BRUSSELS"}


def ask(home: Path, *arguments: str, lines: str | None = None) -> Result:
    return CliRunner().invoke(app, ["sql", *arguments, "--home", str(home)], input=lines)


def test_one_question_and_a_session_give_the_same(home: Path) -> None:
    query = "SELECT count(*) AS months FROM month_overview"
    in_lines = query.replace(" FROM", "\nFROM")
    one, session = (
        ask(home, query),
        ask(home, lines=f"{in_lines};\nFROM mont_overview;\n.tables\n.help\n{query}\nexit\n"),
    )
    assert one.exit_code == session.exit_code == 0
    assert one.stdout.split() == ["months", "3"]
    assert session.stdout.count(one.stdout.strip().splitlines()[-1]) >= 2
    assert 'Did you mean "month_overview"?' in session.stderr
    assert "answers.way_out" in session.stdout
    assert "ends with ';'" in session.stderr


def test_a_semicolon_in_a_text_ends_no_question(home: Path) -> None:
    session = ask(home, lines="SELECT 'a;\nb' AS text;\n")
    assert "QUERY_WRONG" not in session.stderr
    assert "a;" in session.stdout


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_an_answer_is_written_with_its_types(home: Path, tmp_path: Path, form: str) -> None:
    query = "SELECT month, regime, sent, [sent] AS list, NULL AS nothing FROM month_overview ORDER BY month"
    file = tmp_path / f"answer.{form}"
    file.write_bytes(ask(home, f"--{form}", query).stdout_bytes)
    columns = "CAST(month AS DATE), regime, CAST(sent AS BIGINT)"
    assert duckdb.execute(f"SELECT {columns} FROM '{file}' ORDER BY 1").fetchall() == [
        row[:3] for row in answer(home, query)
    ]


def test_an_answer_has_one_form(home: Path) -> None:
    assert "INVALID_ARGUMENT" in ask(home, "--csv", "--json", "FROM funnel").stderr
    assert "INVALID_ARGUMENT" in ask(home, "--csv").stderr


def test_no_value_is_cut_however_wide_the_row(home: Path) -> None:
    answer = ask(home, "FROM month_overview")
    assert "…" not in answer.stdout
    assert "register_rows_dropped" in answer.stdout


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM funnel",
        "FROM read_csv('/etc/hostname', header = false)",
        "COPY funnel TO '/tmp/elsewhere.csv'",
        "ATTACH '{other}'",
        "SET enable_external_access = true",
    ],
)
def test_a_session_reaches_nothing_else(home: Path, query: str) -> None:
    refused = ask(home, query.format(other=home / "published" / "dvz.duckdb"))
    assert refused.exit_code == 1
    assert refused.stdout == ""
