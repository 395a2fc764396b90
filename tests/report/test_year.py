"""The yearly report: counts that no month gives back, and doubts that are drawn again by whoever draws them again."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dvz_assets.a036.answer import answer
from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home import ledger
from dvz_assets.report.pages import READERS
from dvz_assets.report.year import DRAWN, year_of
from dvz_assets.words.labels import load_labels
from dvz_assets.words.texts import number, speaking
from tests.cases.landing_writer import synthetic_insz
from tests.conftest import LAST_MONTH
from tests.report.test_report import Page

YEAR = 2018
DOUBT = "a doubt that names nobody and stays where it was stated"


def request(count: int) -> bytes:
    return json.dumps(
        {
            "request_id": f"question {count}",
            "requester": "desk",
            "purpose": "EU_CITIZEN_VERIFICATION",
            "role": "resident",
            "insz": synthetic_insz(9000 + count),
            "period_start": "2018-01-01",
            "period_end": "2018-06-30",
            "doubt": DOUBT,
            "requested_at": "2018-06-12T10:00:00+02:00",
        }
    ).encode()


@pytest.fixture
def made(ran_until: Callable[[str], Flow], monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Three months of the year; what is asked now is asked in their year."""
    monkeypatch.setattr(ledger, "now", lambda: datetime(YEAR, 6, 15, tzinfo=UTC))
    return ran_until(LAST_MONTH)


def ask(flow: Flow, first: int, last: int) -> None:
    answer(flow, request(first))  # asked again below, it is one request all the same
    for count in range(first, last):
        answer(flow, request(count))


def report(flow: Flow, *arguments: str) -> str:
    where = ("--home", str(flow.settings.home), "--landing", str(flow.settings.landing))
    written = CliRunner().invoke(app, ["report", "--year", str(YEAR), *arguments, *where])
    assert written.exit_code == 0, written.stderr
    return Path(written.stdout.removeprefix("Written: ").strip()).read_text("utf-8")


def test_counts_of_the_year_are_shown_where_no_month_in_them_is_hidden(made: Flow) -> None:
    found, labels, text = year_of(made, YEAR, 0), load_labels(), report(made)
    assert [str(each.month) for each in found.months] == ["2018-04", "2018-05", "2018-06"]
    months = [each.sent for each in found.months]
    assert (found.signals is None) == (None in months)
    hidden = [each for each in found.sent if each.count is None]
    assert hidden, "the small cells of the months"
    for language in READERS:
        page = Page(text, language)
        with speaking(language):
            for each in found.months:
                assert number(each.selection_one) in page.said
        assert all(labels.label("category", each.codes[0], language) in page.said for each in found.sent)
        assert page.headings.count(1) == 1
        assert page.tables == page.captions


def test_few_doubts_are_counted_and_drawn_nowhere(made: Flow) -> None:
    ask(made, 0, 3)
    found = year_of(made, YEAR, 0)
    assert (found.stated, found.drawn, [each.count for each in found.consultations]) == (None, (), [None])
    assert "een steekproef zou verraden hoeveel" in report(made)


def test_doubts_are_drawn_by_a_seed_and_name_nobody(made: Flow) -> None:
    ask(made, 0, 8)
    for count in range(5):  # what still stands in the landing zone is known by the number of its answer
        folder = made.settings.landing / "a036" / "requests"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{count}.json").write_bytes(request(count))
    found = year_of(made, YEAR, 1)
    assert found.stated == 10
    assert len({each.request for each in found.drawn}) == DRAWN
    assert found.drawn == year_of(made, YEAR, 1).drawn
    assert any(found.drawn != year_of(made, YEAR, seed).drawn for seed in (2, 3))
    text = report(made, "--seed", "1")
    numbers = {each.number for each in found.drawn} - {None}
    assert {*re.findall("A036-[0-9A-F]+", text)} == numbers
    given = {json.loads(path.read_bytes())["message_number"] for path in (made.settings.home / "a036").rglob("*.json")}
    assert numbers <= given
    assert all(each.request in text for each in found.drawn)
    assert sum(synthetic_insz(9000 + count) in text for count in range(8)) == 0
    assert DOUBT not in text
    assert report(made, "--seed", "1") == text


def test_a_year_without_months_has_no_report(made: Flow) -> None:
    refused = CliRunner().invoke(app, ["report", "--year", "2019", "--home", str(made.settings.home)])
    assert (refused.exit_code, "NOT_PUBLISHED" in refused.stderr) == (1, True)
    both = CliRunner().invoke(app, ["report", "--year", "2018", "--month", "2018-04"])
    assert "INVALID_ARGUMENT" in both.stderr
