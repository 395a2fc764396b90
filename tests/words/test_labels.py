"""Labels: every code that a person may meet has words in every language, and a wrong row is named with its line."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dvz_assets.a036.answer import ATTESTED, NO_ATTESTATION, REFUSED
from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import CHANGES
from dvz_assets.outbound.holds import Reason
from dvz_assets.outbound.states import State
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.explain.tests import TESTS
from dvz_assets.reference import Reference
from dvz_assets.tables.reference import LANGUAGES
from dvz_assets.words.labels import FILE, codes_without_label, load_labels
from tests.cases.outcomes import CORRECTION_REASONS

PROJECT = Path(__file__).parents[2]
CONTRACT = (PROJECT / "docs" / "law" / "contract.md").read_text("utf-8")
CONTRACT_REASONS = re.findall("`([a-z_]+)`", CONTRACT.partition("Reason codes: ")[2].partition(". A row")[0])
MEASURES_SQL = (PROJECT / "sql" / "month_measures.sql").read_text("utf-8")
SUITES = [json.loads(path.read_bytes()) for path in (PROJECT / "expectations").glob("*.json")]
# checks that a published month may have failed
WARNINGS = {
    each["meta"]["name"] for suite in SUITES for each in suite["expectations"] if each["severity"] != "critical"
}
IN_CODE = {
    "change": {*CHANGES},
    "check": WARNINGS,
    "consultation": {ATTESTED, NO_ATTESTATION, REFUSED},
    "correction": {"WITHDRAWN", "RENUMBERED"},
    "correction_reason": {*CORRECTION_REASONS},
    "hold": {each.value for each in Reason},
    "outcome": {test.outcome for test in TESTS},
    "measure": {*re.findall("'([A-Z_]+)' AS measure", MEASURES_SQL)},
    "purpose": {"UNKNOWN"},
    "reject_reason": {*CONTRACT_REASONS},
    "source": {"novaprima", "register"},
    "register": {"BR", "VR", "WR", "OTHER"},
    "state": {each.value for each in State},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "reference"
    shutil.copytree(reference_folder(), copied)
    return copied


def test_every_code_of_the_tables_has_a_label() -> None:
    assert codes_without_label(load_labels(), Reference.load(reference_folder())) == []


@pytest.mark.parametrize("kind", IN_CODE)
def test_every_code_of_the_software_has_a_label(kind: str) -> None:
    assert IN_CODE[kind] <= {*load_labels().codes(kind)}


def test_sentences_end_as_sentences_do_and_french_keeps_its_spaces() -> None:
    for each in load_labels().all:
        words = f"{each.label} {each.sentence or ''}"
        assert each.sentence is None or each.sentence.endswith("."), each
        assert not each.label.endswith("."), each
        if each.language == "fr":
            # a no-break space before them, and the apostrophe of print
            assert not any(f" {mark}" in words for mark in ";:?!") and "'" not in words, each


def test_the_official_names_are_used() -> None:
    """Names that a literal translation gets wrong."""
    wrong = {"nl": ("leefwage", "Immigratiedienst"), "fr": ("salaire de vie", "Bureau de l\u2019immigration", "OCMW")}
    for each in load_labels().all:
        assert not any(name in f"{each.label} {each.sentence}" for name in wrong.get(each.language, ())), each


def test_no_month_becomes_stale_by_a_word(folder: Path) -> None:
    before = Reference.load(folder).fingerprint
    changed = (folder / FILE).read_text("utf-8").replace("Overleden", "Gestorven")
    (folder / FILE).write_text(changed, encoding="utf-8")
    assert Reference.load(folder).fingerprint == before
    assert load_labels(folder).label("outcome", "DECEASED", "nl") == "Gestorven"


def test_a_folder_without_the_table_has_that_of_the_project(folder: Path) -> None:
    (folder / FILE).unlink()
    assert load_labels(folder) is load_labels()


def test_a_code_of_the_owner_without_label_is_shown_as_it_is() -> None:
    assert load_labels().label("category", "NEW_CATEGORY", "fr") == "NEW_CATEGORY"
    assert load_labels().sentence("category", "NEW_CATEGORY", "fr") == ""


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "another language": (lambda text: f"{text}ground,X,es,etiqueta,Frase.\n", "nl or fr or de or en"),
    "not in all languages": (lambda text: f"{text}ground,X,nl,Grond,Zin.\n", "not in fr, de, en"),
    "twice": (lambda text: f"{text}country,BE,nl,Belgie,\n", "a second time"),
    "no sentence": (lambda text: text + "".join(f"ground,X,{each},Grond,\n" for each in LANGUAGES), "a sentence"),
    "a sentence about a country": (lambda text: text.replace("BE,nl,België,", "BE,nl,België,Mooi."), "no sentence"),
    "another column": (lambda text: text.replace("sentence\n", "sentence,extra\n", 1), "line 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_row_is_named(folder: Path, name: str) -> None:
    change, expected = WRONG[name]
    (folder / FILE).write_text(change((folder / FILE).read_text("utf-8")), encoding="utf-8")
    with pytest.raises(DvzError, match=expected):
        load_labels(folder)
