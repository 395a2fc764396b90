"""What other programs do to a published file, or leave beside it, reaches no published file, and a rerun heals it."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish, published_problems
from dvz_assets.home.lake import write_frame
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from tests.integration.running import manifest_in, redeliver, run

FIRST, SECOND = "2018-04", "2018-05"
CHANGES = {
    "dvz.duckdb": "DELETE FROM export.dvz_export; DELETE FROM control.decision",
    "analytics.duckdb": "UPDATE funnel SET persons = 0 WHERE step = 'SENT'",
}


def rows_of(path: Path, name: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return sorted(connection.execute(f"FROM {name}").fetchall(), key=str)


def content(flow: Flow) -> dict[str, list[tuple[object, ...]]]:
    return {
        f"{file} {name}": rows_of(database.path(flow.settings.home), name)
        for file, database in PUBLISHED_DATABASES.items()
        for name in database.tables
    }


def change_and_die(path: Path, change: str) -> None:
    connection = duckdb.connect(str(path))
    connection.execute(change)
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_process_that_dies(path: Path, change: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=change_and_die, args=(path, change))
    process.start()
    process.join()
    assert path.with_name(f"{path.name}.wal").exists()


def repaired(flow: Flow) -> set[tuple[object, object]]:
    entries = [entry for entry in flow.ledger.entries() if entry.event == Event.REPAIRED]
    return {(entry.details["database"], entry.details["sidecars"]) for entry in entries}


@pytest.mark.parametrize("again", [FIRST, SECOND])
def test_a_log_that_a_dead_program_has_left_is_never_replayed(ran_until: Callable[[str], Flow], again: str) -> None:
    """Into the file of the same months, nor into that of more months."""
    flow = ran_until(FIRST)
    before, published = content(flow), flow.settings.home / "published"
    for name, change in CHANGES.items():
        in_a_process_that_dies(published / name, change)
    assert len(published_problems(flow)) == 2
    assert "readers replay it" in status(flow)
    assert "SIDECAR" in CliRunner().invoke(app, ["sql", "FROM funnel", "--home", str(flow.settings.home)]).stderr
    assert run(flow, again) is None
    assert sorted(path.name for path in published.iterdir()) == sorted(CHANGES)
    after = content(flow)
    for name, rows in before.items():
        assert after[name] == rows if again == FIRST else set(map(str, rows)) <= set(map(str, after[name])), name
    assert repaired(flow) == {("dvz_database", 1), ("analytics_database", 1)}
    assert published_problems(flow) == []


DAMAGE = {
    "rows are gone": "DELETE FROM {table}",
    "a value is another": "UPDATE {table} SET regime = 'x'",
    "a row is there twice": "INSERT INTO {table} FROM {table} LIMIT 1",
    "its months are gone": "DELETE FROM {publication}",
    "a month is there that nobody ran": (
        "INSERT INTO {table} BY NAME SELECT * REPLACE (DATE '2001-01-01' AS month) FROM {table} LIMIT 1"
    ),
    "a table is gone": "DROP TABLE {table}",
    "it is no database": "",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_rerun_heals_what_a_published_file_has_lost(ran_until: Callable[[str], Flow], damage: str) -> None:
    flow = ran_until(FIRST)
    before = content(flow)
    for name, table, publication in (
        ("dvz.duckdb", "control.decision", "control.publication"),
        ("analytics.duckdb", "funnel", "publication"),
    ):
        path = flow.settings.home / "published" / name
        if not DAMAGE[damage]:
            path.write_bytes(b"no database")
            continue
        with duckdb.connect(str(path)) as connection:
            connection.execute(DAMAGE[damage].format(table=table, publication=publication))
    if "table" not in damage:
        assert len(published_problems(flow)) == 2
    for database in PUBLISHED_DATABASES.values():  # what a run does last
        assert publish(flow, database).repaired == ("table" not in damage)
        assert not publish(flow, database).repaired
    assert content(flow) == before
    built_anew = {("dvz_database", 0), ("analytics_database", 0)}
    assert repaired(flow) == (built_anew if "table" not in damage else set()), "another layout is no damage"


@pytest.mark.parametrize("other", ["", "~"])
def test_a_month_is_published_when_it_is_another_one_and_whole(ran_until: Callable[[str], Flow], other: str) -> None:
    """Whichever of two hashes comes first in an alphabet."""
    flow, database = ran_until(FIRST), PUBLISHED_DATABASES["dvz_database"]
    path, month = database.path(flow.settings.home), Month.parse(FIRST)
    publication = publish(flow, database)
    assert (publication.replaced, publication.seconds_checking) == ((), 0), "nothing has changed"
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE control.publication SET fingerprint = ?", [other])
    assert publish(flow, database).replaced == (FIRST,)
    assert publish(flow, database).replaced == ()
    partition = flow.lake.partition("decisions", month)
    manifest = manifest_in(partition)
    changed = replace(manifest, inputs={**manifest.inputs, f"selection_one {month}": other})
    write_frame(pl.read_parquet(partition, hive_partitioning=False), partition, changed)
    assert publish(flow, database).replaced == (), "it was made of what is not there any more"


def test_a_month_is_whole_whatever_has_become_of_the_months_before_it(ran_until: Callable[[str], Flow]) -> None:
    """It is stale then, and stands as it is until it is run again."""
    flow = ran_until(SECOND)
    redeliver(flow.settings.landing / "novaprima" / FIRST, "statement.csv", lambda lines: lines[:-5])
    assert run(flow, FIRST) is None
    other = Flow(flow.settings.model_copy(update={"rounding_base": 10}))
    assert publish(other, PUBLISHED_DATABASES["analytics_database"]).replaced == (FIRST, SECOND)


def test_folders_and_links_beside_a_published_file_go_and_what_they_lead_to_stays(
    ran_until: Callable[[str], Flow], tmp_path: Path
) -> None:
    flow, database = ran_until(FIRST), PUBLISHED_DATABASES["dvz_database"]
    path = database.path(flow.settings.home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    spilled = path.with_name(f"{path.name}.tmp")
    spilled.mkdir()
    (spilled / "block").touch()
    path.with_name(f"{path.name}.link").symlink_to(elsewhere)
    assert publish(flow, database).repaired
    assert sorted(each.name for each in path.parent.iterdir()) == sorted(CHANGES)
    assert (elsewhere / "kept").exists()
    assert repaired(flow) == {("dvz_database", 2)}


def test_a_program_that_holds_a_published_file_for_writing_does_not_break_the_run(
    ran_until: Callable[[str], Flow],
) -> None:
    flow = ran_until(FIRST)
    path = flow.settings.home / "published" / "dvz.duckdb"
    context = multiprocessing.get_context("spawn")
    holds, ends = context.Event(), context.Event()
    process = context.Process(target=hold, args=(path, holds, ends))
    process.start()
    try:
        assert holds.wait(120)
        assert "held open for writing" in status(flow)
        assert f"(PID {process.pid})" in status(flow)
        assert run(flow, SECOND) is None
        assert {str(row[0])[:7] for row in rows_of(path, "control.publication")} == {FIRST, SECOND}
    finally:
        ends.set()
        process.join()
    assert published_problems(flow) == []


def hold(path: Path, holds: object, ends: object) -> None:
    with duckdb.connect(str(path)):
        holds.set()  # type: ignore[attr-defined]
        ends.wait()  # type: ignore[attr-defined]


def status(flow: Flow) -> str:
    options = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, ["status", *options]).stderr
