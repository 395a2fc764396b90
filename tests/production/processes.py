"""``deploy/`` as processes for the tests: PostgreSQL on a folder of its own, and Dagster's programs on its files.

All run as the user of the tests; in PostgreSQL each has the role of its own user (``PGUSER``), and no password.
"""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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
class Database:
    """A server of PostgreSQL: its programs, and the folder of its socket."""

    binaries: Path
    folder: Path
    port: int

    def program(self, name: str, *arguments: str, role: str = "postgres") -> list[str]:
        """The command of a client, which comes as the owner of the server or as another role."""
        return [str(self.binaries / name), "-h", str(self.folder), "-p", str(self.port), "-U", role, *arguments]


@dataclass(frozen=True)
class Installation:
    """Settings and files of one installation below a folder of the test."""

    folder: Path

    @classmethod
    def below(cls, folder: Path, database: Database) -> "Installation":
        """The shipped configuration, with the sockets of this test."""
        made = cls(folder)
        made.dagster_home.mkdir()
        shipped = (DEPLOY / "dagster.yaml").read_text("utf-8")
        local = shipped.replace("host=/run/postgresql", f"host={database.folder}&port={database.port}")
        (made.dagster_home / "dagster.yaml").write_text(local, encoding="utf-8")
        shipped = (DEPLOY / "workspace.yaml").read_text("utf-8")
        made.workspace.write_text(shipped.replace("/run/dvz-code/code.sock", str(made.code_socket)), encoding="utf-8")
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
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace.yaml"

    @property
    def code_socket(self) -> Path:
        return self.folder / "code.sock"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def environment(self) -> dict[str, str]:
        """What ``dvz-code-server.service`` reads."""
        return {
            **self.of("dvz-flow"),
            "DVZ_LANDING": str(self.landing),
            "DVZ_HOME": str(self.home),
            "DVZ_OUTBOX": str(self.outbox),
        }

    def of(self, user: str) -> dict[str, str]:
        """What the units of the other programs read."""
        return {
            **os.environ,
            "DAGSTER_HOME": str(self.dagster_home),
            "DVZ_UI_ADDRESS": "https://dvz.example.internal",
            "PGUSER": user,
        }

    @contextmanager
    def code_server(self, environment: dict[str, str]) -> Iterator[None]:
        """``dvz-code-server.service``, once it answers."""
        command = [
            *(program("dagster"), "code-server", "start", "--socket", str(self.code_socket)),
            *("--module-name", "dvz_assets.definitions", "--location-name", "dvz_assets"),
        ]
        with process(command, environment, str(self.log), cwd=str(self.folder), umask=0o007):
            wait_for(lambda: answers(self.code_socket), 120)
            yield

    @contextmanager
    def web_server(self, user: str, *options: str) -> Iterator[Path]:
        """``dvz-webserver.service`` on a socket that is handed to it, as systemd does; gives the socket."""
        address = self.folder / f"{user}.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(address))
            listening.listen()
            descriptor = listening.fileno()
            command = [program("dvz"), "serve", "--workspace", str(self.workspace), "--fd", str(descriptor), *options]
            with process(command, self.of(user), str(self.log), cwd=str(self.folder), pass_fds=(descriptor,)):
                yield address


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(address: Path) -> bool:
    """Whether a server answers at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(address)) == 0


def listens(port: int) -> bool:
    """Whether a server answers at a port of this machine."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if IS_ROOT else command


@contextmanager
def postgresql(port: int, password: str | None = None) -> Iterator[Database]:
    """A server on a folder of its own with the roles of ``deploy/``; with a password, ``dvz`` may come over TCP."""
    folder = Path(tempfile.mkdtemp(prefix="dvz-postgresql-"))
    found = Database(BINARIES[-1], folder, port)
    try:
        if IS_ROOT:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        made = [str(found.binaries / "initdb"), "-D", str(data), "-U", "postgres"]
        subprocess.run(as_postgres(made), cwd="/", check=True, capture_output=True)
        roles = ("postgres", "dvz-flow", "dvz-daemon", "dvz-web", "dvz-web-readonly")
        (data / "pg_ident.conf").write_text("".join(f"tests {getpass.getuser()} {role}\n" for role in roles), "ascii")
        (data / "pg_hba.conf").write_text(
            "local all all peer map=tests\nhost all dvz 127.0.0.1/32 scram-sha-256\n", encoding="ascii"
        )
        server = [str(found.binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        with (folder / "log").open("wb") as log, process(as_postgres(server), {**os.environ}, log.name, cwd="/"):
            wait_for(lambda: succeeds(found.program("psql", "-c", "SELECT 1"), {**os.environ}), 60)
            orders = ["-f", str(DEPLOY / "postgresql.sql")]
            if password is not None:
                orders += ["-c", f"ALTER ROLE dvz LOGIN PASSWORD '{password}'"]
            command = found.program("psql", "-v", "ON_ERROR_STOP=1", *orders)
            subprocess.run(command, check=True, capture_output=True)
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def process(
    command: list[str],
    environment: dict[str, str],
    log: str,
    *,
    cwd: str,
    umask: int = 0o077,
    pass_fds: Sequence[int] = (),
) -> Iterator[None]:
    """A program that runs until the end of the block."""
    with Path(log).open("ab") as file:
        started = subprocess.Popen(
            command, env=environment, cwd=cwd, stdout=file, stderr=file, umask=umask, pass_fds=pass_fds
        )
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
