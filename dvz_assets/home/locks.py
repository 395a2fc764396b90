"""Locks between processes of one home: who holds one is the only writer of what it names.

The storage of the home has them. Locks that are held together are a session; those of a process that dies are freed, so
nothing has to be cleaned up after a crash.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from dvz_assets.errors import DvzError
from dvz_assets.home.storage import LockSession, storage_of
from dvz_assets.months import Month
from dvz_assets.settings import Settings


@dataclass(slots=True)
class _Held:
    """Months that a run of this process holds."""

    session: LockSession
    months: set[Month] = field(default_factory=set)


# of each run of this process, by home and run
_held: dict[tuple[str, str], _Held] = {}


@contextmanager
def exclusive(settings: Settings, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of the home; waits for another holder."""
    with closing(storage_of(settings).lock_session("")) as session:
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
        _held[key] = _Held(storage_of(settings).lock_session(f"run {run} (process {os.getpid()})"))
    held = _held[key]
    held.session.require_held()
    wanted = sorted(set(months) - held.months)
    for month in wanted:
        name = lock_of_month(month)
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


def lock_of_month(month: Month) -> str:
    """The name of the lock that a run of a month holds."""
    return f"month={month}"


def release_months() -> None:
    """Let go of all months that runs of this process hold."""
    while _held:
        _, held = _held.popitem()
        held.session.close()
