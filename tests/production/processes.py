"""``deploy/`` as processes for the tests: PostgreSQL on a folder of its own, and Dagster's programs on its files."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DEPLOY = CHECKOUT / "deploy"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
IS_ROOT = os.geteuid() == 0


def has_driver() -> bool:
    try:
        import dagster_postgres  # noqa: F401
    except ImportError:
        return False
    return True


needs_postgresql = [
    pytest.mark.skipif(not BINARIES, reason="the server of PostgreSQL is not installed"),
    pytest.mark.skipif(not has_driver(), reason="dagster-postgres (extra `production`) is not installed"),
]


@dataclass(frozen=True)
class Installation:
    """Settings and files of one installation below a folder of the test."""

    folder: Path
    code_port: int
    database_port: int
    password: str

    @classmethod
    def below(cls, folder: Path, configuration: str = "dagster.yaml") -> "Installation":
        """Ports, a password, and the shipped configuration where ``DAGSTER_HOME`` is."""
        made = cls(folder, free_port(), free_port(), secrets.token_hex(16))
        made.dagster_home.mkdir()
        shutil.copy(DEPLOY / configuration, made.dagster_home / "dagster.yaml")
        shipped = (DEPLOY / "workspace.yaml").read_text("utf-8")
        made.workspace.write_text(shipped.replace("4266", str(made.code_port)), encoding="utf-8")
        return made

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def dagster_home(self) -> Path:
        return self.folder / "dagster"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace.yaml"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def environment(self) -> dict[str, str]:
        """What the units of ``deploy/systemd`` read."""
        return {
            **os.environ,
            "DAGSTER_HOME": str(self.dagster_home),
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(self.database_port),
            "DAGSTER_PG_DB": "dagster",
            "DAGSTER_PG_USER": "dvz",
            "DAGSTER_PG_PASSWORD": self.password,
            "DVZ_LANDING": str(self.landing),
            "DVZ_HOME": str(self.home),
        }

    @property
    def code_server(self) -> list[str]:
        """The command of ``dvz-code-server.service``."""
        return [
            *(program("dagster"), "code-server", "start", "--host", "127.0.0.1", "--port", str(self.code_port)),
            *("--module-name", "dvz_assets.definitions", "--location-name", "dvz_assets"),
        ]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def listens(port: int) -> bool:
    """Whether a server answers at a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


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
