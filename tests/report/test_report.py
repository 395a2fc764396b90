"""The report tells what the tables hold, tells of no person, needs no network, and is the same file twice."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import SIGNAL
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.report.page import report_path, write_report
from tests.integration.running import redeliver

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


class Page(HTMLParser):
    """What a test looks at: texts of cells and headings, and every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.cells: list[str] = []
        self.addresses: list[str] = []
        self.tables = self.captions = 0
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]
        self._in_cell = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells.append(data.strip())


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def page(flow: Flow, month: str = LAST) -> str:
    return report_path(flow.settings.home, Month.parse(month)).read_text("utf-8")


def test_every_month_of_a_run_has_its_report(ran: Flow) -> None:
    for month in (FIRST, SECOND, LAST):
        assert f"DVZ: {month}</h1>" in page(ran, month)
    with open_instance(ran.settings.home) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("monthly_report")) == {FIRST, SECOND, LAST}


def test_it_says_what_the_tables_hold(ran: Flow) -> None:
    found = Page(page(ran))
    with duckdb.connect(str(ran.settings.home / "published" / "analytics.duckdb"), read_only=True) as connection:
        funnel = connection.execute(f"SELECT step, persons FROM funnel WHERE month = '{LAST}-01'").fetchall()
        shown = connection.execute(
            f"SELECT category, ground, persons FROM monthly_summary WHERE month = '{LAST}-01'"
        ).fetchall()
    for step, persons in funnel:
        assert found.cells[found.cells.index(step) + 1 :][0] == ("hidden" if persons is None else str(persons))
    hidden = [persons is None for _, persons in funnel] + [persons is None for _, _, persons in shown]
    assert found.cells.count("hidden") >= sum(hidden) > 0
    assert SIGNAL in page(ran)


def test_no_person_stands_in_it(ran: Flow) -> None:
    snapshot = pl.read_parquet(ran.lake.partition("register_snapshot", Month.parse(LAST)), hive_partitioning=False)
    text = page(ran)
    assert sum(insz in text for insz in snapshot["insz"]) == 0
    words = set(re.findall(r"\w+", text))
    assert not words & {name for name in snapshot["naam"] if name}


def test_it_needs_nothing_else_and_has_its_landmarks(ran: Flow) -> None:
    text = page(ran)
    found = Page(text)
    assert all(address.startswith("#") for address in found.addresses), found.addresses
    assert "url(" not in text
    assert "<script" not in text
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert found.tables == found.captions > 4
    assert 'lang="en"' in text
    assert text.count('role="img" aria-label=') == 2


def test_the_same_content_is_the_same_file(ran: Flow) -> None:
    path = report_path(ran.settings.home, Month.parse(LAST))
    before, written = path.read_bytes(), path.stat().st_mtime_ns
    write_report(ran, Month.parse(LAST))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, written)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stale_month_is_an_open_point(ran: Flow) -> None:
    redeliver(ran.settings.landing / "register" / LAST, "persons.csv", lambda lines: lines)
    home = ["--landing", str(ran.settings.landing), "--home", str(ran.settings.home)]
    answer = CliRunner().invoke(app, ["report", "--month", LAST, *home])
    assert answer.exit_code == 0
    assert Path(answer.stdout.removeprefix("Written: ").strip()).exists()
    assert f"{LAST} is stale (register_snapshot: a new delivery is there)" in page(ran)


def test_a_month_that_is_not_published_has_no_report(ran: Flow) -> None:
    home = ["--landing", str(ran.settings.landing), "--home", str(ran.settings.home)]
    answer = CliRunner().invoke(app, ["report", "--month", "2018-07", *home])
    assert answer.exit_code == 1
    assert "NOT_PUBLISHED" in answer.stderr
