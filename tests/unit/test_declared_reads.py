"""A step reads what the table of assets declares, all of it and nothing else."""

import ast
import json
import shutil
from pathlib import Path

import pytest

from dvz_assets import project_files
from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, PUBLISHED, RELATIONAL, STATEMENT_MONTH, Reads
from dvz_assets.flow.checks import suite_reads
from dvz_assets.flow.declared_reads import names_of, reads_in, require_declared_reads
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.flow.sql_files import relations_read, sql_text
from dvz_assets.months import Month
from dvz_assets.project_files import PACKAGE, expectations_folder, sql_folder
from dvz_assets.tables.published import ANALYTICS_DATABASE, DVZ_DATABASE

# made for one publication, from manifests and stored checks
OF_PUBLISHING = {"row_counts", "rejected_rows", "check_results", "delivery_steps"}
# it says how many months a relation has, and no SQL asks for it
OF_RELATIONS = {"correction_months"}
# they read bytes, find folders and word errors; rows are judged elsewhere
OF_NO_ROW = {"landing.received", "landing.receiving", "landing.zone"}


@pytest.fixture
def copied_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the SQL files that a test may change."""
    (tmp_path / "dvz_assets").mkdir()
    shutil.copytree(sql_folder(), tmp_path / "sql")
    monkeypatch.setattr(project_files, "PACKAGE", tmp_path / "dvz_assets")
    return tmp_path / "sql"


def test_what_is_declared_is_what_the_sql_reads() -> None:
    require_declared_reads()


@pytest.mark.parametrize(
    ("added", "found"),
    [
        (" WHERE insz IN (SELECT insz FROM dvz_export)", "read and not declared: dvz_export"),
        (" WHERE insz IN (SELECT code FROM registers)", "read and not declared: registers"),
    ],
)
def test_a_read_that_is_not_declared_is_named_when_definitions_are_loaded(
    copied_sql: Path, added: str, found: str
) -> None:
    path = copied_sql / "dvz_export_periods.sql"
    path.write_text(f"SELECT * FROM ({path.read_text('utf-8')}) AS periods{added}", "utf-8")
    with pytest.raises(DvzError, match="UNDECLARED_READ") as error:
        require_declared_reads()
    assert "sql/dvz_export_periods.sql" in str(error.value)
    assert found in str(error.value)


def test_a_declaration_that_is_not_read_is_named(copied_sql: Path) -> None:
    (copied_sql / "intersection.sql").write_text("SELECT insz, NULL AS category FROM selection_one", "utf-8")
    with pytest.raises(DvzError, match="declared and not read: selection_two"):
        require_declared_reads()


def test_a_month_reads_what_the_sql_that_holds_in_it_names(copied_sql: Path) -> None:
    """Of the declaration, which is that of all files together; facts of the month are columns, and stay."""
    before, after = Month.parse("2019-06"), Month.parse("2019-07")
    declared = ASSETS["decisions"].reads
    assert declared.withheld
    shutil.copyfile(copied_sql / "decisions.sql", copied_sql / "decisions.2019-07.sql")
    text = "SELECT insz FROM selection_one JOIN aid_kinds ON TRUE"
    (copied_sql / "decisions.sql").write_text(text, encoding="utf-8")
    assert reads_in("decisions", after) == declared
    assert reads_in("decisions", before) == Reads(
        relations=("selection_one",), reference=("aid_kinds",), month_facts=declared.month_facts
    )
    assert reads_in("aid_history", before) == ASSETS["aid_history"].reads, "what Python makes"


@pytest.mark.parametrize("asset", ASSETS)
def test_a_suite_declares_what_it_reads(asset: str) -> None:
    path = expectations_folder() / f"{asset}.json"
    queries = [
        each["kwargs"].get("unexpected_rows_query") for each in json.loads(path.read_text("utf-8"))["expectations"]
    ]
    read = {
        name
        for query in queries
        if query is not None
        for name in relations_read(query.replace("{batch}", "candidate").replace("$", "").rstrip("; \n"))
    }
    assert read - {"candidate"} == names_of(suite_reads(path))


@pytest.mark.parametrize(
    ("database", "tables"), [("dvz_database", DVZ_DATABASE), ("analytics_database", ANALYTICS_DATABASE)]
)
def test_a_published_file_declares_what_its_sql_reads(database: str, tables: dict[str, object]) -> None:
    exact = {f"exact_{name}": name for name in PUBLISHED_DATABASES[database].exact}
    paths = [
        *(sql_folder() / database).glob("*.sql"),
        *(sql_folder() / "dvz_database" / f"{name}.sql" for name in exact.values()),
    ]
    read = {name for path in paths for name in relations_read(path.read_text("utf-8"))}
    assert read - OF_PUBLISHING - exact.keys() == names_of(PUBLISHED[database].reads)


@pytest.mark.parametrize("asset", RELATIONAL)
def test_a_fact_of_the_month_that_is_declared_is_read(asset: str) -> None:
    """What is read and not declared fails by itself: ``statement_month`` has the declared columns alone."""
    text = sql_text(asset)
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert all(fact in code for fact in set(ASSETS[asset].reads.month_facts) - OF_RELATIONS)
    assert (STATEMENT_MONTH in code) == bool(ASSETS[asset].reads.month_facts)


@pytest.mark.parametrize("asset", ASSETS)
def test_the_python_of_an_asset_is_declared_as_far_as_it_judges_rows(asset: str) -> None:
    """What a declared module imports of the landing floor, or of the cleaned layer, is declared too."""
    declared = set(ASSETS[asset].python)
    assert declared
    imported = {
        name
        for module in declared
        for name in modules_imported(PACKAGE.joinpath(*module.split(".")).with_suffix(".py"))
        if name.startswith(("landing.", "flow.cleaned."))
    }
    assert imported - OF_NO_ROW <= declared


def modules_imported(path: Path) -> set[str]:
    """Modules below ``dvz_assets`` that a file imports, by their names there."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    modules = [node.module or "" for node in nodes]
    return {name.removeprefix("dvz_assets.") for name in modules if name.startswith("dvz_assets.")}
