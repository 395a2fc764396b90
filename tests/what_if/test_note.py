"""The public note says what the tables say, in both languages of the authorities, and stays a draft while it is one."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.report.documents import Document
from dvz_assets.report.note import note_of
from dvz_assets.settings import Settings
from dvz_assets.words.labels import load_labels
from dvz_assets.words.texts import speaking

MONTH = Month(2018, 6)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    shutil.copytree(reference_folder(), folder)
    return folder


def note(folder: Path, month: Month = MONTH, language: str = "nl", since: Path | None = None) -> Document:
    with speaking(language, folder):
        return note_of(Settings(reference=folder), month, since)


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["note", "--month", str(MONTH), *arguments])


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "words"), [("nl", "minstens 90 dagen leefloon"), ("fr", "au moins 90 jours de revenu")]
)
def test_the_note_is_made_of_words(language: str, words: str) -> None:
    found = ask("--language", language)
    assert found.exit_code == 0, found.stderr
    assert words in found.stdout
    labels = load_labels()
    for kind in ("category", "ground", "aid_kind", "field", "outcome", "regime"):
        assert not [code for code in labels.codes(kind) if f"{code} " in found.stdout], kind


def test_another_number_in_the_tables_is_another_number_in_the_note(tables: Path) -> None:
    change(
        tables / "category_rules.csv",
        "DELIB_18_055,EU_CITIZEN,LIVING_WAGE_90_DAYS SOCIAL_ASSISTANCE LIVING_WAGE_AFTER_ASSISTANCE,CUMULATIVE,,90",
        "DELIB_18_055,EU_CITIZEN,LIVING_WAGE_90_DAYS SOCIAL_ASSISTANCE LIVING_WAGE_AFTER_ASSISTANCE,CUMULATIVE,,60",
    )
    made = note(tables, since=reference_folder()).markdown
    assert "nieuw: vanaf het ogenblik dat de POD MI minstens 60 dagen leefloon heeft terugbetaald" in made
    assert "niet langer: vanaf het ogenblik dat de POD MI minstens 90 dagen leefloon heeft terugbetaald" in made
    assert made.count("nieuw: ") == 1


def test_what_changed_is_told_against_the_regime_before() -> None:
    made = note(reference_folder()).markdown
    assert "Wat is gewijzigd sinds: Synthesenota van 8 mei 2014" in made
    assert "nieuw: burgers van de Unie enkel gedurende de eerste 5 jaar" in made
    assert "Wat is gewijzigd" not in note(reference_folder(), Month(2014, 5)).markdown


def test_the_note_is_a_draft_until_every_reading_is_confirmed(tables: Path) -> None:
    draft = note(tables)
    assert draft.draft
    assert "(lezing 1)" in draft.markdown
    assert '<p class="draft">Ontwerp</p>' in draft.html
    change(tables / "readings.csv", ",READING,", ",CONFIRMED,")
    final = note(tables)
    assert not final.draft
    assert "lezing" not in final.markdown
    assert "Ontwerp" not in final.html


def test_a_page_needs_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "note.html"
    found = ask("--language", "fr", "--html", str(page))
    assert found.exit_code == 0, found.stderr
    text = page.read_text("utf-8")
    assert '<html lang="fr">' in text
    assert not [each for each in ("<script", "src=", "href=", "url(") if each in text]


def test_the_same_on_paper(tmp_path: Path) -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        pytest.skip("needs the extra pdf, and Pango of the system")
    paper = tmp_path / "note.pdf"
    assert ask("--pdf", str(paper)).exit_code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.stat().st_mode & 0o777 == 0o600


def test_without_the_extra_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    page, paper = tmp_path / "note.html", tmp_path / "note.pdf"
    found = ask("--html", str(page), "--pdf", str(paper))
    assert (found.exit_code, "EXTRA_MISSING" in found.stderr) == (1, True)
    assert not page.exists()
    assert not paper.exists()


def test_what_a_value_has_of_markdown_is_shown_and_not_read(tables: Path) -> None:
    change(tables / "labels.csv", "category,EU_CITIZEN,nl,Burger van de Unie", "category,EU_CITIZEN,nl,<b>*Burger*</b>")
    made = note(tables)
    assert "<b>" not in made.html
    assert "&lt;b&gt;*Burger*&lt;/b&gt;" in made.html
