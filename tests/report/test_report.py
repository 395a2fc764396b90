"""The report tells what the tables hold, each language in its own words, needs no network and is the same file twice.

It tells of no person, and an auditor finds in it what the home says: hashes, signature, versions, run and ledger.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from dvz_assets import __version__
from dvz_assets.cli.main import app
from dvz_assets.flow.assets import CLEANED_FROM
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import SIGNAL, written_deliveries
from dvz_assets.home.keys import shown_hash
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.report.content import content_of
from dvz_assets.report.page import report_path, write_report
from dvz_assets.report.pages import READERS
from dvz_assets.words.labels import load_labels
from dvz_assets.words.texts import number, say, speaking
from tests.integration.running import redeliver

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"
# words that no sentence of the two languages has
ENGLISH = {"the", "and", "with", "which", "month", "hidden", "sent", "rows", "none"}


class Page(HTMLParser):
    """What a test looks at, of one language: the texts of cells and headings, and every address."""

    def __init__(self, text: str, language: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.rows: dict[str, list[str]] = {}
        self.addresses: list[str] = []
        self.said = ""
        self.tables = self.captions = 0
        self._language, self._shown, self._cells = language, True, [""]
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "article":
            self._shown = given["lang"] == self._language
        self.addresses += [given[name] or "" for name in ("href", "src", "action", "data") if name in given]
        if not self._shown:
            return
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "tr":
            self._cells = []
        if tag in ("th", "td"):
            self._cells.append("")
        if tag not in ("meta", "input", "br", "link"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._shown and self._in:
            self._in.pop()
        if self._shown and tag == "tr" and self._cells:
            self.rows.setdefault(self._cells[0], self._cells[1:])

    def handle_data(self, data: str) -> None:
        if not self._shown or "style" in self._in or "svg" in self._in:
            return
        self.said += f" {data.strip()}"
        # small print says more about what stands in a cell
        if {"th", "td"} & {*self._in[-1:]} and self._cells:
            self._cells[-1] += data.strip()


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def command_of(flow: Flow, month: str = LAST) -> list[str]:
    return [
        *("report", "--month", month),
        *("--landing", str(flow.settings.landing), "--home", str(flow.settings.home)),
    ]


def page(flow: Flow, month: str = LAST) -> str:
    return report_path(flow.settings.home, Month.parse(month)).read_text("utf-8")


def test_every_month_of_a_run_has_its_report(ran: Flow) -> None:
    for month in (FIRST, SECOND, LAST):
        assert page(ran, month).count(f'<time datetime="{month}">') == len(READERS)
    with open_instance(ran.settings.home) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("monthly_report")) == {FIRST, SECOND, LAST}


@pytest.mark.parametrize("language", READERS)
def test_it_says_what_the_tables_hold_in_words(ran: Flow, language: str) -> None:
    found, labels = Page(page(ran), language), load_labels()
    with duckdb.connect(str(ran.settings.home / "published" / "analytics.duckdb"), read_only=True) as connection:
        funnel = connection.execute(f"SELECT step, persons FROM funnel WHERE month = '{LAST}-01'").fetchall()
        rejects = connection.execute(f"SELECT reason, rows FROM rejects WHERE month = '{LAST}-01'").fetchall()
    with speaking(language):
        shown = {labels.label("outcome", step, language): [number(persons)] for step, persons in funnel}
        shown |= {labels.label("reject_reason", reason, language): [number(rows)] for reason, rows in rejects}
    assert {name: found.rows[name] for name in shown} == shown
    assert any(persons is None for _, persons in funnel)
    with speaking(language):
        assert say(SIGNAL) in found.said


@pytest.mark.parametrize("language", READERS)
def test_nothing_is_said_in_codes_or_in_another_language(ran: Flow, language: str) -> None:
    """Codes are what an owner has to verify, names of files and of columns; nothing else is English."""
    found = Page(page(ran), language)
    words = {*re.findall(r"[A-Za-z_]+", found.said)}
    codes = {each.code for each in load_labels().all if len(each.code) > 3}
    assert words & codes == set()
    assert words & ENGLISH == set()


def test_an_auditor_finds_what_the_home_says(ran: Flow) -> None:
    text, month = page(ran), Month.parse(LAST)
    voucher = written_deliveries(ran.storage, month)[-1]
    entry = next(each for each in ran.ledger.entries() if each.event == Event.MATERIALISED and each.month == LAST)
    known = [
        *(shown_hash(ran.settings, file.sha256) for file in voucher.files),
        *(shown_hash(ran.settings, ran.lake.manifest(asset, month).inputs["file"]) for asset in CLEANED_FROM),
        str(entry.details["run"]),
        ran.lake.manifest("decisions", month).archived_tables,
        f"dvz-assets {__version__}",
        ran.ledger.head().origin,
    ]
    assert [each for each in known if text.count(each) != len(READERS)] == []
    assert not any(file.sha256 in text for file in voucher.files)
    assert "Ed25519, gezet met de huidige sleutel van de dienst" in text
    ran.ledger.append(Event.SHOWN)
    write_report(ran, month)
    assert ran.ledger.head().root.hex() in page(ran)


def test_it_says_how_much_is_hidden_and_by_which_numbers(flow_with: Callable[..., Flow], ran: Flow) -> None:
    content = content_of(ran, Month.parse(LAST), [])
    for language in READERS:
        said = Page(page(ran), language).said
        assert {"8", "5", "10", str(content.hidden)} <= {*re.findall(r"\d+", said)}
    assert content.hidden > 0


def test_no_person_stands_in_it(ran: Flow) -> None:
    snapshot = pl.read_parquet(ran.lake.partition("register_snapshot", Month.parse(LAST)), hive_partitioning=False)
    text = page(ran)
    assert sum(insz in text for insz in snapshot["insz"]) == 0
    words = set(re.findall(r"\w+", text))
    assert not words & {name for name in snapshot["naam"] if name}


@pytest.mark.parametrize("language", READERS)
def test_it_needs_nothing_else_and_has_its_landmarks(ran: Flow, language: str) -> None:
    text = page(ran)
    found = Page(text, language)
    assert all(address.startswith("#") for address in found.addresses), found.addresses
    assert "url(" not in text
    assert "<script" not in text
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert found.tables == found.captions > 4
    assert f'<article lang="{language}"' in text


def test_one_language_has_no_switch(ran: Flow) -> None:
    answer = CliRunner().invoke(app, [*command_of(ran), "--language", "de"])
    path = Path(answer.stdout.removeprefix("Written: ").strip())
    assert path.name == f"{LAST}.de.html"
    assert "<fieldset" in page(ran)
    assert "<fieldset" not in path.read_text("utf-8")
    assert "Vom FÖPD" in path.read_text("utf-8") or "FÖPD Sozialeingliederung" in path.read_text("utf-8")


def test_the_same_content_is_the_same_file(ran: Flow) -> None:
    path = report_path(ran.settings.home, Month.parse(LAST))
    write_report(ran, Month.parse(LAST))
    before, written = path.read_bytes(), path.stat().st_mtime_ns
    write_report(ran, Month.parse(LAST))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, written)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stale_month_is_an_open_point(ran: Flow) -> None:
    redeliver(ran.settings.landing / "register" / LAST, "persons.csv", lambda lines: lines)
    answer = CliRunner().invoke(app, command_of(ran))
    assert answer.exit_code == 0
    assert Path(answer.stdout.removeprefix("Written: ").strip()).exists()
    assert "<code>register_snapshot</code>, er is een nieuw bestand ontvangen." in page(ran)
    assert "<code>register_snapshot</code>, un nouveau fichier a été reçu." in page(ran)


def test_a_month_that_is_not_published_has_no_report(ran: Flow) -> None:
    answer = CliRunner().invoke(app, command_of(ran, "2018-07"))
    assert answer.exit_code == 1
    assert "NOT_PUBLISHED" in answer.stderr
