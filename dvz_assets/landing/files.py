"""Reads a delivered file into text columns and line numbers, once it agrees with its voucher.

CSV and Parquet give the same text, so that the same row-level rules apply. Everything that is wrong with a file as a
whole is a DeliveryError that names file and line, never a value. Contract sections 1 and 1.1.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.voucher import Voucher, VoucherFile
from dvz_assets.tables.lake import INSZ_REPLACEMENTS, NOVAPRIMA_STATEMENT, REGISTER_SNAPSHOT

COLUMNS = {
    "statement": NOVAPRIMA_STATEMENT.names[1:],
    "persons": REGISTER_SNAPSHOT.names[1:],
    "insz_replacements": INSZ_REPLACEMENTS.names[1:],
}
SEPARATOR = ";"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AMOUNT = r"^[0-9]{1,30}$"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A delivered file: its columns as text (empty = null) and ``line_number``, the header being line 1."""

    name: str
    sha256: str
    frame: pl.DataFrame


def read_delivered_file(folder: Path, voucher: Voucher, kind: str, *, max_bytes: int) -> RawFile:
    """Read one data file of a delivery and hold it against its voucher; raises DeliveryError."""
    announced = voucher.file(kind)
    path = folder / announced.name
    content = _content(path, max_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != announced.sha256.lower():
        raise _wrong(path, "the SHA-256 of its voucher", "another content")
    read = _read_parquet if path.suffix == ".parquet" else _read_csv
    frame = read(path, content, COLUMNS[kind], max_bytes)
    _require_announced(path, announced, frame)
    return RawFile(path.name, sha256, frame.select("line_number", *COLUMNS[kind]))


def _content(path: Path, max_bytes: int) -> bytes:
    """The whole file, read once: what is hashed is what is parsed."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise _wrong(path, f"at most {max_bytes} bytes (setting max_file_bytes)", f"{size} bytes")
        return path.read_bytes()
    except OSError as error:
        raise _wrong(path, "a readable file", type(error).__name__) from None


def _require_announced(path: Path, announced: VoucherFile, frame: pl.DataFrame) -> None:
    if frame.height != announced.rows:
        raise _wrong(path, f"{announced.rows} rows, as in its voucher", f"{frame.height} rows")
    if announced.totals is not None:
        if "bedrag" not in frame.columns:
            raise _wrong(path, "totals of bedrag only for a file that has it", "a total in its voucher")
        total = signed_total(frame)
        if total != announced.totals.bedrag:
            raise _wrong(path, f"a total of bedrag of {announced.totals.bedrag} cents, as in its voucher", f"{total}")


def signed_total(frame: pl.DataFrame) -> int:
    """Signed sum of ``bedrag`` in cents; a row whose sign or amount cannot be read counts 0."""
    readable = frame.filter(pl.col("teken").is_in(["+", "-"]) & pl.col("bedrag").str.contains(AMOUNT))
    amounts = readable.select("teken", pl.col("bedrag").cast(pl.Decimal(38, 0)))
    plus = amounts.filter(pl.col("teken") == "+")["bedrag"].sum() or 0
    minus = amounts.filter(pl.col("teken") == "-")["bedrag"].sum() or 0
    return int(plus) - int(minus)


def _read_csv(path: Path, content: bytes, columns: Sequence[str], _max_bytes: int) -> pl.DataFrame:
    body = content.removeprefix(BYTE_ORDER_MARK)
    _require_text(path, body)
    if not body:
        raise _wrong(path, "a header line", "an empty file")
    # most deliveries quote nothing: then lines are rows, and Polars splits them alone
    return _split_lines(path, body, columns) if b'"' not in body else _parse_quoted(path, body, columns)


def _require_text(path: Path, body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(path, "UTF-8", "other bytes", line=body.count(b"\n", 0, error.start) + 1) from None
    if (position := body.find(b"\0")) >= 0:
        raise _wrong(path, "text", "a NUL byte", line=body.count(b"\n", 0, position) + 1)


def _require_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    repeated = sorted({name for name in columns if header.count(name) > 1})
    missing = [name for name in columns if name not in header]
    unknown = sum(name not in columns for name in header)
    if repeated or missing or unknown:
        parts = [f"missing: {', '.join(missing)}"] if missing else []
        parts += [f"repeated: {', '.join(repeated)}"] if repeated else []
        parts += [f"unknown: {unknown}"] if unknown else []
        raise _wrong(path, f"the columns {', '.join(columns)}, in any order", "; ".join(parts), line=1)


def _split_lines(path: Path, body: bytes, columns: Sequence[str]) -> pl.DataFrame:
    """A file without a quote: every line is a row, and every separator separates."""
    text = body.replace(b"\r\n", b"\n")
    header = text.partition(b"\n")[0].decode("utf-8").split(SEPARATOR)
    _require_header(path, header, columns)
    lines = text.removesuffix(b"\n").split(b"\n")[1:]
    separators = len(header) - 1
    wrong = next((line for line, row in enumerate(lines, start=2) if row.count(b";") != separators), None)
    if wrong is not None:
        raise _wrong(path, f"{len(header)} fields", "another number of fields", line=wrong)
    frame = pl.read_csv(
        io.BytesIO(text),
        separator=SEPARATOR,
        quote_char=None,
        infer_schema=False,
        raise_if_empty=False,
    )
    return frame.with_columns(pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias("line_number"))


def _parse_quoted(path: Path, body: bytes, columns: Sequence[str]) -> pl.DataFrame:
    """A file with quotes: a field may hold separators and line breaks, so the standard library reads it."""
    rows = _csv_rows(path, body.decode("utf-8"))
    first = next(rows, None)
    header = [] if first is None else first[1]
    _require_header(path, header, columns)
    lines: list[int] = []
    values: list[list[str]] = []
    for line, row in rows:
        if len(row) != len(header):
            raise _wrong(path, f"{len(header)} fields", f"{len(row)} fields", line=line)
        lines.append(line)
        values.append(row)
    frame = pl.DataFrame(values, schema=dict.fromkeys(header, pl.String), orient="row")
    texts = frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in header)
    return texts.with_columns(pl.Series("line_number", lines, dtype=pl.Int64))


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=SEPARATOR, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise _wrong(path, "quotes that are opened and closed around a whole field", "others", line=line) from None


def _read_parquet(path: Path, content: bytes, columns: Sequence[str], max_bytes: int) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError, ValueError):
        raise _wrong(path, "a Parquet file", "bytes that cannot be read as one") from None
    if frame.estimated_size() > max_bytes:
        raise _wrong(path, f"at most {max_bytes} bytes (setting max_file_bytes)", "more when unpacked")
    _require_header(path, frame.columns, columns)
    texts = frame.select(_as_text(path, name, frame.schema[name]) for name in columns)
    empty_is_null = texts.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns)
    return empty_is_null.with_columns(pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias("line_number"))


def _as_text(path: Path, name: str, type_: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if type_ == pl.String or type_ == pl.Null:
        return column.cast(pl.String)
    if type_ == pl.Date and (name.endswith(("_dag", "_tot", "_datum", "_sinds", "_op")) or name == "datum"):
        return column.dt.strftime("%Y%m%d")
    if type_.is_integer() and name == "bedrag":
        return column.cast(pl.String)
    raise _wrong(path, f"text in column {name} (dates may be DATE, bedrag an integer)", f"type {type_}")


def _wrong(path: Path, expected: str, found: str, line: int | None = None) -> DeliveryError:
    return DeliveryError(
        "INVALID_FILE",
        place=str(path) if line is None else f"{path}, line {line}",
        expected=expected,
        found=found,
        remedy="have the source deliver the month again, with a higher sequence",
    )
