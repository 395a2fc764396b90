"""What if: the real pipeline answers about a situation, says what would change it, and leaves nothing behind."""

import json
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.landing.insz import read_insz
from dvz_assets.questions.what_if import synthetic_number
from dvz_assets.words.labels import load_labels

JOB_SEEKER = ("--nationality", "FR", "--capacity", "JOB_SEEKER", "--document", "EU", "--residence-since", "2023-06-01")
TWO_MONTHS = ("--aid", "LIVING_WAGE:2024-01:2024-02")


def ask(*arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(app, ["what-if", *arguments], input=answers)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_is_not_sent_yet_says_what_would_change_it(folder: Path) -> None:
    found = ask(*JOB_SEEKER, *TWO_MONTHS, "--json", "--language", "en")
    assert found.exit_code == 0, found.stderr
    content = json.loads(found.stdout)
    assert (content["reported"], content["months"]["2024-02"]) == (False, "BELOW_THRESHOLD")
    days = next(test for test in content["decisive"] if test["outcome"] == "LIVING_WAGE_90_DAYS")
    assert (days["fact"], days["parameter"]) == ("60 reimbursed days of living wage", "at least 90")
    changes = {each["what"]: each["first_sent"] for each in content["changes"]}
    # 31 days of January, 29 of February and 30 of March
    assert changes == {
        "the same aid goes on until May 2024": "2024-03",
        "the aid is of this kind: Social assistance": "2024-01",
    }
    assert list(folder.iterdir()) == []


def test_the_answer_is_read_in_french_from_a_file(folder: Path) -> None:
    """Social assistance of a student from Morocco: four months, and nothing once the stay is not limited."""
    file = folder / "situation.yaml"
    file.write_text(
        "nationality: MA\ncapacity: THIRD_COUNTRY_STUDENT\ndocument: A\n"
        "aid:\n  - {kind: ASSISTANCE, from: 2024-01, to: 2024-05, amount: 900}\n",
        encoding="utf-8",
    )
    found = ask("--file", str(file), "--language", "fr")
    assert found.exit_code == 0, found.stderr
    words = found.stdout.replace("\xa0", " ")
    assert "Oui : des données sont communiquées à l\u2019Office des étrangers dès avril 2024." in words
    assert "note du 8 mai 2014, 1.2 2)" in words
    assert "Si le document est de cette nature : Séjour permanent ou établissement : pas de communication" in words
    assert "Si la personne devient belge : pas de communication (Belge)." in words
    codes = {each.code for each in load_labels().all if len(each.code) > 5}
    assert not [code for code in codes if code in found.stdout.split()], "codes are not for people"


def test_it_asks_when_nothing_is_given(folder: Path) -> None:
    """Numbers choose: job-seeker, card EU, social assistance."""
    answers = "FR\n3\n9\n\n4\n2024-01\n2024-01\nn\n"
    found = ask("--language", "nl", answers=answers)
    assert found.exit_code == 0, found.stderr
    assert "Ja: vanaf januari 2024 worden gegevens meegedeeld aan de DVZ." in found.stdout
    assert "Identificatienummer van de sociale zekerheid" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((*JOB_SEEKER,), "aid"),
        ((*JOB_SEEKER, "--aid", "LIVING_WAGE"), "--aid"),
        ((*JOB_SEEKER, "--aid", "PENSION:2024-01:2024-02"), "kind"),
        ((*JOB_SEEKER, "--aid", "LIVING_WAGE:2024-02:2024-01"), "the other way round"),
        ((*JOB_SEEKER, "--aid", "LIVING_WAGE:2020-01:2024-01"), "at most 24 months"),
        ((*JOB_SEEKER, "--motive", "4.2.1", *TWO_MONTHS), "motive, capacity"),
        (("--nationality", "Atlantis", "--capacity", "JOB_SEEKER", *TWO_MONTHS), "nationality"),
        ((*JOB_SEEKER, *TWO_MONTHS, "--document-until", "soon"), "document_until"),
        ((*JOB_SEEKER, "--aid", "LIVING_WAGE:2010-01:2010-02"), "NO_REGIME"),
        (("--file", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_what_cannot_be_understood_is_named_and_not_quoted(arguments: tuple[str, ...], expected: str) -> None:
    found = ask(*arguments)
    assert found.exit_code == 1
    assert expected in found.stderr.replace("\n", " ")
    assert "Atlantis" not in found.stderr
    assert "PENSION" not in found.stderr


def test_a_leaflet_is_what_the_pipeline_answers(folder: Path) -> None:
    page = folder / "leaflet.html"
    found = ask("--leaflet", "EU_CITIZEN", "--language", "nl", "--html", str(page))
    assert found.exit_code == 0, found.stderr
    text = page.read_text("utf-8")
    assert '<html lang="nl">' in text
    assert "Ja. Minstens 90 dagen leefloon." in text
    assert "<td>Tewerkstelling (maatschappelijke dienstverlening)</td>\n<td>Nee</td>" in text
    assert "http" not in text.replace("http-equiv", "")
    assert page.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in folder.iterdir()] == ["leaflet.html"]


def test_a_category_without_rule_has_no_leaflet() -> None:
    assert "EU_CITIZEN" in ask("--leaflet", "OTHER").stderr


def test_synthetic_numbers_are_read_as_numbers() -> None:
    assert all(read_insz(synthetic_number(serial)) for serial in range(30))
