"""Broken deliveries, one by one: a clear error that names the file, nothing personal in it, nothing published.

The table says what is broken, which file (and line) the message must name, and which words must stand in it.
"""

import gzip
import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.cases.landing_writer import (
    PERSON_COLUMNS,
    REPLACEMENT_COLUMNS,
    STATEMENT_COLUMNS,
    Delivery,
    Row,
    as_csv,
    statement_line,
    synthetic_insz,
    write_landing,
)
from tests.integration.running import fingerprint

MONTH = Month.parse("2018-05")
NUMBERS = [synthetic_insz(number) for number in range(6)]
NAME = "Zonderlinge"
STATEMENT, PERSONS, REPLACEMENTS = "statement.csv", "persons.csv", "insz_replacements.csv"
SOURCE = {STATEMENT: "novaprima", PERSONS: "register", REPLACEMENTS: "register"}
COLUMNS = {STATEMENT: STATEMENT_COLUMNS, PERSONS: PERSON_COLUMNS, REPLACEMENTS: REPLACEMENT_COLUMNS}


@dataclass(frozen=True)
class Broken:
    """One broken delivery."""

    what: str
    file: str
    breaks: Callable[[Path], None]
    says: str = ""
    settings: dict[str, Any] | None = None


def announce(folder: Path, name: str, content: bytes, **changes: Any) -> None:
    """Write a file and let its voucher describe these very bytes."""
    (folder / name).write_bytes(content)
    edit_voucher(folder, lambda voucher: describe(voucher, name, content, changes))


def describe(voucher: dict[str, Any], name: str, content: bytes, changes: dict[str, Any]) -> None:
    for file in voucher["files"]:
        if file["name"].partition(".")[0] == name.partition(".")[0]:
            file |= {"name": name, "sha256": hashlib.sha256(content).hexdigest(), **changes}


def edit_voucher(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "voucher.json"
    voucher = json.loads(path.read_text("utf-8"))
    change(voucher)
    path.write_text(json.dumps(voucher), encoding="utf-8")


def file(name: str, what: str, change: Callable[[bytes], bytes], says: str = "", **described: Any) -> Broken:
    """A file whose bytes are changed, with a voucher that fits the changed bytes."""

    def breaks(folder: Path) -> None:
        announce(folder, name, change((folder / name).read_bytes()), **described)

    return Broken(f"{name}: {what}", name, breaks, says)


def unannounced(name: str, what: str, change: Callable[[bytes], bytes], says: str) -> Broken:
    """A file whose bytes are changed behind the back of its voucher."""

    def breaks(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return Broken(f"{name}: {what}", name, breaks, says)


def voucher(name: str, what: str, change: Callable[[dict[str, Any]], Any], says: str = "") -> Broken:
    """A voucher that is changed."""
    return Broken(f"voucher of {name}: {what}", "voucher.json", lambda folder: edit_voucher(folder, change), says)


def voucher_bytes(name: str, what: str, content: bytes, says: str = "") -> Broken:
    """A voucher that is replaced."""
    return Broken(
        f"voucher of {name}: {what}", "voucher.json", lambda folder: write(folder / "voucher.json", content), says
    )


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def parquet(name: str, what: str, change: Callable[[pl.DataFrame], pl.DataFrame], says: str = "") -> Broken:
    """The same file as Parquet, with something wrong in it."""
    as_parquet = name.replace(".csv", ".parquet")

    def breaks(folder: Path) -> None:
        frame = pl.read_csv(folder / name, separator=";", infer_schema=False)
        content = io.BytesIO()
        change(frame).write_parquet(content)
        (folder / name).unlink()
        announce(folder, as_parquet, content.getvalue(), rows=frame.height)

    return Broken(f"{as_parquet}: {what}", as_parquet, breaks, says)


def named_file(folder: Path, old: str, new: str) -> None:
    edit_voucher(folder, lambda content: [each.update(name=new) for each in content["files"] if each["name"] == old])


def symbolic_link(folder: Path) -> None:
    path = folder / STATEMENT
    path.rename(folder / "elsewhere.txt")
    path.symlink_to(folder / "elsewhere.txt")


def replaced_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something else under the name of the voucher."""

    def breaks(folder: Path) -> None:
        (folder / "voucher.json").unlink()
        make(folder / "voucher.json")

    return breaks


def large(path: Path) -> None:
    path.touch()
    os.truncate(path, 2 * 1024**2)


def linked_folder(folder: Path) -> None:
    folder.rename(folder.with_name(NAME))
    folder.symlink_to(folder.with_name(NAME))


def header(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        first, rest = content.split(b"\n", 1)
        return ";".join(change(first.decode().split(";"))).encode() + b"\n" + rest

    return changed


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[number - 1] = change(lines[number - 1])
        return b"\n".join(lines)

    return changed


def replacements(*pairs: tuple[str, str]) -> Callable[[bytes], bytes]:
    rows = [{"oud_insz": old, "nieuw_insz": new, "datum": "20180501"} for old, new in pairs]
    return lambda _: as_csv(REPLACEMENT_COLUMNS, rows)


def same_for_every_file() -> list[Broken]:
    found = []
    for name in (STATEMENT, PERSONS, REPLACEMENTS):
        rows = "rows"
        found += [
            unannounced(name, "changed after its voucher", lambda content: content + b"x", "SHA-256"),
            unannounced(name, "truncated", lambda content: content[:-7], "SHA-256"),
            file(name, "empty", lambda content: b"", "header", rows=0),
            file(name, "column missing", header(lambda names: names[:-1]), "missing: "),
            file(name, "column too many", header(lambda names: [*names, "extra"]), "unknown: "),
            file(name, "column repeated", header(lambda names: [*names[:-1], names[0]]), "repeated: "),
            file(name, "column renamed", header(lambda names: ["Insz", *names[1:]]), "line 1"),
            file(name, "header with blanks", header(lambda names: [f" {names[0]}", *names[1:]]), "line 1"),
            file(name, "fields missing in a row", line(2, lambda row: row.rpartition(b";")[0]), "line 2"),
            file(name, "fields too many in a row", line(2, lambda row: row + b";x"), "line 2"),
            file(name, "blank line", line(2, lambda row: row + b"\n"), "line 3"),
            file(name, "not UTF-8", line(2, lambda row: row + b"\xff\xfe"), "line 2"),
            file(name, "NUL byte", line(2, lambda row: row + b"\0"), "line 2"),
            file(name, "quote that is not closed", line(2, lambda row: b'"' + row), "line 2"),
            file(name, "gzip instead of text", gzip.compress, ""),
            file(name, "other rows than announced", lambda content: content, rows, rows=7),
            voucher(name, "file not named", lambda content, n=name: drop_file(content, n)),  # type: ignore[misc]
            Broken(f"{name}: absent", "voucher.json", lambda folder, n=name: (folder / n).unlink(), "absent"),  # type: ignore[misc]
            Broken(
                f"{name}: two formats at once",
                "voucher.json",
                lambda folder, n=name: write(folder / n.replace(".csv", ".parquet"), b"x"),  # type: ignore[misc]
                "does not name",
            ),
        ]
    return found


def drop_file(content: dict[str, Any], name: str) -> None:
    content["files"] = [each for each in content["files"] if each["name"] != name]


def without_date(content: dict[str, Any]) -> None:
    for key in ("closed_on", "snapshot_date"):
        content.pop(key, None)


def change_rows(name: str, column: str, value: str) -> Callable[[Path], None]:
    """One column of every row gets the same value."""

    def breaks(folder: Path) -> None:
        frame = pl.read_csv(folder / name, separator=";", infer_schema=False).fill_null("")
        rows = frame.with_columns(pl.lit(value).alias(column)).to_dicts()
        announce(folder, name, as_csv(COLUMNS[name], rows))

    return breaks


OF_VOUCHERS = [
    *(
        entry
        for name in (STATEMENT, PERSONS)
        for entry in (
            voucher_bytes(name, "no JSON", b"{sequence: 1", ""),
            voucher_bytes(name, "empty", b"", ""),
            voucher_bytes(name, "a list", b"[]", ""),
            voucher_bytes(name, "not UTF-8", b'{"source": "\xff"}', ""),
            voucher(name, "another month", lambda content: content.update(month="2018-06"), "2018-05"),
            voucher(name, "another source", lambda content: content.update(source="register2")),
            voucher(name, "sequence is text", lambda content: content.update(sequence="1"), "sequence"),
            voucher(name, "sequence below one", lambda content: content.update(sequence=0), "sequence"),
            voucher(name, "no files", lambda content: content.pop("files"), "files"),
            voucher(name, "files are text", lambda content: content.update(files=STATEMENT), "files"),
            voucher(name, "no date", without_date),
            voucher(name, "rows are text", lambda content: content["files"][0].update(rows="3"), "rows"),
            voucher(name, "rows are negative", lambda content: content["files"][0].update(rows=-1), "rows"),
            voucher(name, "hash too short", lambda content: content["files"][0].update(sha256="ab"), "sha256"),
            voucher(name, "a file twice", lambda content: content["files"].append(content["files"][0])),
        )
    ),
    voucher(PERSONS, "30 February", lambda content: content.update(snapshot_date="2018-02-30"), "snapshot_date"),
    voucher(PERSONS, "the other source", lambda content: content.update(source="novaprima")),
]

OTHERS = [
    Broken(
        "a path in a file name leaves the folder",
        "voucher.json",
        lambda folder: named_file(folder, STATEMENT, "../2018-05/statement.csv"),
    ),
    Broken("an absolute path", "voucher.json", lambda folder: named_file(folder, STATEMENT, "/etc/statement.csv")),
    Broken("a symbolic link", STATEMENT, symbolic_link),
    Broken("a symbolic link to a folder", "voucher.json", linked_folder, "symbolic link"),
    Broken("a pipe as voucher", "voucher.json", replaced_by(os.mkfifo), "a regular file"),
    Broken("a folder as voucher", "voucher.json", replaced_by(Path.mkdir), "a regular file"),
    Broken("a voucher of 2 MiB", "voucher.json", replaced_by(large), "at most 1048576 bytes"),
    file(STATEMENT, "persons without a header", lambda content: content.split(b"\n", 1)[1], "unknown: ", rows=1),
    Broken(
        "a number as sequence",
        "voucher.json",
        lambda folder: edit_voucher(folder, lambda content: content.update(sequence=int(NUMBERS[2]))),
        "sequence",
    ),
    parquet(
        STATEMENT,
        "a type that names a person",
        lambda f: f.with_columns(pl.struct(pl.lit(1).alias(NAME)).alias("naam")),
        "type Struct",
    ),
    file(STATEMENT, "another total", lambda content: content, "bedrag", totals={"bedrag": 1}),
    Broken(
        "total of a file without amounts",
        PERSONS,
        lambda folder: edit_voucher(folder, lambda content: content["files"][0].update(totals={"bedrag": 1})),
        "bedrag",
    ),
    Broken("larger than the limit", STATEMENT, lambda folder: None, "max_file_bytes", {"max_file_bytes": 100}),
    parquet(
        STATEMENT, "amounts as floating point", lambda f: f.with_columns(pl.col("bedrag").cast(pl.Float64)), "bedrag"
    ),
    parquet(STATEMENT, "numbers as integers", lambda f: f.with_columns(pl.col("insz").cast(pl.Int64)), "insz"),
    parquet(
        PERSONS,
        "dates as times",
        lambda f: f.with_columns(pl.lit(date(2018, 1, 1)).cast(pl.Datetime).alias("verblijf_sinds")),
    ),
    parquet(PERSONS, "column missing", lambda f: f.drop("naam"), "naam"),
    file(REPLACEMENTS, "replaced by itself", replacements((NUMBERS[0], NUMBERS[0])), "circle", rows=1),
    file(
        REPLACEMENTS,
        "circle of two",
        replacements((NUMBERS[0], NUMBERS[1]), (NUMBERS[1], NUMBERS[0])),
        "circle",
        rows=2,
    ),
    file(
        REPLACEMENTS,
        "circle of three",
        replacements((NUMBERS[0], NUMBERS[1]), (NUMBERS[1], NUMBERS[2]), (NUMBERS[2], NUMBERS[0])),
        "circle",
        rows=3,
    ),
    file(
        REPLACEMENTS, "contradiction", replacements((NUMBERS[0], NUMBERS[1]), (NUMBERS[0], NUMBERS[2])), "two", rows=2
    ),
    # rows that are wrong one by one: more than the tolerable share blocks the month
    *(
        Broken(f"{what} in every row", "aid_history", change_rows(STATEMENT, column, value), "share_of_rejected_rows")
        for what, column, value in (
            ("30 February", "eerste_dag", "20180230"),
            ("letters in the number", "insz", "3001010019X"),
            ("another month", "jaarmaand", "201804"),
            ("an amount out of range", "bedrag", "9" * 13),
            ("a negative amount", "bedrag", "-5"),
            ("an unknown law", "wetgeving", "3"),
            ("an unknown budget article", "begrotingsartikel", "999"),
            ("a name that is too long", "naam", "x" * 31),
        )
    ),
    Broken(
        "an unknown country in every row",
        "register_persons",
        change_rows(PERSONS, "nationaliteit", "12"),
        "share_of_rejected_rows",
    ),
]


TABLE = [*same_for_every_file(), *OF_VOUCHERS, *OTHERS]


def source_of(broken: Broken) -> str:
    named = next((name for name in SOURCE if name.partition(".")[0] in broken.what), None)
    if named is not None:
        return SOURCE[named]
    return "register" if broken.file in ("persons.csv", "persons.parquet", "register_persons") else "novaprima"


def write_good_landing(folder: Path) -> Path:
    """One month of two persons, which the table breaks."""
    persons: list[Row] = [
        {"insz": number, "naam": NAME, "nationaliteit": "124", "register": "VR", "verblijfsmotief": "4.2.1"}
        for number in NUMBERS[2:4]
    ]
    lines = [statement_line(number, MONTH, naam=NAME, referentie=f"R{number[-3:]}") for number in NUMBERS[2:4]]
    pairs: list[Row] = [{"oud_insz": NUMBERS[4], "nieuw_insz": NUMBERS[5], "datum": "20180501"}]
    return write_landing(folder, {MONTH: Delivery(lines, persons, pairs)})


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return write_good_landing(tmp_path / "landing")


def test_the_delivery_is_good_before_it_is_broken(landing: Path, tmp_path: Path) -> None:
    run_all(Flow(Settings(landing=landing, home=tmp_path / "home")))


def run_all(flow: Flow) -> None:
    for asset in WRITERS:
        run_step(flow, asset, MONTH)


def test_the_table_is_long_enough() -> None:
    names = [broken.what for broken in TABLE]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.what.replace(" ", "_").replace("/", "_"))
def test_a_broken_delivery(broken: Broken, landing: Path, tmp_path: Path) -> None:
    broken.breaks(landing / source_of(broken) / str(MONTH))
    before = fingerprint(landing)
    flow = Flow(Settings(landing=landing, home=tmp_path / "home", **(broken.settings or {})))
    with pytest.raises(DvzError) as raised:
        run_all(flow)
    error = raised.value
    assert broken.file in error.place
    assert broken.says in str(error)
    assert all((error.expected, error.found, error.remedy))
    assert sum(value in str(error) for value in (*NUMBERS, NAME)) == 0
    assert not flow.lake.months("delivery")
    assert not (flow.settings.home / "deliveries").exists()
    assert fingerprint(landing) == before
