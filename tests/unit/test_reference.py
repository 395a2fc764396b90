"""Reference tables: what is wrong with one is said with file and place, and nothing runs with it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    return folder


def append(line: str) -> Callable[[str], str]:
    return lambda text: text + line + "\n"


def replace(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


WRONG: dict[str, tuple[str, Callable[[str], str], str]] = {
    "unknown column": ("countries.csv", replace("nis_code,", "nis_code,extra,"), "line 1"),
    "missing column": ("registers.csv", replace(",description", ""), "line 1"),
    "another number of fields": ("registers.csv", append("X,BR"), "fields"),
    "overlapping validity": ("residence_motives.csv", append("4.2.1,2015-01-01,,EU_CITIZEN,x,x,true"), "4.2.1"),
    "ends before it begins": ("help_types.csv", append("999,2018-02-01,2018-01-31,ASSISTANCE,x,x,true"), "999"),
    "one code twice": ("registers.csv", append("BR,VR,x,x,true"), "BR"),
    "unknown aid kind": ("help_types.csv", append("998,2018-02-01,,PENSION,x,x,true"), "PENSION"),
    "no date": ("help_types.csv", append("997,2018-02-30,,MEDICAL,x,x,true"), "valid_from"),
    "decimals that do not fit": (
        "budget_articles.csv",
        append("9,1,2018-01-01,,LIVING_WAGE,33.337,x,x,true"),
        "33.337",
    ),
    "no aid kind under law 1": ("budget_articles.csv", append("9,1,2018-01-01,,,50,x,x,true"), "aid_kind"),
    "gap between regimes": ("regimes.csv", replace("2014-05,2018-05", "2014-05,2018-04"), "2018-05 was due"),
    "overlap of regimes": ("regimes.csv", replace("2014-05,2018-05", "2014-05,2018-06"), "2018-07 was due"),
    "unknown category": ("residence_motives.csv", append("X1,2018-01-01,,PILGRIM,x,x,true"), "PILGRIM"),
    "rule of an unknown regime": (
        "category_rules.csv",
        append("OLD,EU_CITIZEN,DAYS_OR_ASSISTANCE,90,,false,false,false,,,false,x"),
        "OLD",
    ),
    "criterion without its threshold": (
        "category_rules.csv",
        append("NOTE_2014,EU_OTHER_FAMILY,DAYS_OR_ASSISTANCE,,,false,false,false,,,false,x"),
        "min_living_wage_days",
    ),
    "export column that nobody authorised": (
        "export_fields.csv",
        replace("NOTE_2014,quality_code,kwaliteitscode,note 1.3\n", ""),
        "quality_code",
    ),
    "export field without a legal reference": (
        "export_fields.csv",
        replace("kwaliteitscode,note 1.3", "kwaliteitscode,"),
        "legal_reference",
    ),
    "authorised column that is not exported": (
        "export_fields.csv",
        append("DELIB_18_055,shoe_size,schoenmaat,deliberation 2"),
        "shoe_size",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused(name: str, tables: Path) -> None:
    file, change, named = WRONG[name]
    path = tables / file
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(DvzError, match="INVALID_REFERENCE") as raised:
        Reference.load(tables)
    assert file.removesuffix(".csv") in str(raised.value)
    assert named in str(raised.value)


def test_a_missing_table_is_named(tables: Path) -> None:
    (tables / "countries.csv").unlink()
    with pytest.raises(DvzError, match=r"countries\.csv"):
        Reference.load(tables)


def test_a_month_has_one_regime_and_none_before_the_first() -> None:
    reference = Reference.load(reference_folder())
    assert reference.regime_of(Month.parse("2018-05")) == "NOTE_2014"
    assert reference.regime_of(Month.parse("2018-06")) == "DELIB_18_055"
    with pytest.raises(DvzError, match="NO_REGIME"):
        reference.regime_of(Month.parse("2014-04"))
