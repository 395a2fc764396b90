"""Has untrusted Parquet decoded by a process that may die of it: the side that asks (decision 0022).

One program (``parquet_decoder``) is started per process of ours, when the first Parquet file comes, and forks for each
file: starting it takes a fraction of a second, a further file some milliseconds.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from dvz_assets.errors import DvzError

LIBRARIES = ("polars", "duckdb")
DECODER = Path(__file__).with_name("parquet_decoder.py")
SECONDS = 60
BYTES_PER_SECOND = 5_000_000  # of a file, beyond which decoding it is taken for endless
MOST_BYTES_OF_A_REPORT = 1024**2


class DecoderDiedError(Exception):
    """The process that decoded a file did not come to its end: the file cannot be read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is in a file: ``unpacked`` bytes in memory, names of its columns, and the rows of those asked for.

    No rows where it lacks some of them, or takes more than it may.
    """

    unpacked: int
    names: list[str]
    frame: pl.DataFrame


class _Decoder:
    """The program, started when it is needed and again after it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def ask(self, request: bytes, descriptors: list[int]) -> None:
        """Hand over a request; several threads may. Raises DvzError when the program cannot be started."""
        with self._lock:
            if self._running is not None:
                process, channel = self._running
                with suppress(OSError):  # it was ended from outside
                    socket.send_fds(channel, [request], descriptors)
                    return
                channel.close()
                process.wait()
            self._running = _started()
            socket.send_fds(self._running[1], [request], descriptors)


_DECODER = _Decoder()


def _started() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    folders = {str(Path(found.origin).parents[1]) for found in map(find_spec, LIBRARIES) if found and found.origin}
    with theirs:
        # without site and the user's environment: it sees the libraries, the locale and nothing else
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(DECODER), *folders],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", "POLARS_MAX_THREADS": os.environ.get("POLARS_MAX_THREADS", "2")},
        )
    ours.settimeout(SECONDS)
    try:
        is_ready = bool(ours.recv(MOST_BYTES_OF_A_REPORT))
    except OSError:
        is_ready = False
    if not is_ready:
        ours.close()
        process.kill()
        process.wait()
        raise DvzError(
            "DECODER_NOT_STARTED",
            expected="a process that decodes Parquet",
            found="none",
            remedy="see that memory and processes are left, and run again; the delivery was not looked at",
        )
    return process, ours


def decode(content: bytes, columns: Sequence[str], max_bytes: int) -> Decoded:
    """Decode the bytes of a file that should have ``columns``; raises DecoderDiedError."""
    source, result = os.memfd_create("parquet"), os.memfd_create("rows")
    report, their_report = os.pipe()
    try:
        with os.fdopen(source, "wb", closefd=False) as file:
            file.write(content)
        seconds = SECONDS + len(content) // BYTES_PER_SECOND
        request = {"columns": "\n".join(columns), "max_bytes": max_bytes, "seconds": seconds}
        try:
            _DECODER.ask(json.dumps(request).encode(), [source, result, their_report])
        finally:
            os.close(their_report)
        # the process ends itself after so many seconds; the program that starts it may be the one that does not answer
        if not select.select([report], [], [], 2 * seconds)[0]:
            raise DecoderDiedError
        with os.fdopen(report, "rb", closefd=False) as file:
            said = file.read(MOST_BYTES_OF_A_REPORT)
        if not said:
            raise DecoderDiedError
        found = json.loads(said)
        return Decoded(found["unpacked"], found["names"], pl.read_ipc(f"/dev/fd/{result}"))
    except ValueError:  # a report that does not end
        raise DecoderDiedError from None
    finally:
        for descriptor in (source, result, report):
            os.close(descriptor)
