"""The overview page: all published months in small pictures, each with its table, by region, category and the rest.

Everything comes from the analysts' file, whose counts are protected. What the page says is in ``overview.html.j2``; it
is drawn once and shown in each language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.months import Month
from dvz_assets.report import charts
from dvz_assets.report.page import report_path
from dvz_assets.report.pages import READERS, page
from dvz_assets.words.measures import measured
from dvz_assets.words.texts import mark, say, word

# by what readers choose: codes of these stand with their pictures
CATEGORY, REGION = "CATEGORY", "REGION"
NAME = "overview"
MEASURE = {"CAPACITY": "PERSONS_BY_MOTIVE"}
# of a dimension whose alphabet is not its sequence
SPELLS = ("1_MONTH", "2_TO_5_MONTHS", "6_TO_11_MONTHS", "12_MONTHS_OR_MORE")
# dimensions of aided_persons, in the sequence of the page
DIMENSIONS = {
    REGION: mark("Persons with aid, by region of the OCMW"),
    "OCMW_SIZE": mark("Persons with aid, by size of the OCMW"),
    "NATIONALITY_GROUP": mark("Persons with aid, by nationality"),
    "CAPACITY": mark("Persons with aid, by category and capacity of the residence motive"),
    "SPELL": mark("Persons with aid, by the time for which they have had it"),
    "AID_KIND": mark("Persons with aid, by kind of aid"),
}
WAY = mark("From the first selection to those sent")
SENT = mark("Persons sent, by category and ground")
Value = int | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture and its table: a count by month, None where it is hidden; months that lack it are left out.

    ``name`` says what it is in the language spoken; ``chosen_by`` are the codes by which readers choose.
    """

    name: Callable[[], str]
    counts: Mapping[Month, Value]
    picture: Markup
    chosen_by: Mapping[str, str]

    @property
    def last(self) -> tuple[Month, Value]:
        """The newest count."""
        month = max(self.counts)
        return month, self.counts[month]


@dataclass(frozen=True, slots=True)
class Section:
    """Panels of one question."""

    key: str
    title: str
    panels: Sequence[Panel]


def write_overview(flow: Flow, languages: Sequence[str] = READERS) -> Path:
    """Write the page of all published months; the same content is the same file, and is not written twice.

    Raises DvzError when no month is published.
    """
    text, path = render(flow, languages), report_path(flow.settings.home, NAME, languages)
    if not path.exists() or path.read_text("utf-8") != text:
        flow.storage.write_whole(path, text.encode(), "overview: written")
    return path


def render(flow: Flow, languages: Sequence[str] = READERS) -> str:
    """The page."""
    sections = _sections(flow)
    months = sorted({month for section in sections for panel in section.panels for month in panel.counts})
    chosen_by = [panel.chosen_by for section in sections for panel in section.panels]
    choices = {group: sorted({each[group] for each in chosen_by if group in each}) for group in (REGION, CATEGORY)}
    return page(
        "overview.html.j2",
        lambda: say("{title}: all months", title=say("Data flow from POD MI to DVZ")),
        languages,
        flow.settings.reference,
        sections=sections,
        months=months,
        choices=choices,
        name_of={REGION: partial(_value, REGION), CATEGORY: _category},
        protection=flow.protection,
    )


def _sections(flow: Flow) -> list[Section]:
    path = PUBLISHED_DATABASES["analytics_database"].path(flow.settings.home)
    with duckdb.connect(str(flow.storage.readable(path)), read_only=True) if path.exists() else _nothing() as file:
        months = [row[0] for row in file.execute("SELECT month FROM month_overview ORDER BY month").fetchall()]
        if not months:
            _nothing()
        steps = _series(file, "SELECT step_order, step, month, persons FROM funnel ORDER BY step_order, month", months)
        # months of an earlier version have none of these counts
        counted = [row[0] for row in file.execute("SELECT DISTINCT month FROM aided_persons ORDER BY month").fetchall()]
        aided = _series(file, "SELECT dimension, value, month, persons FROM aided_persons ORDER BY ALL", counted)
        sent = _series(file, "SELECT category, ground, month, persons FROM monthly_summary ORDER BY ALL", months)
    return [
        Section(
            "way", WAY, [_panel(partial(_step, step), counts) for (_, step), counts in steps.items() if _seen(counts)]
        ),
        *(
            Section(
                dimension.lower(),
                title,
                [_aided(dimension, value, aided[dimension, value]) for value in _values(aided, dimension)],
            )
            for dimension, title in DIMENSIONS.items()
        ),
        Section(
            "sent",
            SENT,
            [
                _panel(partial(_group, category, ground), counts, {CATEGORY: category})
                for (category, ground), counts in sent.items()
            ],
        ),
    ]


def _nothing() -> Any:
    raise DvzError(
        "NOT_PUBLISHED",
        expected="months in published/analytics.duckdb",
        found="none",
        remedy="dvz run --month YYYY-MM",
    )


def _series(
    file: duckdb.DuckDBPyConnection, query: str, months: Sequence[date]
) -> dict[tuple[Any, str], dict[Month, Value]]:
    """Counts by month of each pair of codes; a month of these that has no row has nobody."""
    found: dict[tuple[Any, str], dict[Month, Value]] = {}
    for first, second, month, persons in file.execute(query).fetchall():
        counts = found.setdefault((first, second), dict.fromkeys(map(_month, months), 0))
        counts[_month(month)] = persons
    return found


def _month(first_day: date) -> Month:
    return Month(first_day.year, first_day.month)


def _values(aided: Mapping[tuple[str, str], Any], dimension: str) -> list[str]:
    """The codes of a dimension in their sequence."""
    values = [value for of, value in aided if of == dimension]
    return sorted(values, key=SPELLS.index) if dimension == "SPELL" else values


def _seen(counts: Mapping[Month, Value]) -> bool:
    return any(count != 0 for count in counts.values())


def _panel(name: Callable[[], str], counts: Mapping[Month, Value], chosen_by: Mapping[str, str] | None = None) -> Panel:
    # drawn by our own charts from counts, so it needs no escaping
    picture = Markup(charts.panel(tuple((str(month), count) for month, count in counts.items())))  # noqa: S704
    return Panel(name, counts, picture, chosen_by or {})


def _aided(dimension: str, value: str, counts: Mapping[Month, Value]) -> Panel:
    chosen_by = {REGION: {REGION: value}, "CAPACITY": {CATEGORY: value.partition(" ")[0]}}
    return _panel(partial(_value, dimension, value), counts, chosen_by.get(dimension))


def _value(dimension: str, value: str) -> str:
    return measured(MEASURE.get(dimension, f"PERSONS_BY_{dimension}"), value)


def _category(code: str) -> str:
    return measured("PERSONS_BY_MOTIVE", code)


def _step(step: str) -> str:
    return word("outcome", step)


def _group(category: str, ground: str) -> str:
    return say("{category}: {ground}", category=word("category", category), ground=word("ground", ground))
