"""One attempt of each suite: a random file, what a reader of the project makes of it, and what the strict one says."""

import io
import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.landing.csv_text import read_csv_text
from dvz_assets.landing.encodings import body_of
from dvz_assets.landing.fixed_width import FixedField, read_fixed_width
from dvz_assets.landing.insz import is_valid_insz
from dvz_assets.landing.parquet_text import read_parquet_text
from dvz_assets.landing.received import ReceivedFolder
from dvz_assets.landing.voucher import read_voucher
from dvz_assets.months import Month
from tests.cases.landing_writer import synthetic_insz
from tests.suites.strict import Refused, Rows, strict_csv, strict_fixed, strict_insz

NAME = "Zonderlinge"  # in every file, in no message
FILE = Path("file")
MONTH = Month(2018, 5)
Attempt = Callable[[random.Random, Path], str | None]


def line_of(error: DvzError) -> int:
    """The line that an error names; 0 where it is of the whole file."""
    words = error.place.split(", line ")
    return int(words[1]) if len(words) > 1 else 0


def quoted(error: DvzError) -> str | None:
    return "a value in the message" if NAME in str(error) else None


def compared(read: Callable[[], pl.DataFrame], strict: Rows | Refused) -> str | None:
    """What is wrong: the reader and the strict one have to give the same rows, or the same line."""
    try:
        frame = read()
    except DvzError as error:
        if not isinstance(strict, Refused):
            return f"refused in line {line_of(error)}, and nothing is wrong"
        if strict.line != line_of(error):
            return f"line {line_of(error)} is named, and line {strict.line} is the first that is wrong"
        return quoted(error)
    if isinstance(strict, Refused):
        return f"accepted, and line {strict.line} is wrong"
    rows = [(number, [value or "" for value in values]) for number, *values in frame.rows()]
    return None if rows == strict else "other rows"


def csv_attempt(chance: random.Random, folder: Path) -> str | None:
    """Mostly right rows, with a few bytes put in, taken out or exchanged."""
    columns = ["a", "b", "c"]
    end = chance.choice(["\n", "\r\n"])
    values = ["", "1", NAME, "é", "a b", '"x"', '";"', '"""q"""', '"\n"', '"\r\n"', "\u2028"]
    rows = [";".join(chance.choice(values) for _ in columns) for _ in range(chance.randint(0, 8))]
    body = bytearray((end.join([";".join(columns), *rows]) + chance.choice(["", end])).encode())
    tokens = [b'"', b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xc3", b"x", b" ", b'""']
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        at = chance.randint(0, len(body))
        body[at : at + chance.randint(0, 1)] = chance.choice([*tokens, b""])
    content = bytes(body)
    return compared(lambda: read_csv_text(FILE, content, columns), strict_csv(content, columns))


def fixed_attempt(chance: random.Random, folder: Path) -> str | None:
    """Records in one of three encodings, with a few bytes exchanged."""
    encoding = chance.choice(["utf-8", "iso-8859-1", "windows-1252"])
    python_name = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}[encoding]
    places = {"a": (1, 2), "b": (4, 12), "c": (16, 1)}
    letters = "aZ9 é" + ("€" if encoding != "iso-8859-1" else "ø")
    records = [
        f"{chance.choice(letters)}{chance.choice(letters)}-{NAME + chance.choice(letters):<12}{chance.choice(letters)} "
        for _ in range(chance.randint(0, 6))
    ]
    end = chance.choice(["\n", "\r\n"])
    body = bytearray("".join(record + end for record in records).encode(python_name))
    for _ in range(chance.choice([0, 0, 1, 2])):
        at = chance.randint(0, len(body))
        body[at : at + chance.randint(0, 1)] = chance.choice(
            [b"\n", b"\r", b"\0", b"\x1f", b"\x81", b"\xe9", b"x", b""]
        )
    content = bytes(body)
    if content.startswith(b"\xef\xbb\xbf"):
        return None
    fields = {name: FixedField(first, length) for name, (first, length) in places.items()}

    def read() -> pl.DataFrame:
        return read_fixed_width(FILE, body_of(FILE, content, encoding), encoding, 17, fields).select(
            "line_number", *places
        )

    return compared(read, strict_fixed(content, encoding, places, 17))


CODECS: tuple[Any, ...] = ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4")
TYPES: tuple[Any, ...] = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt64, pl.Float32, pl.Float64, pl.Boolean),
    *(pl.Date, pl.Time, pl.Datetime("ms"), pl.Datetime("us"), pl.Duration("us"), pl.Decimal(12, 2)),
    *(pl.Binary, pl.String, pl.Categorical, pl.List(pl.String), pl.Struct({"x": pl.String})),
)


def parquet_attempt(chance: random.Random, folder: Path) -> str | None:
    """Files of every type and codec: right ones are read to the letter, damaged ones read or refused."""
    height = chance.choice([0, 1, 50, 3000])
    days = [date(2018, 1, 1) + timedelta(days=number % 300) for number in range(height)]
    frame = pl.DataFrame(
        {
            "oud_insz": [NAME + str(number % 7) for number in range(height)],
            "nieuw_insz": [synthetic_insz(number) for number in range(height)],
            "datum": days,
        },
        schema={"oud_insz": pl.String, "nieuw_insz": pl.String, "datum": pl.Date},
    )
    expected = frame.with_columns(pl.col("datum").dt.strftime("%Y%m%d"))
    other = chance.choice([None, None, *TYPES])
    written = frame if other is None else frame.with_columns(pl.lit(None, other).alias("nieuw_insz"))
    buffer = io.BytesIO()
    written.write_parquet(buffer, compression=chance.choice(CODECS), row_group_size=chance.choice([None, 100]))
    body = bytearray(buffer.getvalue())
    damages = chance.choice([0, 1, 1, 1, 2, 8])
    for _ in range(damages):
        if chance.random() < 0.1:
            del body[chance.randint(0, len(body)) :]
        elif body:
            body[chance.randrange(len(body))] = chance.randrange(256)
    try:
        found = read_parquet_text(FILE, bytes(body), frame.columns, 10**8)
    except DvzError as error:
        if not damages and other is None:
            return "refused, and nothing is wrong"
        return quoted(error)
    is_same = damages > 0 or other is not None or found.drop("line_number").equals(expected)
    return None if is_same else "other rows"


def json_attempt(chance: random.Random, folder: Path) -> str | None:
    """Vouchers with a value, a key or some bytes exchanged: read, or refused without a value."""
    strange: list[Any] = [
        *(None, True, -1, 10**40, 1e308, 1.5, "", NAME, "\0", "2018-05", [], {}, {NAME: NAME}, [NAME], "9" * 5000),
    ]
    file: dict[str, Any] = {"name": "statement.csv", "rows": 1, "sha256": "0" * 64, "totals": {"bedrag": 1}}
    voucher: dict[str, Any] = {"source": "novaprima", "month": "2018-05", "sequence": 1, "closed_on": "2018-06-01"}
    for part in (file, voucher):
        if chance.random() < 0.5:
            part[chance.choice([*part, NAME, "layout"])] = chance.choice(strange)
    text = json.dumps(voucher | {"files": [file]})
    match chance.randrange(6):
        case 0:
            text = text.replace('"sequence": 1', '"sequence": ' + chance.choice(["1e5", "01", "1.0", "NaN", "9" * 400]))
        case 1:
            text = text[:-1] + ', "sequence": 2}'  # a key twice
        case 2:
            text = "[" * chance.choice([50, 5000, 100_000]) + text
        case 3:
            text = text[: chance.randrange(len(text))]
    (folder / "novaprima" / "2018-05").mkdir(parents=True, exist_ok=True)
    (folder / "novaprima" / "2018-05" / "voucher.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_voucher(ReceivedFolder(folder, ("novaprima", "2018-05")), "novaprima", MONTH)
    except DvzError as error:
        return quoted(error)
    return None


def insz_attempt(chance: random.Random, folder: Path) -> str | None:
    """Numbers with some characters exchanged, those of other alphabets included."""
    texts: list[str | None] = [None]
    for _ in range(200):
        text = list(synthetic_insz(chance.randrange(10**6)))
        for _ in range(chance.choice([0, 1, 2])):
            text[chance.randrange(11)] = chance.choice("0123456789 +-.aé٣")
        texts.append("".join(text)[: chance.choice([11, 11, 11, 10])] + chance.choice(["", "", "", "1", "\n"]))
    found = (
        pl.DataFrame({"insz": texts}, schema={"insz": pl.String}).select(is_valid_insz("insz")).to_series().to_list()
    )
    return None if found == [text is not None and strict_insz(text) for text in texts] else "another judgement"


SUITES: dict[str, Attempt] = {
    "CSV": csv_attempt,
    "fixed width": fixed_attempt,
    "Parquet": parquet_attempt,
    "JSON": json_attempt,
    "INSZ": insz_attempt,
}
