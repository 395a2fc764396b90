"""A hash of code changes with what the code does, and a hash of reference rows with what a month can see of them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dvz_assets.flow import code_fingerprints
from dvz_assets.flow.assets import ASSETS, Writer
from dvz_assets.flow.code_fingerprints import code_inputs, code_version, python_hash, sql_hash
from dvz_assets.flow.visible_rows import VisibleRows
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.tables.reference import FOREVER, REFERENCE_TABLES, Field, ReferenceTable

Row = tuple[object, ...]

SQL = "SELECT a, 'it''s  -- here' AS \"b  c\" FROM t WHERE a<=1"
PYTHON = """
def double(number: int) -> int:
    return number * 2
"""


@pytest.mark.parametrize(
    "same",
    [
        "SELECT a,\n\t'it''s  -- here' AS \"b  c\"\nFROM t -- a comment, that's all\nWHERE a <= 1\n",
        "/* grain: one\nrow */ SELECT a , 'it''s  -- here' AS \"b  c\" FROM t WHERE a<=1",
    ],
)
def test_comments_and_white_space_are_no_part_of_a_statement(same: str) -> None:
    assert sql_hash(same) == sql_hash(SQL)


@pytest.mark.parametrize(
    "other",
    [
        SQL.replace("<=", "<"),
        SQL.replace("it''s  --", "it''s --"),
        SQL.replace("b  c", "b c"),
        SQL.replace("SELECT a", "SELECT -a"),
        SQL.replace("a, ", "aa, "),
        SQL + " -- x\n AND b",
    ],
)
def test_everything_else_is(other: str) -> None:
    assert sql_hash(other) != sql_hash(SQL)


@pytest.mark.parametrize(
    "same",
    [
        PYTHON.replace("return", '"""Double it."""\n    return'),
        f'"""What belongs here."""\n{PYTHON}# the end\n',
        PYTHON.replace("number * 2", "(number\n            * 2)  # twice"),
    ],
)
def test_comments_and_docstrings_are_no_part_of_a_module(same: str) -> None:
    assert python_hash(same) == python_hash(PYTHON)


@pytest.mark.parametrize(
    "other",
    [
        PYTHON.replace("* 2", "* 3"),
        PYTHON.replace("* 2", "+ 2"),
        PYTHON.replace("double", "twice"),
        PYTHON + "double.unit = 'cents'\n",
        PYTHON.replace("return number * 2", "'no docstring'.strip()\n    return number * 2"),
    ],
)
def test_everything_else_of_a_module_is(other: str) -> None:
    assert python_hash(other) != python_hash(PYTHON)


@pytest.mark.parametrize("asset", ASSETS)
def test_the_code_of_an_asset_has_a_statement_where_sql_writes_it(asset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    month, before = Month.parse("2018-05"), code_version(asset)
    inputs = code_inputs(asset, month)
    written_by_sql = ASSETS[asset].writer is Writer.SQL
    assert inputs.keys() == {"table", "python"} | ({"sql"} if written_by_sql else set())
    monkeypatch.setattr(code_fingerprints, "sql_text", lambda *_: "SELECT 1")
    assert (code_version(asset) != before) == written_by_sql
    assert (code_inputs(asset, month) != inputs) == written_by_sql


def test_a_hash_stays_what_it_is_from_version_to_version() -> None:
    """With another way to hash, every month of every home would be stale."""
    table = {"key": ["a"], "columns": [["a", "BIGINT"]]}
    hashes = [sql_hash("SELECT 1"), python_hash("x = 1"), code_fingerprints._hash(table)]
    assert [each[:16] for each in hashes] == ["e1a2643fe83e7f6a", "df875a935f7904cf", "0303f56c12cbdc9f"]
    assert len(code_version("decisions")) == 16


CODES = ReferenceTable(
    ("code",),
    (
        Field("code", pl.String()),
        Field("regime", pl.String()),
        Field("valid_from", pl.Date()),
        Field("valid_to", pl.Date()),
        Field("description", pl.String()),
    ),
)


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with all that decides what a month can see."""
    monkeypatch.setitem(REFERENCE_TABLES, "codes", CODES)


def visible(*rows: Row) -> VisibleRows:
    schema = REFERENCE_TABLES["codes"].schema
    return VisibleRows(Reference(Path(), {"codes": pl.DataFrame(rows, schema, orient="row")}, {}))


DAY = date(2018, 5, 31)
ROW = ("A", "OLD", date(2010, 1, 1), FOREVER, None)
OVER = ("B", "OLD", date(2010, 1, 1), date(2018, 5, 30), None)


@pytest.mark.parametrize(
    "unseen",
    [
        ("C", "NEW", date(2010, 1, 1), FOREVER, None),
        ("C", "OLD", date(2018, 6, 1), FOREVER, None),
    ],
)
def test_rows_of_another_regime_or_a_later_day_are_not_seen(unseen: Row) -> None:
    with_it, without = visible(ROW, OVER, unseen), visible(OVER, ROW)
    assert with_it.fingerprint("codes", "OLD", DAY) == without.fingerprint("codes", "OLD", DAY)
    assert with_it.rows("codes", "OLD", DAY)["code"].to_list() == ["A", "B"]


def test_an_end_that_has_not_come_is_none() -> None:
    one, other = visible(ROW), visible((*ROW[:3], DAY, None))
    assert one.fingerprint("codes", "OLD", DAY) == other.fingerprint("codes", "OLD", DAY)
    assert other.rows("codes", "OLD", DAY)["valid_to"].to_list() == [FOREVER]
    after = date(2018, 6, 1)
    assert one.fingerprint("codes", "OLD", after) != other.fingerprint("codes", "OLD", after)


def test_a_description_is_read_by_people_alone() -> None:
    one, other = visible(ROW), visible((*ROW[:4], "a code"))
    assert one.fingerprint("codes", "OLD", DAY) == other.fingerprint("codes", "OLD", DAY)


@pytest.mark.parametrize("changed", [("D", *ROW[1:]), (*ROW[:2], date(2010, 1, 2), *ROW[3:])])
def test_a_row_that_is_seen_and_changed_is_another_one(changed: Row) -> None:
    assert visible(ROW).fingerprint("codes", "OLD", DAY) != visible(changed).fingerprint("codes", "OLD", DAY)


def test_what_is_remembered_of_a_day_serves_only_days_that_see_the_same() -> None:
    rows = visible(ROW, OVER, ("C", "OLD", date(2018, 6, 1), FOREVER, None))
    days = [date(2009, 12, 31), date(2010, 1, 1), date(2018, 5, 30), DAY, date(2018, 6, 1)]
    assert [rows.rows("codes", "OLD", day).height for day in days] == [0, 2, 2, 2, 3]
    ends = [rows.rows("codes", "OLD", day)["valid_to"].to_list() for day in days[2:4]]
    assert ends == [[FOREVER, FOREVER], [FOREVER, date(2018, 5, 30)]]


@pytest.mark.parametrize(("says", "is_same"), [(False, True), (None, True), (True, False)])
def test_a_new_column_changes_only_the_rows_of_which_it_says_something(
    monkeypatch: pytest.MonkeyPatch, says: bool | None, is_same: bool
) -> None:
    before = visible(ROW).fingerprint("codes", "OLD", DAY)
    added = Field("requires_doubt", pl.Boolean(), since="0.3.0", absent=lambda row: False)
    wider = replace(CODES, fields=(*CODES.fields, added))
    monkeypatch.setitem(REFERENCE_TABLES, "codes", wider)
    after = visible((*ROW, says)).fingerprint("codes", "OLD", DAY)
    assert (before == after) == is_same


@pytest.mark.parametrize("says", ["A", "Z"])
def test_what_means_absence_is_exactly_that(monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    """Whichever comes first in an alphabet."""
    added = Field("group", pl.String(), since="0.3.0", absent=lambda row: "M")
    monkeypatch.setitem(REFERENCE_TABLES, "codes", replace(CODES, fields=(*CODES.fields, added)))
    absent, other = visible((*ROW, "M")), visible((*ROW, says))
    assert absent.fingerprint("codes", "OLD", DAY) != other.fingerprint("codes", "OLD", DAY)


def test_the_hash_of_rows_stays_whatever_their_order_and_that_of_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """And from version to version: every month of every home would be stale."""
    assert visible(ROW, OVER).fingerprint("codes", "OLD", DAY)[:16] == "cfd49a5aa5e338e8"
    assert visible(OVER, ROW).fingerprint("codes", "OLD", DAY)[:16] == "cfd49a5aa5e338e8"
    monkeypatch.setitem(REFERENCE_TABLES, "codes", replace(CODES, fields=CODES.fields[::-1]))
    assert visible(ROW[::-1], OVER[::-1]).fingerprint("codes", "OLD", DAY)[:16] == "cfd49a5aa5e338e8"


def test_tables_of_today_have_a_fingerprint_in_every_regime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(REFERENCE_TABLES, "codes")
    reference = Reference.load(reference_folder())
    rows = VisibleRows(reference)
    for table in reference.tables:
        found = {rows.fingerprint(table, regime, DAY) for regime in ("NOTE_2014", "DELIB_18_055")}
        assert len(found) == (2 if "regime" in reference.tables[table].columns else 1), table


def test_a_document_is_seen_whatever_its_validity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of permanent card and recognised right ask for no validity: a code of later years counts too."""
    monkeypatch.delitem(REFERENCE_TABLES, "codes")
    visible = VisibleRows(Reference.load(reference_folder()))
    codes = visible.rows("residence_documents", "NOTE_2014", date(2014, 5, 31))["code"].to_list()
    assert {"K", "L", "EU+", "N"} <= set(codes)
    assert "K" not in visible.rows("residence_motives", "NOTE_2014", date(2014, 5, 31))["code"].to_list()
