"""A data file is read once, and only when it is what its voucher announces."""

import os
from pathlib import Path
from typing import Any

import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.landing.files import RawFile, read_content, read_delivered_file
from dvz_assets.landing.received import ReceivedFolder
from dvz_assets.landing.totals import signed_total
from dvz_assets.landing.voucher import read_voucher
from tests.cases.landing_writer import as_csv
from tests.unit.landing_deliveries import (
    MAY,
    NO_LIMIT,
    SURNAME,
    Row,
    expect,
    frame_of,
    parquet_bytes,
    persons_row,
    replacement_row,
    statement_row,
    voucher_file,
    write_delivery,
)

CSV = as_csv(COLUMNS["statement"], [statement_row(), statement_row(teken="-", bedrag="270")])
PARQUET = parquet_bytes(frame_of("statement", [statement_row()]).drop("line_number"))


def deliver(folder: Path, content: bytes = CSV, name: str = "statement.csv", rows: int = 2, **changes: Any) -> None:
    file = voucher_file(name, content, rows, **changes)
    write_delivery(folder, "novaprima", {name: (content, rows)}, files=[file])


def read(folder: Path, max_bytes: int = NO_LIMIT) -> RawFile:
    return read_delivered_file(
        ReceivedFolder(folder), read_voucher(ReceivedFolder(folder), "novaprima", MAY), "statement", max_bytes=max_bytes
    )


def problem_of(folder: Path, max_bytes: int = NO_LIMIT) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        read(folder, max_bytes)
    assert caught.value.place.startswith(str(folder / "statement."))
    assert SURNAME not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(("name", "content", "rows"), [("statement.csv", CSV, 2), ("statement.parquet", PARQUET, 1)])
def test_a_file_that_agrees_with_its_voucher_is_read(name: str, content: bytes, rows: int, tmp_path: Path) -> None:
    deliver(tmp_path, content, name, rows)
    file = read(tmp_path)
    expect((file.name, file.sha256), (name, voucher_file(name, content, rows)["sha256"]))
    expect(file.frame.height, rows)
    expect(file.frame.columns, ["line_number", *COLUMNS["statement"]])


def test_the_files_of_the_register_are_read_by_kind(tmp_path: Path) -> None:
    contents = {
        "persons.csv": (as_csv(COLUMNS["persons"], [persons_row()]), 1),
        "insz_replacements.csv": (as_csv(COLUMNS["insz_replacements"], []), 0),
    }
    write_delivery(tmp_path, "register", contents)
    voucher = read_voucher(ReceivedFolder(tmp_path), "register", MAY)
    heights = {
        kind: read_delivered_file(ReceivedFolder(tmp_path), voucher, kind, max_bytes=NO_LIMIT).frame.height
        for kind in ("persons", "insz_replacements")
    }
    assert heights == {"persons": 1, "insz_replacements": 0}


def test_the_hash_may_be_written_in_capitals(tmp_path: Path) -> None:
    deliver(tmp_path, sha256=voucher_file("statement.csv", CSV, 2)["sha256"].upper())
    expect(read(tmp_path).frame.height, 2)


def test_a_file_with_another_content_than_the_voucher_hashed_is_an_error(tmp_path: Path) -> None:
    deliver(tmp_path)
    (tmp_path / "statement.csv").write_bytes(CSV + b"\n")
    problem = problem_of(tmp_path)
    assert (problem.code, problem.found) == ("FILE_DIFFERS_FROM_VOUCHER", "another content")


def test_a_file_with_another_number_of_rows_is_an_error(tmp_path: Path) -> None:
    deliver(tmp_path, rows=3)
    problem = problem_of(tmp_path)
    assert (problem.code, problem.found) == ("FILE_DIFFERS_FROM_VOUCHER", "2 rows")


def test_the_total_is_the_signed_sum_and_is_checked_when_it_is_given(tmp_path: Path) -> None:
    deliver(tmp_path, totals={"bedrag": 89_000})
    expect(read(tmp_path).frame.height, 2)
    for wrong in (89_540, 89_001, 0, 10**40):
        deliver(tmp_path, totals={"bedrag": wrong})
        problem = problem_of(tmp_path)
        assert problem.code == "FILE_DIFFERS_FROM_VOUCHER"
        assert "89" not in problem.found


def test_a_total_of_a_file_without_amounts_is_an_error(tmp_path: Path) -> None:
    content = as_csv(COLUMNS["insz_replacements"], [replacement_row(1, 2)])
    files = [
        voucher_file("persons.csv", b"", 0),
        voucher_file("insz_replacements.csv", content, 1, totals={"bedrag": 0}),
    ]
    contents = {"persons.csv": (b"", 0), "insz_replacements.csv": (content, 1)}
    write_delivery(tmp_path, "register", contents, files=files)
    voucher = read_voucher(ReceivedFolder(tmp_path), "register", MAY)
    with pytest.raises(DeliveryError, match="only for a file with that column"):
        read_delivered_file(ReceivedFolder(tmp_path), voucher, "insz_replacements", max_bytes=NO_LIMIT)


def amount(sign: str, digits: str, **changes: str) -> Row:
    return statement_row(teken=sign, bedrag=digits, **changes)


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([], 0),
        ([amount("+", "5"), amount("-", "7")], -2),
        ([amount("+", "0005"), amount("+", "0")], 5),
        ([amount("+", "5", insz="broken", jaarmaand=""), amount("+", "5")], 10),
        ([amount("", "5"), amount("*", "5"), amount("+-", "5"), amount("+", "3")], 3),
        ([amount("+", bad) for bad in ("", "-5", "+5", "5.0", " 5", "5 ", "1e3", "\u0665")], 0),
        ([amount("+", "9" * 30)] * 3, 3 * (10**30 - 1)),
        ([amount("+", "0" * 40 + "5")], 5),
        ([amount("-", "1234567890123")], -1234567890123),
    ],
)
def test_the_total_counts_every_row_whose_sign_and_amount_can_be_read(rows: list[Row], total: int) -> None:
    """Rows that are rejected for another reason count; Arabic digits, blanks and points are no digits."""
    expect(signed_total(frame_of("statement", rows)), total)


def test_a_file_above_the_limit_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    deliver(tmp_path)
    expect(read(tmp_path, max_bytes=len(CSV)).frame.height, 2)
    problem = problem_of(tmp_path, max_bytes=len(CSV) - 1)
    assert problem.code == "FILE_TOO_LARGE"
    assert "max_file_bytes" in str(problem)


def replace_by_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("replace", [replace_by_a_link, replace_by_a_folder, replace_by_a_pipe, Path.unlink])
def test_only_a_regular_file_is_read(replace: Any, tmp_path: Path) -> None:
    deliver(tmp_path)
    voucher = read_voucher(ReceivedFolder(tmp_path), "novaprima", MAY)
    replace(tmp_path / "statement.csv")
    with pytest.raises(DeliveryError, match="a regular file"):
        read_delivered_file(ReceivedFolder(tmp_path), voucher, "statement", max_bytes=NO_LIMIT)


@pytest.mark.parametrize("name", ["statement.dat", "statement.txt", "statement.zip", "statement"])
def test_a_file_of_another_ending_is_read_by_a_layout_alone(name: str) -> None:
    """Whatever is in it."""
    for content in (CSV, PARQUET):
        with pytest.raises(DeliveryError, match="NO_LAYOUT"):
            read_content(Path(name), content, "statement", str(MAY), max_bytes=NO_LIMIT)
