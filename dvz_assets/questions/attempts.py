"""What became of the last run of each month, as the ledger and the locks of the home say. It changes nothing.

The ledger has the beginning of a run, the months that it materialised and how it failed; a run of which it has no end
and whose lock nobody holds has died. Dagster's own record is not asked: it does not know that a process was killed.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dvz_assets.flow.context import Flow
from dvz_assets.home.ledger import Entry, Event
from dvz_assets.home.locks import lock_of_month
from dvz_assets.home.storage import LockSession
from dvz_assets.months import Month

# causes outside the deliveries, which pass or are mended while the delivery stays what it is
PASSING = frozenset(
    {
        "MACHINE_TROUBLE",
        "STORAGE_UNREACHABLE",
        "LOCK_DATABASE_UNREACHABLE",
        "LOCK_LOST",
        "MONTH_IS_RUNNING",
        "INTERRUPTED",
        "ENGINE_UNREACHABLE",
        "ENGINE_NOT_STARTED",
    }
)
DIED = "RUN_DIED"


class Outcome(StrEnum):
    """How a run of a month ended, or that it has not."""

    MATERIALISED = "materialised"
    FAILED = "failed"
    DIED = "died"
    RUNNING = "running"
    NOT_REACHED = "not reached"  # another month of the same run failed before


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last run of a month: ``code`` says why it failed, ``place`` at which asset; ``at`` is UTC, ISO 8601."""

    month: Month
    run: str
    outcome: Outcome
    at: str
    code: str = ""
    place: str = ""

    @property
    def went_wrong(self) -> bool:
        """Whether the month is not what the run was to make of it."""
        return self.outcome in (Outcome.FAILED, Outcome.DIED, Outcome.NOT_REACHED)

    @property
    def may_pass(self) -> bool:
        """Whether the same run may end well without another delivery."""
        return self.outcome in (Outcome.DIED, Outcome.NOT_REACHED) or self.code in PASSING

    @property
    def in_words(self) -> str:
        """Such as ``failed CHECK_FAILED``; empty when there is nothing to say."""
        if self.outcome is Outcome.MATERIALISED:
            return ""
        return f"{self.outcome} {self.code}".strip()

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "run": self.run,
            "outcome": self.outcome.value,
            "code": self.code or None,
            "asset": self.place or None,
            "at": self.at,
        }


@dataclass(slots=True)
class _Run:
    """One run while the entries are read."""

    months: list[Month]
    at: str
    materialised: set[Month]
    failure: Entry | None = None


def attempts(flow: Flow) -> dict[Month, Attempt]:
    """The last run of every month of which the ledger has one."""
    runs = _runs(flow.ledger.entries())
    last: dict[Month, str] = {}
    for run, found in runs.items():
        last.update(dict.fromkeys(found.months, run))
    with closing(flow.storage.lock_session("")) as locks:
        return {month: _attempt(month, run, runs[run], locks) for month, run in sorted(last.items())}


def is_alive(flow: Flow, run: str, months: Iterable[Month]) -> bool:
    """Whether the process of a run still holds one of its months."""
    with closing(flow.storage.lock_session("")) as locks:
        return any(_holds(locks, run, month) for month in months)


def months_of_runs(flow: Flow) -> Mapping[str, list[Month]]:
    """The months of every run that has begun."""
    return {run: found.months for run, found in _runs(flow.ledger.entries()).items()}


def _runs(entries: Iterable[Entry]) -> dict[str, _Run]:
    """Oldest first."""
    runs: dict[str, _Run] = {}
    for entry in entries:
        run = str(entry.details.get("run", ""))
        if entry.event == Event.RUN_STARTED and entry.month is not None:
            first, last = Month.parse(entry.month), Month.parse(str(entry.details["last_month"]))
            begun = runs.pop(run, None)
            months = sorted({*(begun.months if begun else ()), *Month.range(first, last)})
            runs[run] = _Run(months, entry.at, begun.materialised if begun else set())
        elif run in runs and entry.event == Event.MATERIALISED and entry.month is not None:
            runs[run].materialised.add(Month.parse(entry.month))
            runs[run].at = entry.at
        elif run in runs and entry.event == Event.RUN_FAILED:
            runs[run].failure = entry
            runs[run].at = entry.at
    return runs


def _attempt(month: Month, run: str, found: _Run, locks: LockSession) -> Attempt:
    failure = found.failure
    if failure is not None and failure.month in (None, str(month)):
        code, place = str(failure.details["code"]), str(failure.details["asset"])
        return Attempt(month, run, Outcome.FAILED, found.at, code, place)
    if month in found.materialised:
        return Attempt(month, run, Outcome.MATERIALISED, found.at)
    if failure is not None:
        return Attempt(month, run, Outcome.NOT_REACHED, found.at)
    if _holds(locks, run, month):
        return Attempt(month, run, Outcome.RUNNING, found.at)
    return Attempt(month, run, Outcome.DIED, found.at, DIED)


def _holds(locks: LockSession, run: str, month: Month) -> bool:
    name = lock_of_month(month)
    return locks.is_held(name) and run in locks.holder_of(name)
