"""What stands below a home: private files, personal data only where they may stand, nothing left over."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import duckdb

from dvz_assets.flow.context import Flow
from dvz_assets.tables.published import ANALYTICS_DATABASE, DVZ_DATABASE
from tests.integration.running import run

MAY_HOLD_PERSONS = ("lake", "quarantine", "deliveries", "a036", "restricted")
ELEVEN_DIGITS = re.compile(rb"(?<![0-9a-f])[0-9]{11}(?![0-9a-f])")


def delivered_numbers(landing: Path) -> set[bytes]:
    """All identification numbers of the landing zone; never printed."""
    found: set[bytes] = set()
    for path in landing.rglob("*.csv"):
        found |= set(ELEVEN_DIGITS.findall(path.read_bytes()))
    return found


def test_everything_is_private_and_nothing_is_left_over(flow: Flow) -> None:
    assert run(flow, "2018-04", "2018-05") is None
    home = flow.settings.home
    modes = {
        oct(path.stat().st_mode & 0o777)
        for path in home.rglob("*")
        if (path.is_file() and path.stat().st_mode & 0o777 != 0o600)
        or (path.is_dir() and path.stat().st_mode & 0o777 != 0o700)
    }
    assert modes == set()
    leftovers = [path.name for path in home.rglob("*") if "building" in path.name or path.suffix == ".wal"]
    assert leftovers == []
    assert [path.name for path in home.rglob("*.candidates/*")] == []


def test_numbers_stand_only_where_they_may(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-05")
    numbers, home = delivered_numbers(flow.settings.landing), flow.settings.home
    searched, hits = 0, []
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        if not path.is_file() or relative.parts[0] in MAY_HOLD_PERSONS or path.name == "dvz.duckdb":
            continue
        searched += 1
        if numbers & set(ELEVEN_DIGITS.findall(path.read_bytes())):
            hits.append(str(relative))
    assert len(numbers) > 100
    assert searched > 30
    assert hits == []
    names_with_numbers = sum(
        1 for path in home.rglob("*") if numbers & set(ELEVEN_DIGITS.findall(os.fsencode(path.name)))
    )
    assert names_with_numbers == 0


def test_published_files_explain_themselves(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-04")
    for file, tables in (("dvz.duckdb", DVZ_DATABASE), ("analytics.duckdb", ANALYTICS_DATABASE)):
        path = flow.settings.home / "published" / file
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute(
                "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY 1"
            ).fetchall()
            assert [name for (name,) in found] == sorted(tables)
            silent = "SELECT count(*) FROM {} WHERE comment IS NULL AND NOT internal"
            for catalogue in ("duckdb_tables()", "duckdb_views()", "duckdb_columns()"):
                assert connection.execute(silent.format(catalogue)).fetchone() == (0,)
            version = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchone()
            assert version is not None
            assert "v1.2.0" in str(version[0])
