"""``deploy/`` for real: PostgreSQL, code server and daemon as processes; the sensor picks a delivery up by itself."""

import csv
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest

from dvz_assets.generate import generate
from dvz_assets.project_files import reference_folder

CHECKOUT = Path(__file__).parents[2]
DEPLOY = CHECKOUT / "deploy"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
MONTH = "2018-05"
IS_ROOT = os.geteuid() == 0


def has_driver() -> bool:
    try:
        import dagster_postgres  # noqa: F401
    except ImportError:
        return False
    return True


pytestmark = [
    pytest.mark.skipif(not BINARIES, reason="the server of PostgreSQL is not installed"),
    pytest.mark.skipif(not has_driver(), reason="dagster-postgres (extra `production`) is not installed"),
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if IS_ROOT else command


@contextmanager
def postgresql(port: int, password: str) -> Iterator[Path]:
    """A server on a folder of its own; gives the folder of its programs."""
    binaries = BINARIES[-1]
    folder = Path(tempfile.mkdtemp(prefix="dvz-postgresql-"))
    try:
        (folder / "password").write_text(password, encoding="ascii")
        if IS_ROOT:
            shutil.chown(folder, "postgres")
            shutil.chown(folder / "password", "postgres")
        made = [
            str(binaries / "initdb"),
            *("-D", str(folder / "data"), "-U", "dvz", "-A", "scram-sha-256", "--pwfile", str(folder / "password")),
        ]
        subprocess.run(as_postgres(made), cwd="/", check=True, capture_output=True)
        server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
        with (folder / "log").open("wb") as log, process(as_postgres(server), {**os.environ}, log.name, cwd="/"):
            environment = {**os.environ, "PGPASSWORD": password}
            create = [str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "dvz", "dagster"]
            wait_for(
                lambda: subprocess.run(create, env=environment, check=False, capture_output=True).returncode == 0, 60
            )
            yield binaries
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def process(command: list[str], environment: dict[str, str], log: str, *, cwd: str) -> Iterator[None]:
    """A program that runs until the end of the block."""
    with Path(log).open("ab") as file:
        started = subprocess.Popen(command, env=environment, cwd=cwd, stdout=file, stderr=file, umask=0o077)
    try:
        yield
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_for(happens: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.5)


def succeeds(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


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


def test_the_sensor_publishes_a_delivery_in_production(tmp_path: Path) -> None:
    home, landing, dagster_home = tmp_path / "home", tmp_path / "landing", tmp_path / "dagster"
    dagster_home.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", dagster_home)
    code_port, database_port, password = free_port(), free_port(), secrets.token_hex(16)
    workspace = tmp_path / "workspace.yaml"
    shipped = (DEPLOY / "workspace.yaml").read_text("utf-8")
    workspace.write_text(shipped.replace("4266", str(code_port)), encoding="utf-8")
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home),
        "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_PORT": str(database_port),
        "DAGSTER_PG_DB": "dagster",
        "DAGSTER_PG_USER": "dvz",
        "DAGSTER_PG_PASSWORD": password,
        "DVZ_LANDING": str(landing),
        "DVZ_HOME": str(home),
    }
    generate(landing, seed=5, persons=60, months=1, start=MONTH, file_format="csv", reference=reference_folder())
    code_server = [
        *(program("dagster"), "code-server", "start", "--host", "127.0.0.1", "--port", str(code_port)),
        *("--module-name", "dvz_assets.definitions", "--location-name", "dvz_assets"),
    ]
    daemon = [program("dagster-daemon"), "run", "--workspace", str(workspace)]
    start_sensor = [program("dagster"), "sensor", "start", "deliveries_sensor", "--workspace", str(workspace)]
    log = str(tmp_path / "log")
    with ExitStack() as running:
        binaries = running.enter_context(postgresql(database_port, password))
        running.enter_context(process(code_server, environment, log, cwd=str(tmp_path)))
        wait_for(lambda: succeeds(start_sensor, environment), 120)
        running.enter_context(process(daemon, environment, log, cwd=str(tmp_path)))
        wait_for(lambda: published(home), 240)
        dump = [str(binaries / "pg_dump"), "-h", "127.0.0.1", "-p", str(database_port), "-U", "dvz", "dagster"]
        wait_for(lambda: "SUCCESS" in dumped(dump, password), 60)
        stored = dumped(dump, password)
    persons = values_of_persons(landing)
    assert len(persons) > 50
    assert "deliveries_sensor" in stored
    said = Path(log).read_text("utf-8")
    assert sum(value in stored or value in said for value in persons) == 0
    assert [path.name for path in (home / "deliveries" / MONTH).iterdir()] == ["0001"]
    for path in home.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path.relative_to(home)


def dumped(command: list[str], password: str) -> str:
    """All that Dagster has stored, as text."""
    environment = {**os.environ, "PGPASSWORD": password}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
