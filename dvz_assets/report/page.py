"""Renders the report of a month as one HTML file that needs nothing else, and puts it in its place."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import StaleMonth, stale_months
from dvz_assets.months import Month
from dvz_assets.report import charts
from dvz_assets.report.content import Content, content_of

TEMPLATE = "page.html.j2"
SERIES = {"selection_one": "selection one", "intersection": "in both selections", "sent": "sent"}
# the folder of the home, and the address of the web server that shows it
REPORTS = "reports"


def report_path(home: Path, month: Month) -> Path:
    """Where the report of a month stands."""
    return home / REPORTS / f"{month}.html"


def write_report(flow: Flow, month: Month, stale: list[StaleMonth] | None = None) -> Path:
    """Write the report of a published month; the same content is the same file, and is not written twice."""
    content = content_of(flow, month, stale_months(flow) if stale is None else stale)
    text, path = render(content), report_path(flow.settings.home, month)
    if not path.exists() or path.read_text("utf-8") != text:
        flow.storage.write_whole(path, text.encode(), "report: written")
    return path


def preview(flow: Flow, month: Month) -> str:
    """The report in short, as Markdown: the way of the persons through the rules, with protected counts."""
    bars = funnel_bars(content_of(flow, month, []))
    return charts.markdown_picture(charts.funnel(bars), f"Persons of {month} by the step at which their way ends")


def render(content: Content) -> str:
    """The page."""
    months = tuple(f"{row['month']:%Y-%m}" for row in content.trend)
    series = tuple((words, tuple(row[name] for row in content.trend)) for name, words in SERIES.items())
    return _template().render(
        report=content,
        colours={"blue": charts.BLUE, "orange": charts.ORANGE, "grey": charts.GREY},
        # drawn by our own charts from counts, so it needs no escaping
        funnel_svg=Markup(charts.funnel(funnel_bars(content), width=620)),  # noqa: S704
        trend_svg=Markup(charts.trend(months, series)),  # noqa: S704
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def funnel_bars(content: Content) -> tuple[charts.Bar, ...]:
    """Steps that somebody reaches, the two ends always."""
    ends = ("SELECTION_ONE", "SENT")
    return tuple((row["step"], row["persons"]) for row in content.funnel if row["persons"] != 0 or row["step"] in ends)
