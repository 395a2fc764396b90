"""What is imported when: starting is most of what a small month and every question cost."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dvz_assets.audit.imported_when_used import imported_when_used

# commands that answer from what stands in a home; on an empty one they end early, after their imports
LIGHT = [
    ["--help"],
    ["status"],
    ["explain", "--month", "2018-05"],
    ["sql", "FROM month_overview"],
    ["ledger", "verify"],
    ["hold", "list"],
    ["delivery", "list"],
    ["plan"],
    ["person"],
]
RUN_LIGHT = """
import os, sys
from typer.testing import CliRunner
from dvz_assets.cli.main import app
for arguments in {commands}:
    home = [] if arguments == ["--help"] else ["--home", {home!r}]
    result = CliRunner().invoke(app, [*arguments, *home], input="x")
    assert result.exit_code in (0, 1), (arguments, result.output)
for heavy in ("dagster", "great_expectations", "pandas", "altair", "vl_convert"):
    assert heavy not in sys.modules, heavy
"""
RUN_SUITE = """
import sys, duckdb
from dvz_assets.audit.great_expectations_engine import evaluate
connection = duckdb.connect()
connection.execute("CREATE TABLE line AS SELECT 1 AS number")
query = {"unexpected_rows_query": "SELECT * FROM {batch} WHERE number <> 1"}
assert evaluate(connection, "line", [{"type": "unexpected_rows_expectation", "kwargs": query}])[0].passed
assert "altair.vegalite" not in sys.modules
assert "scipy.stats.distributions" not in sys.modules
from scipy import stats
assert stats.norm.cdf(0) == 0.5
"""


RUN_OF_NOTHING = """
import sys
from typer.testing import CliRunner
from dvz_assets.cli.main import app
landing, home = {folder!r} + "/landing", {folder!r} + "/home"
result = CliRunner().invoke(app, ["run", "--month", "2018-05", "--landing", landing, "--home", home])
assert "MONTH_NOT_DELIVERED" in result.output, result.output
assert "dagster" in sys.modules
for heavy in (
    "great_expectations", "pandas", "scipy", "altair", "vl_convert", "pyarrow", "pyspark", "psycopg2", "botocore",
    "cryptography.x509", "rfc3161_client", "dagster_graphql", "dagster_webserver", "weasyprint", "apprise", "requests",
):
    assert heavy not in sys.modules, heavy
"""


def in_a_new_process(code: str) -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_questions_import_neither_dagster_nor_great_expectations(tmp_path: Path) -> None:
    in_a_new_process(RUN_LIGHT.format(commands=LIGHT, home=str(tmp_path / "home")))


def test_a_run_imports_what_it_needs(tmp_path: Path) -> None:
    """Whatever a run may need later (suites, a time stamp, a server) is imported when it is needed."""
    for source in ("novaprima", "register"):
        (tmp_path / "landing" / source).mkdir(parents=True)
    in_a_new_process(RUN_OF_NOTHING.format(folder=str(tmp_path)))


def test_a_suite_imports_no_statistics_and_no_pictures() -> None:
    in_a_new_process(RUN_SUITE)


def test_a_module_is_run_at_its_first_attribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late_package").mkdir()
    for path, text in {
        "late_package/__init__.py": "print('package')",
        "late_package/part.py": "print('part')\nanswer = 42",
        "late_alone.py": "print('alone')\nanswer = 42",
        "early_alone.py": "print('early')",
    }.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    said: list[str] = []
    monkeypatch.setattr("builtins.print", said.append)
    with imported_when_used("late_alone", "late_package", "late_package.part"):
        import_module("early_alone")
        late_alone, part = import_module("late_alone"), import_module("late_package.part")
    assert said == ["early", "package"]
    assert (late_alone.answer, part.answer) == (42, 42)
    assert said == ["early", "package", "alone", "part"]
