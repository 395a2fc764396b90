"""``deploy/`` for real: PostgreSQL, code server and daemon as processes; the sensor picks a delivery up by itself."""

import csv
import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import duckdb

from dvz_assets.generate import generate
from dvz_assets.project_files import reference_folder
from tests.production.processes import (
    Installation,
    needs_postgresql,
    postgresql,
    process,
    program,
    succeeds,
    wait_for,
)

MONTH = "2018-05"
INSZ_DIGITS = 11

pytestmark = needs_postgresql


def published(home: Path) -> bool:
    path = home / "published" / "analytics.duckdb"
    if not path.exists():
        return False
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT strftime(month, '%Y-%m') FROM month_overview").fetchall() == [(MONTH,)]


def values_of_persons(landing: Path) -> set[str]:
    found: set[str] = set()
    for path in landing.glob("*/*/*.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                found |= {row[name] for name in ("insz", "dossier", "oud_insz", "nieuw_insz") if row.get(name)}
    return {value for value in found if len(value) > 6}


def stands_in(value: str, text: str) -> bool:
    """A number of a person anywhere; one of a file, 0000026 say, only by itself: times and hashes hold such digits."""
    alone = value if len(value) == INSZ_DIGITS else rf"(?<![0-9A-Za-z.]){value}(?![0-9A-Za-z])"
    return re.search(alone, text) is not None


def test_the_sensor_publishes_a_delivery_in_production(tmp_path: Path) -> None:
    here = Installation.below(tmp_path)
    environment, workspace, log = here.environment, str(here.workspace), str(here.log)
    generate(here.landing, seed=5, persons=60, months=1, start=MONTH, file_format="csv", reference=reference_folder())
    daemon = [program("dagster-daemon"), "run", "--workspace", workspace]
    start_sensor = [program("dagster"), "sensor", "start", "deliveries_sensor", "--workspace", workspace]
    with ExitStack() as running:
        binaries = running.enter_context(postgresql(here.database_port, here.password))
        running.enter_context(process(here.code_server, environment, log, cwd=str(tmp_path)))
        wait_for(lambda: succeeds(start_sensor, environment), 120)
        running.enter_context(process(daemon, environment, log, cwd=str(tmp_path)))
        wait_for(lambda: published(here.home), 240)
        dump = [
            *(str(binaries / "pg_dump"), "-h", "127.0.0.1", "-p", str(here.database_port), "-U", "dvz", "dagster"),
        ]
        wait_for(lambda: "SUCCESS" in dumped(dump, here.password), 60)
        stored = dumped(dump, here.password)
    persons = values_of_persons(here.landing)
    assert len(persons) > 50
    assert "deliveries_sensor" in stored
    said = here.log.read_text("utf-8")
    assert sum(stands_in(value, stored) or stands_in(value, said) for value in persons) == 0
    assert [path.name for path in (here.home / "deliveries" / MONTH).iterdir()] == ["0001"]
    for path in here.home.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path.relative_to(here.home)


def dumped(command: list[str], password: str) -> str:
    """All that Dagster has stored, as text."""
    environment = {**os.environ, "PGPASSWORD": password}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
