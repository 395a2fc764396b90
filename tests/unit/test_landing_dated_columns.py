"""A file from before a column existed is accepted without it, and with it; one of its first month needs it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing import columns
from dvz_assets.landing.files import RawFile, read_delivered_file
from dvz_assets.landing.received import ReceivedFolder
from dvz_assets.landing.voucher import read_voucher
from dvz_assets.tables.model import Column, Table
from tests.cases.landing_writer import as_csv
from tests.unit.landing_deliveries import (
    MAY,
    NO_LIMIT,
    Row,
    parquet_bytes,
    persons_row,
    replacement_row,
    statement_row,
    write_delivery,
)

ROWS = {"statement": statement_row(), "persons": persons_row(), "insz_replacements": replacement_row(1, 2)}
OTHERS = {"statement": (), "persons": ("insz_replacements",), "insz_replacements": ("persons",)}
ADDED = "opvang"
FORMATS = ("csv", "parquet")


def content_of(row: Row, file_format: str) -> tuple[bytes, int]:
    return (as_csv(tuple(row), [row]) if file_format == "csv" else parquet_bytes(pl.DataFrame([row]))), 1


def read(folder: Path, kind: str, row: Row, file_format: str) -> RawFile:
    source = "novaprima" if kind == "statement" else "register"
    contents = {f"{kind}.{file_format}": content_of(row, file_format)}
    contents |= {f"{other}.csv": content_of(ROWS[other], "csv") for other in OTHERS[kind]}
    write_delivery(folder, source, contents)
    received = ReceivedFolder(folder)
    return read_delivered_file(received, read_voucher(received, source, MAY), kind, max_bytes=NO_LIMIT)


@pytest.fixture(params=ROWS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def dated(monkeypatch: pytest.MonkeyPatch, kind: str, first_month: str) -> None:
    added = Column(ADDED, "VARCHAR", "", nullable=True, since="0.3.0", absent="NULL", first_month=first_month)
    table = columns.TABLES[kind]
    monkeypatch.setitem(columns.TABLES, kind, replace(table, columns=(*table.columns, added)))


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("added", [{}, {ADDED: "J"}])
def test_a_file_of_an_earlier_month_is_read_without_the_column(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, file_format: str, added: Row
) -> None:
    dated(monkeypatch, kind, "2018-06")
    assert read(tmp_path, kind, ROWS[kind] | added, file_format).frame.columns == ["line_number", *ROWS[kind]]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_of_the_first_month_has_the_column(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, file_format: str
) -> None:
    dated(monkeypatch, kind, "2018-05")
    assert read(tmp_path, kind, ROWS[kind] | {ADDED: "J"}, file_format).frame[ADDED].to_list() == ["J"]
    with pytest.raises(DeliveryError, match=f"missing: {ADDED}"):
        read(tmp_path, kind, ROWS[kind], file_format)


def test_a_column_that_is_dated_says_what_its_absence_means() -> None:
    with pytest.raises(ValueError, match="absence of late"):
        Table("t", "", "", (), (Column("late", "VARCHAR", "", first_month="2018-05"),))
