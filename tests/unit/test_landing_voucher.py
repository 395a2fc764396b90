"""A voucher is read strictly and held against its folder; its errors quote nothing of what they found."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.received import ReceivedFolder
from dvz_assets.landing.voucher import read_voucher
from tests.unit.landing_deliveries import MAY, SURNAME, voucher, voucher_file, write_delivery

STATEMENT = {"statement.csv": (b"statement", 1)}
REGISTER = {"persons.csv": (b"persons", 1), "insz_replacements.parquet": (b"replacements", 0)}


def problem_of(folder: Path, source: str = "novaprima") -> str:
    with pytest.raises(DeliveryError) as caught:
        read_voucher(ReceivedFolder(folder), source, MAY)
    message = str(caught.value)
    assert str(folder) in message
    assert SURNAME not in message
    return message


def test_a_voucher_says_what_was_delivered(tmp_path: Path) -> None:
    file = voucher_file("statement.csv", b"statement", 412, totals={"bedrag": -48211377})
    write_delivery(tmp_path, "novaprima", STATEMENT, files=[file], sequence=3)
    read = read_voucher(ReceivedFolder(tmp_path), "novaprima", MAY)
    assert (read.source, read.month, read.sequence, read.closed_on) == ("novaprima", "2018-05", 3, date(2018, 5, 6))
    assert read.snapshot_date is None
    statement = read.file("statement")
    assert (statement.name, statement.rows, statement.sha256) == ("statement.csv", 412, file["sha256"])
    assert statement.totals is not None
    assert statement.totals.bedrag == -48211377
    assert read.sha256 == hashlib.sha256((tmp_path / "voucher.json").read_bytes()).hexdigest()


def test_a_register_voucher_has_two_files_and_a_snapshot_date_that_may_lie_after_the_month(tmp_path: Path) -> None:
    write_delivery(tmp_path, "register", REGISTER, snapshot_date="2018-06-04")
    read = read_voucher(ReceivedFolder(tmp_path), "register", MAY)
    assert read.snapshot_date == date(2018, 6, 4)
    assert read.file("persons").totals is None
    assert read.file("insz_replacements").name == "insz_replacements.parquet"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"source": "novaprima"', id="cut off"),
        pytest.param(f'{{"source": {SURNAME}}}'.encode(), id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(f'{{"source": "{SURNAME}'.encode() + b'\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b" " * (1024**2 + 1), id="too large"),
    ],
)
def test_what_is_no_voucher_is_an_error_that_does_not_quote_it(tmp_path: Path, content: bytes) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT)
    (tmp_path / "voucher.json").write_bytes(content)
    problem_of(tmp_path)


def statement_file(**changes: Any) -> dict[str, Any]:
    return voucher_file("statement.csv", b"statement", 1) | changes


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"source": "register"}, "closed_on"),
        ({"source": SURNAME}, "source"),
        ({"sequence": "1"}, "sequence"),
        ({"sequence": 1.0}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"closed_on": "2018-05-32"}, "closed_on"),
        ({"closed_on": "20180506"}, "closed_on"),
        ({"closed_on": "2018-W18-7"}, "closed_on"),
        ({"closed_on": "2018-05-06T00:00:00"}, "closed_on"),
        ({"closed_on": 1525564800}, "closed_on"),
        ({"closed_on": None}, "closed_on"),
        ({"snapshot_date": "2018-05-07"}, "snapshot_date"),
        ({"files": None}, "files"),
        ({"files": [{}]}, "files.0.name"),
        ({"files": [statement_file(rows=-1)]}, "files.0.rows"),
        ({"files": [statement_file(rows="1")]}, "files.0.rows"),
        ({"files": [statement_file(sha256="0" * 63)]}, "files.0.sha256"),
        ({"files": [statement_file(sha256="g" * 64)]}, "files.0.sha256"),
        ({"files": [statement_file(totals={"bedrag": "1"})]}, "files.0.totals.bedrag"),
        ({"files": [statement_file(totals={})]}, "files.0.totals.bedrag"),
        ({"files": [statement_file(name="../statement.csv")]}, "files.0.name"),
        ({"files": [statement_file(name="/statement.csv")]}, "files.0.name"),
        ({"files": [statement_file(name="..")]}, "files.0.name"),
        ({"files": [statement_file(name="statement.csv\n")]}, "files.0.name"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT, **changes)
    assert key in problem_of(tmp_path)


def test_an_unknown_key_is_an_error_that_does_not_name_it(tmp_path: Path) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT, **{SURNAME: 1})
    assert "the whole file: Extra inputs" in problem_of(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"month": "2018-06"},
        {"month": SURNAME},
        {"source": "register", "closed_on": None, "snapshot_date": "2018-05-07"},
    ],
)
def test_a_voucher_of_another_month_or_source_is_an_error(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT, **changes)
    assert "expected source novaprima and month 2018-05" in problem_of(tmp_path)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("novaprima", []),
        ("novaprima", ["persons.csv"]),
        ("novaprima", ["statement.csv", "statement.parquet"]),
        ("novaprima", ["statement.csv", "statement.csv"]),
        ("novaprima", ["statement.csv", "more.csv"]),
        ("register", ["persons.csv"]),
        ("register", ["insz_replacements.csv"]),
        ("register", ["persons.csv", "persons.parquet"]),
    ],
)
def test_the_voucher_names_each_required_file_once_and_no_other(tmp_path: Path, source: str, names: list[str]) -> None:
    write_delivery(tmp_path, source, dict.fromkeys(names, (b"", 0)))
    files = [voucher_file(name, b"", 0) for name in names]
    (tmp_path / "voucher.json").write_text(json.dumps(voucher(source, files)), encoding="utf-8")
    assert "and no other" in problem_of(tmp_path, source)


@pytest.mark.parametrize("name", ["statement.parquet", "persons.csv", "STATEMENT.CSV", f"{SURNAME}.csv"])
def test_a_data_file_that_the_voucher_does_not_name_is_an_error(tmp_path: Path, name: str) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT)
    (tmp_path / name).write_bytes(b"")
    assert "1 of them in the folder" in problem_of(tmp_path)


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT)
    for name in ("README.md", "statement.csv.part", ".voucher.json.swp"):
        (tmp_path / name).write_bytes(b"")
    assert read_voucher(ReceivedFolder(tmp_path), "novaprima", MAY).sequence == 1


def test_a_file_that_the_voucher_names_and_that_is_absent_is_an_error(tmp_path: Path) -> None:
    write_delivery(tmp_path, "novaprima", STATEMENT)
    (tmp_path / "statement.csv").unlink()
    assert "absent: statement.csv" in problem_of(tmp_path)


def test_a_voucher_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    write_delivery(tmp_path / "elsewhere", "novaprima", STATEMENT)
    write_delivery(tmp_path / "here", "novaprima", STATEMENT)
    (tmp_path / "here" / "voucher.json").unlink()
    (tmp_path / "here" / "voucher.json").symlink_to(tmp_path / "elsewhere" / "voucher.json")
    assert "symbolic link" in problem_of(tmp_path / "here")


def test_a_folder_without_a_voucher_is_an_error(tmp_path: Path) -> None:
    assert "No such file" in problem_of(tmp_path)
