"""What the people in charge have to know of a home: what went wrong, is late, or waits for somebody.

Months, assets, codes and remedies; never a person, and no count. Nothing here changes anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from dvz_assets.errors import DvzError
from dvz_assets.flow.checks import stored_failures
from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import stale_months
from dvz_assets.landing.zone import is_delivered
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.questions.attempts import Outcome, attempts
from dvz_assets.questions.awaited import Awaited, Waiting, deadline, due_month, is_late, of_deliveries
from dvz_assets.settings import NewsKind, Settings, Severity

OF_WAITING: Mapping[Waiting, tuple[NewsKind, Severity]] = {
    Waiting.RELEASE: (NewsKind.RELEASE_AWAITED, Severity.WARNING),
    Waiting.ANSWER: (NewsKind.ANSWER_AWAITED, Severity.INFO),
    Waiting.NEXT_RUN: (NewsKind.DELIVERY_REFUSED, Severity.ERROR),
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing to know. ``key`` is the same while it lasts; what ``is_said_once`` neither comes again nor is over."""

    key: str
    kind: NewsKind
    severity: Severity
    line: str
    is_said_once: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """What a run says of its failure."""

    place: str
    remedy: str


def news_of(flow: Flow, now: datetime, causes: Mapping[str, Cause]) -> tuple[list[News], frozenset[NewsKind]]:
    """All that lasts now, and the kinds of which nothing is known, because what tells of them cannot be read.

    ``causes`` are those of failed runs, by run.
    """
    deliveries = frozenset(kind for kind, _ in OF_WAITING.values()) | {NewsKind.ANSWER_OVERDUE}
    parts: tuple[tuple[frozenset[NewsKind], Callable[[], Iterable[News]]], ...] = (
        (frozenset({NewsKind.LEDGER_BROKEN}), lambda: _broken_ledger(flow)),
        (frozenset({NewsKind.RUN_FAILED}), lambda: _runs(flow, causes)),
        (frozenset({NewsKind.MONTH_LATE}), lambda: _late(flow, now)),
        (deliveries, lambda: [news for each in of_deliveries(flow) for news in _waiting(each)]),
        (frozenset({NewsKind.MONTH_STALE}), lambda: _stale(flow)),
        (frozenset({NewsKind.CHECK_WARNED}), lambda: _checks(flow)),
    )
    found: list[News] = []
    unknown: set[NewsKind] = set()
    for kinds, part in parts:
        try:
            found += part()
        except DvzError as error:
            unknown |= kinds
            line = f"The state cannot be read: {error.code} at {error.place or 'the home'}. To do: {error.remedy}"
            found.append(News(f"unreadable:{error.code}", NewsKind.SENSOR_FAILED, Severity.ERROR, line))
    return list({each.key: each for each in found}.values()), frozenset(unknown)


def _stale(flow: Flow) -> Iterator[News]:
    for stale in stale_months(flow):
        line = f"{stale.month} is stale: {stale.asset}: {stale.reason}. To do: dvz run --stale"
        yield News(f"stale:{stale.month}", NewsKind.MONTH_STALE, Severity.WARNING, line)


def _checks(flow: Flow) -> Iterator[News]:
    for month in flow.lake.months("delivery"):
        for name in stored_failures(flow, month):
            line = f"{month}: the check {name} has failed or warned. To do: look at the checks of the month"
            key = f"check:{month}:{name}"
            yield News(key, NewsKind.CHECK_WARNED, Severity.WARNING, line, is_said_once=True)


def _runs(flow: Flow, causes: Mapping[str, Cause]) -> Iterator[News]:
    for month, last in attempts(flow).items():
        if last.outcome in (Outcome.FAILED, Outcome.DIED):
            where = last.place or "its process has died"
            cause = causes.get(last.run, Cause(where, f"dvz run --month {month}; docs/operations.md explains the code"))
            line = f"The run of {month} has failed: {last.code} at {cause.place}. To do: {cause.remedy}"
            yield News(f"run:{month}:{last.code}", NewsKind.RUN_FAILED, Severity.ERROR, line)


def _late(flow: Flow, now: datetime) -> Iterator[News]:
    due = due_month(flow.settings, now)
    if is_late(flow, now):
        by = deadline(flow.settings, due).astimezone(BRUSSELS)
        what = "is delivered and not materialised" if _is_delivered(flow, due) else "is not delivered"
        line = f"{due} {what}; it was due by {by:%Y-%m-%d %H:%M}. To do: dvz status"
        yield News(f"late:{due}", NewsKind.MONTH_LATE, Severity.WARNING, line)


def _is_delivered(flow: Flow, month: Month) -> bool:
    return is_delivered(flow.settings.landing, month)


def _waiting(each: Awaited) -> Iterator[News]:
    if each.waiting not in OF_WAITING:
        return
    kind, severity = OF_WAITING[each.waiting]
    if each.late:
        kind, severity = NewsKind.ANSWER_OVERDUE, Severity.WARNING
    todo = "ask the receiver" if each.late else "dvz delivery show"
    line = f"{each.in_words[0].upper()}{each.in_words[1:]}. To do: {todo} (month {each.month})"
    yield News(f"{kind}:{each.delivery}", kind, severity, line)


def _broken_ledger(flow: Flow) -> Iterator[News]:
    try:
        problems = _problems(flow.settings, _ledger_version(flow))
    except DvzError as error:
        problems = 1 if error.code == "LEDGER_BROKEN" else 0
    if problems:
        line = "The ledger is not what was written. To do: dvz ledger verify, find out who, put it back from the backup"
        yield News("ledger", NewsKind.LEDGER_BROKEN, Severity.ERROR, line)


def _ledger_version(flow: Flow) -> tuple[str, ...]:
    files = flow.storage.versions_below(flow.settings.home / "ledger", "*.json*")
    return tuple(f"{path.name} {version.tag} {version.size}" for path, version in sorted(files.items()))


@cache
def _problems(settings: Settings, version: tuple[str, ...]) -> int:
    """How much is wrong with the ledger; looked at once for each of its versions."""
    return len(Flow(settings).ledger.verify()) if version else 0
