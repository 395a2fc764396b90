"""Locks between processes of one home: who holds one is the only writer of what it names.

The operating system frees the locks of a process that dies, so nothing has to be cleaned up after a crash.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dvz_assets.errors import DvzError
from dvz_assets.months import Month

# months that runs of this process hold: path of the lock -> (run, open file)
_held: dict[Path, tuple[str, TextIO]] = {}


@contextmanager
def exclusive(home: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of ``home``; waits for another holder."""
    with _open(home, name) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def hold_months(home: Path, months: Sequence[Month], run: str, *, wait: bool = False) -> bool:
    """Hold the months for a run until it ends; raises DvzError, naming the other, when another run holds one.

    With ``wait`` it waits for the other instead; months are taken in order, so no two runs wait for each other.
    True when the run did not hold all of them before: this is its beginning.
    """
    begins = False
    for month in sorted(months):
        path = _path(home, f"month={month}")
        if path in _held and _held[path][0] == run:
            continue
        file = _open(home, f"month={month}")
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            other = file.read()
            file.close()
            raise DvzError(
                "MONTH_IS_RUNNING",
                place=f"month {month}",
                expected="one run of a month at a time",
                found=f"{other or 'another run'} is at it",
                remedy="wait until it has ended, and run the month again if it is still needed",
            ) from None
        file.truncate(0)
        file.write(f"run {run} (process {os.getpid()})")
        file.flush()
        _held[path] = (run, file)
        begins = True
    return begins


def release_months() -> None:
    """Let go of all months that runs of this process hold."""
    while _held:
        _, (_, file) = _held.popitem()
        file.close()


def _open(home: Path, name: str) -> TextIO:
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+")


def _path(home: Path, name: str) -> Path:
    return home / "locks" / f"{name}.lock"
