"""Reference tables: what is wrong with one is said with file and place, and nothing runs with it."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.tables.reference import REFERENCE_TABLES


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


def rule(**changed: str) -> str:
    """A row of category_rules of a category that has none yet in the regime, as the table has its columns."""
    header = (reference_folder() / "category_rules.csv").read_text("utf-8").splitlines()[0].split(",")
    values = dict.fromkeys(header, "") | {
        "regime": "NOTE_2014",
        "category": "EU_OTHER_FAMILY",
        "grounds": "SOCIAL_ASSISTANCE",
        "living_wage_days_mode": "CUMULATIVE",
        "assistance_month_mode": "ANY_DAY",
        "counts_assistance_employment": "false",
        "requires_recognised_right": "true",
        "requires_limited_stay": "false",
        "excludes_permanent_card": "true",
        "authorisation": "07/036",
        "legal_reference": "x",
    }
    assert changed.keys() <= values.keys()
    return ",".join((values | changed).values())


WRONG: dict[str, tuple[str, Callable[[str], str], str]] = {
    "unknown column": ("countries.csv", replace("nis_code,", "nis_code,extra,"), "line 1"),
    "missing column": ("registers.csv", replace(",description", ""), "line 1"),
    "another number of fields": ("registers.csv", append("X,BR"), "fields"),
    "overlapping validity": (
        "residence_motives.csv",
        append("4.2.1,2015-01-01,,EU_CITIZEN,x,x,x,true"),
        "on the same day",
    ),
    "ends before it begins": ("help_types.csv", append("999,2018-02-01,2018-01-31,ASSISTANCE,x,x,true"), "ends before"),
    "one code twice": ("registers.csv", append("BR,VR,x,x,true"), "on the same day"),
    "unknown aid kind": ("help_types.csv", append("998,2018-02-01,,PENSION,x,x,true"), "an aid_kind of"),
    "no date": ("help_types.csv", append("997,2018-02-30,,MEDICAL,x,x,true"), "valid_from"),
    "decimals that do not fit": (
        "budget_articles.csv",
        append("9,1,2018-01-01,,LIVING_WAGE,33.337,x,x,true"),
        "state_share_pct",
    ),
    "no aid kind under law 1": ("budget_articles.csv", append("9,1,2018-01-01,,,50,x,x,true"), "aid_kind"),
    "gap between regimes": ("regimes.csv", replace("2014-05,2018-05", "2014-05,2018-04"), "2018-05 was due"),
    "overlap of regimes": ("regimes.csv", replace("2014-05,2018-05", "2014-05,2018-06"), "2018-07 was due"),
    "unknown category": ("residence_motives.csv", append("X1,2018-01-01,,PILGRIM,x,x,x,true"), "a category of"),
    "rule of an unknown regime": ("category_rules.csv", append(rule(regime="OLD")), "a regime of"),
    "unknown ground": ("category_rules.csv", append(rule(grounds="SOCIAL_ASSISTANCE POVERTY")), "grounds"),
    "ground without its parameter": (
        "category_rules.csv",
        append(rule(grounds="LIVING_WAGE_90_DAYS")),
        "min_living_wage_days, which a ground",
    ),
    "number that no ground uses": (
        "category_rules.csv",
        append(rule(min_assistance_months="4")),
        "nothing in min_assistance_months",
    ),
    "optional number that no ground uses": (
        "category_rules.csv",
        append(rule(assistance_before_months="3")),
        "nothing in assistance_before_months",
    ),
    "mode that nobody knows": (
        "category_rules.csv",
        append(rule(living_wage_days_mode="WORKING_DAYS")),
        "CUMULATIVE or CONSECUTIVE",
    ),
    "month mode that nobody knows": (
        "category_rules.csv",
        append(rule(assistance_month_mode="HALF")),
        "ANY_DAY or WHOLE_MONTH",
    ),
    "nationality that nobody knows": ("category_rules.csv", append(rule(required_nationality="BE")), "THIRD_COUNTRY"),
    "window of no month": ("category_rules.csv", append(rule(living_wage_window_months="0")), "living_wage_window"),
    "number too large": (
        "category_rules.csv",
        append(rule(living_wage_window_months="99999999999999999999")),
        "a whole number",
    ),
    "field of a category without a rule": (
        "export_fields.csv",
        append("NOTE_2014,EU_OTHER_FAMILY,insz,x,note 1.3"),
        "a category with a rule",
    ),
    "NUL byte": ("countries.csv", append("998,X\0,x,x,true"), "NUL"),
    "field that is too long": ("countries.csv", append(f"998,XX,{'x' * 140_000},x,true"), "fields of at most"),
    "semicolons in place of commas": ("countries.csv", lambda text: text.replace(",", ";"), "found semicolons"),
    "tabs in place of commas": ("countries.csv", lambda text: text.replace(",", "\t"), "found tabs"),
    "truth as a spreadsheet writes it": ("countries.csv", append("998,XX,x,x,TRUE"), "true or false"),
    "decimals as a spreadsheet writes them": (
        "budget_articles.csv",
        append('9,1,2018-01-01,,LIVING_WAGE,"33,5",x,x,true'),
        "a number with a point",
    ),
    "dates as a spreadsheet writes them": (
        "help_types.csv",
        append("996,01/02/2018,,MEDICAL,x,x,true"),
        "a date YYYY-MM-DD",
    ),
    "export column that nobody authorised": (
        "export_fields.csv",
        replace("NOTE_2014,,quality_code,kwaliteitscode,note 1.3\n", ""),
        "quality_code",
    ),
    "category of which no number may be sent": (
        "export_fields.csv",
        replace("NOTE_2014,,insz,", "NOTE_2014,EU_CITIZEN,insz,"),
        "export_fields.csv authorises for it",
    ),
    "export field without a legal reference": (
        "export_fields.csv",
        replace("kwaliteitscode,note 1.3", "kwaliteitscode,"),
        "legal_reference",
    ),
    "authorised column that is not exported": (
        "export_fields.csv",
        append("DELIB_18_055,,shoe_size,schoenmaat,deliberation 2"),
        "columns of the export",
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
    assert ", line " in str(raised.value) or "none for" in str(raised.value)
    assert named in str(raised.value)


def test_a_rule_with_all_that_it_needs_is_accepted(tables: Path) -> None:
    path = tables / "category_rules.csv"
    path.write_text(path.read_text("utf-8") + rule() + "\n", encoding="utf-8")
    assert Reference.load(tables).tables["category_rules"].height == 16


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_named_with_its_line(encoding: str, tables: Path) -> None:
    path = tables / "countries.csv"
    path.write_bytes((path.read_text("utf-8") + "998,XX,Curaçao,x,true\n").encode(encoding))
    with pytest.raises(DvzError, match=r"countries\.csv, line [0-9]+: expected text in UTF-8"):
        Reference.load(tables)


def test_persons_in_the_place_of_a_table_are_not_quoted(tables: Path) -> None:
    """Of a headerless extract the first row would be the header, and of one with a header every cell a value."""
    marker = "MARKERNAME"
    for text in (
        f"30010100103;{marker}\n",
        f"{marker},b,c,d,e\n",
        f"nis_code,iso2,name,source,verified\n1,2,{marker},4,{marker}\n",
    ):
        (tables / "countries.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DvzError, match=r"countries\.csv, line") as raised:
            Reference.load(tables)
        assert marker not in str(raised.value)


TEXTS = [
    (table, field.name)
    for table, definition in REFERENCE_TABLES.items()
    for field in definition.present_fields
    if field.type in (pl.String(), pl.List(pl.String))
]


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize(("table", "column"), TEXTS)
def test_what_stands_in_a_cell_is_not_quoted(table: str, column: str, twice: bool, tables: Path) -> None:
    """In the first row and the last, so that a code is gone which others name; a row twice is always refused."""
    path, marker = tables / f"{table}.csv", "30010100103"
    header, *rows = csv.reader(path.read_text("utf-8").splitlines())
    for row in (rows[0], rows[-1]):
        row[header.index(column)] = marker
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows, *([rows[-1]] if twice else [])])
    said = ""
    try:
        Reference.load(tables)
    except DvzError as error:
        said = str(error)
    assert "INVALID_REFERENCE" in said or not twice
    assert marker not in said


def test_a_table_as_a_spreadsheet_saves_it_is_read(tables: Path) -> None:
    """With a byte order mark, and with line ends of other systems."""
    expected = Reference.load(tables).tables["countries"]
    path = tables / "countries.csv"
    text = path.read_text("utf-8")
    for changed in ("\ufeff" + text, text.replace("\n", "\r\n"), text.replace("\n", "\r")):
        path.write_bytes(changed.encode("utf-8"))
        assert Reference.load(tables).tables["countries"].equals(expected)


def test_a_folder_without_the_tables_of_the_project_has_those_of_the_project(tables: Path) -> None:
    for name, definition in REFERENCE_TABLES.items():
        if definition.of_project:
            (tables / f"{name}.csv").unlink()
    found = Reference.load(tables)
    assert found.fingerprint == Reference.load(reference_folder()).fingerprint


def test_only_a_regular_file_within_its_limit_is_read(tables: Path) -> None:
    """At once: a pipe would be waited for, and a sparse file is larger than the machine."""
    path = tables / "countries.csv"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DvzError, match="a regular file"):
        Reference.load(tables)
    path.unlink()
    path.touch()
    os.truncate(path, 40 * 10**9)
    with pytest.raises(DvzError, match="at most"):
        Reference.load(tables)


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
