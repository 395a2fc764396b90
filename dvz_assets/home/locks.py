"""Locks between processes of one home: who holds one is the only writer of what it names.

Locks that are held together are a session (``FileLocks`` below, ``DatabaseLocks`` for a home in an object store). Each
kind frees the locks of a process that dies, so nothing has to be cleaned up after a crash.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from dvz_assets.errors import DvzError
from dvz_assets.home.database_locks import DatabaseLocks
from dvz_assets.home.storage import is_shared
from dvz_assets.months import Month
from dvz_assets.settings import Settings


class Session(Protocol):
    """Locks of one holder, freed together."""

    def take(self, name: str, *, wait: bool) -> bool:
        """Take a lock that another may hold: wait for it, or say False."""
        ...

    def holder_of(self, name: str) -> str:
        """What the other holder of a lock is called; empty when it is not known."""
        ...

    def require_held(self) -> None:
        """Raise DvzError when the locks were lost."""
        ...

    def close(self) -> None:
        """Free all of them."""
        ...


class FileLocks:
    """Locks of the operating system on files of the home; between machines where its file system holds ``flock``."""

    def __init__(self, home: Path, who: str) -> None:
        self._folder, self._who = home / "locks", who
        self._files: list[TextIO] = []

    def take(self, name: str, *, wait: bool) -> bool:
        """The file bears the name of its holder."""
        file = self._open(name)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(self._who)
        file.flush()
        self._files.append(file)
        return True

    def holder_of(self, name: str) -> str:
        """What the holder has written."""
        with self._open(name) as file:
            file.seek(0)
            return file.read()

    def require_held(self) -> None:
        """An open file keeps its lock."""

    def close(self) -> None:
        """A closed file has none."""
        for file in self._files:
            file.close()

    def _open(self, name: str) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        return (self._folder / f"{name}.lock").open("a+")


@dataclass(slots=True)
class _Held:
    """Months that a run of this process holds."""

    session: Session
    months: set[Month] = field(default_factory=set)


# of each run of this process, by home and run
_held: dict[tuple[str, str], _Held] = {}


@contextmanager
def exclusive(settings: Settings, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of the home; waits for another holder."""
    with closing(_session(settings, "")) as session:
        session.take(name, wait=True)
        yield


def hold_months(settings: Settings, months: Sequence[Month], run: str, *, wait: bool = False) -> bool:
    """Hold the months for a run until it ends; raises DvzError, naming the other, when another run holds one.

    With ``wait`` it waits for the other instead; months are taken in order, so no two runs wait for each other.
    True when the run did not hold all of them before: this is its beginning. Raises DvzError when a month that it held
    was lost.
    """
    key = (str(settings.home), run)
    if key not in _held:
        _held[key] = _Held(_session(settings, f"run {run} (process {os.getpid()})"))
    held = _held[key]
    held.session.require_held()
    wanted = sorted(set(months) - held.months)
    for month in wanted:
        name = f"month={month}"
        if not held.session.take(name, wait=wait):
            raise DvzError(
                "MONTH_IS_RUNNING",
                place=f"month {month}",
                expected="one run of a month at a time",
                found=f"{held.session.holder_of(name) or 'another run'} is at it",
                remedy="wait until it has ended, and run the month again if it is still needed",
            )
        held.months.add(month)
    return bool(wanted)


def release_months() -> None:
    """Let go of all months that runs of this process hold."""
    while _held:
        _, held = _held.popitem()
        held.session.close()


def _session(settings: Settings, who: str) -> Session:
    if is_shared(settings.home):
        return DatabaseLocks(settings, who)
    return FileLocks(settings.home, who)
