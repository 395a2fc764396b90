"""What a step is given: the tables of today or of then, an engine, and a DuckDB that reaches nothing else."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest
from pydantic import SecretStr

import dvz_assets
from dvz_assets.addresses import path_at
from dvz_assets.errors import DvzError
from dvz_assets.flow import versions
from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import REFERENCE, Manifest, write_frame
from dvz_assets.home.reference_archive import archive
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Holds
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.settings import Settings

MONTH = Month.parse("2018-06")


def tables(folder: Path, description: str) -> Path:
    """The tables with another description of the registers."""
    shutil.copytree(reference_folder(), folder)
    registers = folder / "registers.csv"
    text = registers.read_text("utf-8")
    registers.write_text(text.replace("Population register", description), encoding="utf-8")
    assert registers.read_text("utf-8") != text
    return folder


def test_tables_of_today_are_checked_and_those_of_then_are_read_as_they_were(tmp_path: Path) -> None:
    folder = tables(tmp_path / "tables", "Everybody")
    rules = folder / "category_rules.csv"
    rules.write_text(rules.read_text("utf-8").replace("NOTE_2014", "NOTE_1914"), encoding="utf-8")
    settings = Settings(home=tmp_path / "home", reference=folder)
    with pytest.raises(DvzError, match=r"category_rules\.csv"):
        _ = Flow(settings).reference
    assert "NOTE_1914" in Flow(settings, archived=True).reference.tables["category_rules"]["regime"]


@pytest.mark.parametrize("then", [0, 1])
def test_a_month_has_its_own_tables_whichever_hash_is_the_greater(then: int, tmp_path: Path) -> None:
    folders = [tables(tmp_path / name, name) for name in ("one", "other")]
    folders.sort(key=lambda folder: Reference.load(folder).fingerprint)
    settings = Settings(home=tmp_path / "home", reference=folders[then])
    decided = Flow(settings)
    archive(decided.reference, settings)
    manifest = Manifest("decisions", str(MONTH), {}, facts={REFERENCE: decided.reference.fingerprint})
    write_frame(pl.DataFrame(), decided.lake.partition("decisions", MONTH), manifest)
    assert decided.reference_of(MONTH) is decided.reference
    now = Flow(settings.model_copy(update={"reference": folders[1 - then]}))
    assert now.reference_of(MONTH).fingerprint == decided.reference.fingerprint != now.reference.fingerprint
    assert now.reference_of(MONTH) is now.snapshot().reference_of(MONTH), "they are read once"


def test_a_home_that_a_question_needs_has_the_engine_only_where_it_is_the_same_machine(tmp_path: Path) -> None:
    """Of a home in an object store, it is built on this machine, which a cluster does not see."""
    here = Flow(Settings(home=tmp_path / "home"))
    other = here.settings.model_copy(update={"home": tmp_path / "other", "reference": tmp_path})
    holds = Holds(other, here.ledger)
    given = here.with_settings(other, holds, archived=True)
    assert (given.settings, given.engine, given.holds, given.archived) == (other, here.engine, holds, True)
    in_store = Flow(
        Settings(
            home=path_at("s3://bucket/home"),
            scratch=tmp_path / "scratch",
            lock_database=SecretStr("postgresql://none"),
            ledger_key=SecretStr("0" * 64),
        )
    )
    given = in_store.with_settings(in_store.settings.model_copy(update={"engine": "spark"}), holds, archived=False)
    assert (given.settings.engine, given.holds, given.archived) == ("duckdb", holds, False)
    assert given.engine is not in_store.engine


def values(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    rows = [connection.execute(f"SELECT CAST(current_setting('{name}') AS VARCHAR)").fetchone() for name in names]
    return [str(row[0]) for row in rows if row is not None]


def test_a_connection_has_its_limits_and_reaches_one_folder(tmp_path: Path) -> None:
    flow = Flow(Settings(home=tmp_path / "home", threads=1, memory_limit="300 MB"))
    (tmp_path / "other.csv").write_text("a\n1\n", encoding="utf-8")
    (flow.settings.home / "own.csv").parent.mkdir(exist_ok=True)
    (flow.settings.home / "own.csv").write_text("a\n1\n", encoding="utf-8")
    with flow.cursor() as connection:
        assert values(connection, ["threads", "memory_limit"]) == ["1", "286.1 MiB"]
        off = [
            "autoinstall_known_extensions",
            "autoload_known_extensions",
            "allow_community_extensions",
            "enable_external_access",
        ]
        assert values(connection, off) == ["false"] * len(off)
        assert connection.execute(f"FROM '{flow.settings.home / 'own.csv'}'").fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"FROM '{tmp_path / 'other.csv'}'")
        with pytest.raises(duckdb.Error, match="locked"):
            connection.execute("SET threads = 4")


def test_a_thread_has_one_database_and_each_step_a_cursor_of_its_own(tmp_path: Path) -> None:
    flow = Flow(Settings(home=tmp_path / "home"))
    with flow.cursor() as one, flow.cursor() as other:
        one.execute("CREATE TABLE written AS SELECT 1")
        assert one is not other
        assert other.execute("FROM written").fetchall() == [(1,)]


def test_the_versions_are_those_of_what_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: f"version of {name}")
    own = {"software": dvz_assets.__version__, "duckdb": duckdb.__version__, "polars": pl.__version__}
    assert versions.versions(Settings()) == own
    assert versions.versions(Settings(engine="spark")) == own | {"spark": "version of pyspark"}
