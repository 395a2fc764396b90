"""The readings of the law are typed, decide nothing, and every wrong row is named with its line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.readings import FILE, Setting, load_readings, readings_of
from dvz_assets.reference import Reference
from dvz_assets.tables.reference import REFERENCE_TABLES
from tests.cases.outcomes import GROUNDS, OUTCOMES

SPOKEN_OF_NOWHERE = {"NOT_THIRD_COUNTRY"}  # an outcome of the first version, whose months keep it


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "reference"
    shutil.copytree(reference_folder(), copied)
    return copied


@pytest.mark.parametrize("name", sorted({*OUTCOMES, *GROUNDS} - SPOKEN_OF_NOWHERE))
def test_every_outcome_and_ground_says_whether_it_is_the_letter(name: str) -> None:
    assert readings_of(name)


def test_a_reading_has_what_a_change_of_it_needs() -> None:
    cumulative = next(each for each in readings_of("LIVING_WAGE_90_DAYS") if each.id == "days-cumulative")
    assert (cumulative.document, cumulative.paragraph) == ("note", "1.2 1) a)")
    assert cumulative.settings == (Setting("living_wage_days_mode", "CONSECUTIVE"),)
    assert "BE_FAMILY" in cumulative.categories


def test_an_empty_cell_is_a_value_too() -> None:
    wanted = [setting for each in readings_of("required_nationality") for setting in each.settings]
    assert Setting("required_nationality", "") in wanted


def test_the_letter_needs_no_alternative_and_a_reading_does() -> None:
    for each in load_readings(reference_folder()):
        assert each.alternatives or each.status == "LITERAL", each.id


def test_no_month_becomes_stale_by_a_reading(folder: Path) -> None:
    """The table stands in the folder of the reference tables and is none of them."""
    before = Reference.load(folder).fingerprint
    (folder / FILE).write_text((folder / FILE).read_text("utf-8").replace("READING", "CONFIRMED"), encoding="utf-8")
    assert Reference.load(folder).fingerprint == before
    assert FILE.removesuffix(".csv") not in REFERENCE_TABLES


def test_a_folder_older_than_the_table_has_none(folder: Path) -> None:
    (folder / FILE).unlink()
    assert readings_of("LIVING_WAGE_90_DAYS", folder) == ()


WRONG: dict[str, tuple[Callable[[str], str], int]] = {
    "a missing column": (lambda text: text.replace(",alternatives", "", 1), 1),
    "an unknown status": (lambda text: text.replace(",LITERAL,", ",PERHAPS,", 1), 2),
    "an unknown document": (lambda text: text.replace("both-selections,note", "both-selections,letter"), 2),
    "no quotation": (lambda text: text.replace("SENT,LITERAL,document", ",LITERAL,document", 1), 2),
    "no date": (lambda text: text.replace("LITERAL,document,2026-11-23", "LITERAL,document,2026-11-33", 1), 2),
    "another number of fields": (lambda text: text.replace("\nboth-selections,", "\nboth-selections,x,", 1), 2),
    "one id twice": (lambda text: text.replace("\nmonth-just-reimbursed,", "\nboth-selections,", 1), 3),
    "a setting without a value": (lambda text: text.replace("_mode=CONSECUTIVE", "_mode", 1), 0),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_row_is_named(folder: Path, name: str) -> None:
    change, line = WRONG[name]
    text = (folder / FILE).read_text("utf-8")
    assert change(text) != text
    (folder / FILE).write_text(change(text), encoding="utf-8")
    with pytest.raises(DvzError) as error:
        load_readings(folder)
    assert error.value.code == "INVALID_REFERENCE"
    assert f"{FILE}, line {line or ''}" in error.value.place
