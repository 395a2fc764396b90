"""The yearly report for the Sectoral Committee: figures, corrections, consultations, and doubts drawn for review.

A count of the year is the sum of what is shown of it by month, and hidden where one of these is (``Protection.total``).
Doubts are drawn by a seed, so that whoever has the home draws the same again; what is shown of each names nobody: its
entry of the ledger, and the number that its answer bears.
Legal source: deliberation 18/055, 2, 9 and 22 (consultation is never systematic, and in doubt alone).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from dvz_assets.a036.answer import received_requests, response_number
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import is_absent
from dvz_assets.home.ledger import Entry, Event
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.outbound.states import delivery_states
from dvz_assets.questions.overview import MonthResult, month_results
from dvz_assets.report.page import report_path
from dvz_assets.report.pages import READERS, page
from dvz_assets.tables.protection import Protection
from dvz_assets.words.texts import say

# how many doubts are drawn: fewer than the least number of requests that is shown at all
DRAWN = 5

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many in the year, and by which codes; None where it is hidden."""

    codes: Key
    count: int | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A request with a stated doubt: its entry of the ledger, its keyed hash there, and the number of its answer.

    ``number`` is None where the request does not stand in the landing zone any more.
    """

    entry: int
    request: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Year:
    """What the report says; counts are protected, rows of files and deliveries are exact."""

    year: int
    months: Sequence[MonthResult]
    missing: Sequence[Month]
    signals: int | None
    sent: Sequence[Count]
    corrections: Sequence[Count]
    consultations: Sequence[Count]
    deliveries: Mapping[str, int]
    stated: int | None
    drawn: Sequence[Doubt]
    seed: int
    protection: Protection

    @property
    def rows(self) -> tuple[int, int]:
        """Lines of the statements of the year, and rejected rows of all files."""
        return sum(each.statement_lines for each in self.months), sum(each.rejected_rows for each in self.months)


def write_year(flow: Flow, year: int, seed: int | None = None, languages: Sequence[str] = READERS) -> Path:
    """Write the report of a year; raises DvzError where no month of it is there."""
    content = year_of(flow, year, year if seed is None else seed)
    text = page(
        "year.html.j2",
        lambda: say("Yearly report, {year}", year=year),
        languages,
        flow.settings.reference,
        report=content,
    )
    path = report_path(flow.settings.home, str(year), languages)
    flow.storage.write_whole(path, text.encode(), "report: written")
    return path


def year_of(flow: Flow, year: int, seed: int) -> Year:
    """Gather the report of a year; raises DvzError where no month of it is there."""
    of_year = Month.range(Month(year, 1), Month(year, 12))
    flow = flow.snapshot()
    months = [month for month in of_year if flow.lake.has("delivery", month)]
    if not months:
        raise DvzError(
            "NOT_PUBLISHED",
            place=f"year {year}",
            expected="a month that was computed and is kept",
            found="none",
            remedy=f"dvz run --from {of_year[0]} --to {of_year[-1]}, or another year",
        )
    protection, requests = flow.protection, list(_requests(flow, year))
    doubts = _with_doubt(flow, requests)
    parts = [count for month in _by_month(doubts) for count in month.values()]
    return Year(
        year=year,
        months=month_results(flow, months, protection),
        missing=[month for month in of_year if month not in months and months[0] <= month <= Month.current()],
        signals=protection.total(flow.lake.rows("dvz_export", month) for month in months),
        sent=_counts(protection, [_sent(flow, month) for month in months]),
        corrections=_counts(protection, [_corrections(flow, month) for month in months]),
        consultations=_counts(protection, _by_month(requests)),
        deliveries=_deliveries(flow, months),
        stated=protection.total(parts),
        # that there are so many at least is known by then
        drawn=list(_drawn(flow, doubts, seed)) if any(map(protection.count, parts)) else (),
        seed=seed,
        protection=protection,
    )


def _counts(protection: Protection, months: Sequence[Mapping[Key, int]]) -> list[Count]:
    """Counts by codes over the months, each as it may be shown."""
    keys = sorted({key for month in months for key in month})
    return [Count(key, protection.total(month.get(key, 0) for month in months)) for key in keys]


def _sent(flow: Flow, month: Month) -> dict[Key, int]:
    """Persons sent in a month by category and ground; a person with several grounds counts under each."""
    grounds = flow.lake.scan("decisions", month).filter(outcome="SENT").explode("grounds").drop_nulls("grounds")
    return _counted(grounds, "category", "grounds")


def _corrections(flow: Flow, month: Month) -> dict[Key, int]:
    if is_absent(flow.lake, "corrections", month):
        return {}
    return _counted(flow.lake.scan("corrections", month), "kind", "reason")


def _counted(rows: pl.LazyFrame, *columns: str) -> dict[Key, int]:
    return {tuple(row[:-1]): row[-1] for row in rows.group_by(columns).len().collect().iter_rows()}


def _deliveries(flow: Flow, months: Sequence[Month]) -> dict[str, int]:
    """Deliveries of the months by the state in which they are."""
    states = delivery_states(flow.ledger)
    return dict(Counter(each.state.value for month in months for each in states.get(month, ())))


def _requests(flow: Flow, year: int) -> Iterator[Entry]:
    """Requests that were asked in a year, in Brussels; one that was asked again counts once."""
    found: set[str] = set()
    for entry in flow.ledger.entries():
        if entry.event == Event.CONSULTED and _asked(entry).year == year and entry.inputs["request"] not in found:
            found.add(entry.inputs["request"])
            yield entry


def _asked(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at).astimezone(BRUSSELS)


def _by_month(requests: Sequence[Entry]) -> list[dict[Key, int]]:
    months: dict[int, Counter[Key]] = {}
    for each in requests:
        key = (str(each.details["purpose"]), str(each.details["status"]))
        months.setdefault(_asked(each).month, Counter())[key] += 1
    return [dict(counts) for counts in months.values()]


def _with_doubt(flow: Flow, requests: Sequence[Entry]) -> list[Entry]:
    """Requests for a purpose that needs a doubt, and that were not refused."""
    purposes = {*flow.reference.tables["a036_purposes"].filter("needs_doubt")["purpose"]}
    return [each for each in requests if each.details["purpose"] in purposes and each.details["status"] != "REFUSED"]


def _drawn(flow: Flow, doubts: Sequence[Entry], seed: int) -> Iterator[Doubt]:
    """The doubts that are to be reviewed."""
    numbers = {
        flow.ledger.content_hash(hashlib.sha256(content).hexdigest()): response_number(flow, content)
        for content in received_requests(flow)
        if content is not None
    }

    def lot(entry: Entry) -> str:
        return hashlib.sha256(f"{seed} {entry.inputs['request']}".encode()).hexdigest()

    for each in sorted(doubts, key=lot)[:DRAWN]:
        request = each.inputs["request"]
        yield Doubt(each.sequence, request, numbers.get(request))
