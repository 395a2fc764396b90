"""The processes of the Dagster UI on one machine: code server and daemon beside a web server of this process."""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.orchestration.instance import instance_reference

MODULE = "dvz_assets.definitions"
WORKSPACE = """\
load_from:
  - grpc_server:
      socket: {socket}
      location_name: {module}
"""
START_SECONDS = 300
STOP_SECONDS = 60


@contextmanager
def code_server_and_daemon(environment: Mapping[str, str]) -> Iterator[tuple[Path, threading.Event]]:
    """Start both; gives the workspace file for a web server, and an event for when one of the two has ended.

    They speak over a socket in a folder that this user alone may enter, so that no other account reaches the code.
    """
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="dvz-")))
        address, workspace = folder / "code.sock", folder / "workspace.yaml"
        workspace.write_text(WORKSPACE.format(socket=address, module=MODULE), encoding="utf-8")
        ended = threading.Event()
        code_server = _start(
            *("dagster", "code-server", "start", "--socket", str(address), "--log-level", "warning"),
            *("--module-name", MODULE, "--location-name", MODULE),
            environment=environment,
            running=running,
            ended=ended,
        )
        _wait_for(address, code_server)
        _start(
            "dagster-daemon",
            "run",
            "--workspace",
            str(workspace),
            "--instance-ref",
            instance_reference(Path(environment["DAGSTER_HOME"])),
            environment=environment,
            running=running,
            ended=ended,
        )
        yield workspace, ended


def _start(
    name: str, *arguments: str, environment: Mapping[str, str], running: ExitStack, ended: threading.Event
) -> subprocess.Popen[bytes]:
    """Start a program of the virtual environment, which is stopped at the end of the block."""
    process = subprocess.Popen([str(Path(sys.executable).with_name(name)), *arguments], env=dict(environment))
    running.callback(_stop, process)

    def watch() -> None:
        process.wait()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(address: Path, code_server: subprocess.Popen[bytes]) -> None:
    """Wait until the code server listens: a web server that starts before it shows an error first."""
    end = time.monotonic() + START_SECONDS
    while code_server.poll() is None and time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as asking:
            if asking.connect_ex(str(address)) == 0:
                return
        time.sleep(0.1)
    raise DvzError(
        "CODE_SERVER_NOT_STARTED",
        expected=f"a code server within {START_SECONDS} seconds",
        found="it has ended" if code_server.poll() is not None else "no answer",
        remedy="look at what it printed above; `dvz config` and `dvz status` show whether settings and home are well",
    )
