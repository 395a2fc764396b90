"""Renders the report of a month as one HTML file that needs nothing else, and puts it in its place."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import stale_months
from dvz_assets.months import Month
from dvz_assets.report import charts
from dvz_assets.report.content import Content, content_of
from dvz_assets.report.pages import READERS, page
from dvz_assets.words.texts import heading, mark, month_in_short, say
from dvz_assets.words.texts import month as month_in_words

# the folder of the home, and the address of the web server that shows it
REPORTS = "reports"
SERIES = {
    "selection_one": mark("first selection"),
    "intersection": mark("in both selections"),
    "sent": mark("sent"),
}


def report_path(home: Path, month: Month | str, languages: Sequence[str] = READERS) -> Path:
    """Where a report stands, of a month or another one by its name: in the languages of its readers, or in another."""
    other = "" if languages == READERS else f".{'-'.join(languages)}"
    return home / REPORTS / f"{month}{other}.html"


def write_report(flow: Flow, month: Month, languages: Sequence[str] = READERS) -> Path:
    """Write the report of a published month."""
    return write_content(flow, content_of(flow, month, stale_months(flow)), languages)


def write_content(flow: Flow, content: Content, languages: Sequence[str] = READERS) -> Path:
    """Write a report; the same content is the same file, and is not written twice."""
    text = render(content, languages, flow.settings.reference)
    path = report_path(flow.settings.home, content.month, languages)
    if not path.exists() or path.read_text("utf-8") != text:
        flow.storage.write_whole(path, text.encode(), "report: written")
    return path


def preview(content: Content) -> str:
    """The report in short, as Markdown: the way of the persons through the rules, with protected counts."""
    picture = charts.funnel(funnel_bars(content))
    return charts.markdown_picture(picture, f"Persons of {content.month} by the step at which their way ends")


def render(content: Content, languages: Sequence[str] = READERS, labels: Path | None = None) -> str:
    """The page; ``labels`` is the folder of reference tables whose labels are used."""
    return page(
        "month.html.j2", lambda: _title(content), languages, labels, report=content, trend_chart=lambda: _trend(content)
    )


def _title(content: Content) -> str:
    return say("{title}, {month}", title=say("Data flow from POD MI to DVZ"), month=month_in_words(content.month))


def _trend(content: Content) -> Markup:
    """Persons over the months, in the language spoken."""
    months = tuple(month_in_short(row["month"]) for row in content.trend)
    series = tuple((heading(say(text)), tuple(row[name] for row in content.trend)) for name, text in SERIES.items())
    # drawn by our own charts from counts, so it needs no escaping
    return Markup(charts.trend(months, series, heading(say("persons"))))  # noqa: S704


def funnel_bars(content: Content) -> tuple[charts.Bar, ...]:
    """Steps at which somebody's way ends, the two ends always."""
    ends = ("SELECTION_ONE", "SENT")
    steps = [row for row in content.funnel if not row["is_part"]]
    return tuple((row["step"], row["persons"]) for row in steps if row["persons"] != 0 or row["step"] in ends)
