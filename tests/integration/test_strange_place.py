"""Nothing depends on the characters of a path: everything runs in a place whose name needs escaping everywhere.

A bracket, an asterisk and a question mark are patterns to DuckDB, Polars and Dagster, an apostrophe ends a literal of
SQL, a semicolon a statement; a neighbour stands where such a pattern would lead.
"""

import csv
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.home.deliveries import EXPORT_FILE
from dvz_assets.orchestration.instance import instance_of

STRANGE, WHERE_A_PATTERN_LEADS = "it's; a [1-9] pláce", "it's; a 5 pláce"
MONTH, NEXT = "2018-04", "2018-05"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, pristine_landing: Path) -> Iterator[Path]:
    """Two months, run there by the command line."""
    os.umask(0o077)
    os.environ.pop("DAGSTER_HOME", None)
    folder = tmp_path_factory.mktemp("places") / STRANGE
    shutil.copytree(pristine_landing, folder / "landing")
    shutil.copytree(pristine_landing, folder.with_name(WHERE_A_PATTERN_LEADS) / "landing")
    ran = CliRunner().invoke(app, ["run", "--from", MONTH, "--to", NEXT, *at(folder)])
    assert ran.exit_code == 0, ran.output
    (folder / "said").write_text(ran.stdout, "utf-8")
    yield folder
    os.environ.pop("DAGSTER_HOME", None)


def at(folder: Path) -> list[str]:
    return ["--landing", str(folder / "landing"), "--home", str(folder / "home")]


def dvz(place: Path, *arguments: str, asked: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--home", str(place / "home")], input=asked)


@pytest.fixture(scope="module")
def somebody(place: Path) -> str:
    folder = place / "home" / "deliveries" / MONTH / "0001"
    with (folder / EXPORT_FILE).open(encoding="utf-8") as file:
        return next(csv.DictReader(file, delimiter=";"))["insz"]


def test_every_question_is_answered(place: Path, somebody: str) -> None:
    landing = ["--landing", str(place / "landing")]
    for question in (
        ["status", *landing],
        ["report", "--month", MONTH, *landing],
        ["sql", "FROM month_overview"],
        ["diff", "--month", NEXT, "--now", *landing],
        ["plan", "--set", "living_wage_days_mode=CONSECUTIVE", *landing],
        ["verify", str(place / "home" / "deliveries" / MONTH / "0001")],
        ["ledger", "verify"],
        ["delivery", "show", "--month", NEXT],
        ["purge", "--dry-run", *landing],
    ):
        answer = dvz(place, *question)
        assert answer.exit_code == 0, (question, answer.output)
    for question in (["explain", "--month", MONTH], ["person"]):
        assert dvz(place, *question, asked=f"{somebody}\n").exit_code == 0, question


def test_nothing_was_read_from_where_a_pattern_leads(place: Path) -> None:
    neighbour = place.with_name(WHERE_A_PATTERN_LEADS)
    assert [path.name for path in neighbour.iterdir()] == ["landing"]
    assert {path.name for path in place.parent.iterdir()} == {STRANGE, WHERE_A_PATTERN_LEADS}


def test_dagster_has_its_configuration(place: Path) -> None:
    """Without it, telemetry would be on and output of steps stored."""
    with instance_of(place / "home" / "dagster") as instance:
        assert not instance.telemetry_enabled
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"


def test_what_is_proposed_next_opens_nothing_for_writing(place: Path) -> None:
    """The commands that a run proposes are for a shell, whatever the path, and leave nothing beside a file."""
    said = (place / "said").read_text("utf-8")
    proposed = next(line.strip() for line in said.splitlines() if "duckdb.connect" in line)
    words = shlex.split(proposed)
    assert "read_only=True" in words[2]
    assert shlex.split(next(line for line in said.splitlines() if " status " in line))[-1] == str(place / "home")


def test_views_answer_when_the_file_is_attached(place: Path) -> None:
    """As analysts use it, beside other files: every view finds its tables in its own file."""
    file = str(place / "home" / "published" / "analytics.duckdb").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS \"counts of dvz\" (READ_ONLY)")
        views = connection.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'counts of dvz' AND NOT internal"
        ).fetchall()
        assert views
        for schema, view in views:
            assert connection.execute(f'FROM "counts of dvz".{schema}.{view}').fetchall(), view


def test_errors_of_json_commands_are_json(place: Path) -> None:
    answer = dvz(place, "diff", "--month", "2019-01", "--now", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stderr)["error"]["code"] == "NOT_DELIVERED"
