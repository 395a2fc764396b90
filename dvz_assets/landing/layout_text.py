"""Reads a file as its layout describes it, into the text that the same rows have in the contract's CSV.

What comes out goes through the same rules as a file of the contract; line numbers are those of the source's file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dvz_assets.landing import conversions
from dvz_assets.landing.columns import AMOUNT
from dvz_assets.landing.conversions import Converted
from dvz_assets.landing.csv_text import Delimiters, read_delimited_text
from dvz_assets.landing.encodings import as_utf8, body_of
from dvz_assets.landing.fixed_width import FixedField, read_fixed_width
from dvz_assets.landing.layouts import SIGN, Controls, Layout, Place, SourceColumn
from dvz_assets.landing.parquet_text import date_text, read_parquet_columns, require_no_nul
from dvz_assets.landing.received import wrong_file
from dvz_assets.landing.totals import signed_total


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The columns of the contract as text (empty = null) with ``line_number``; of each, whether the source's fits."""

    frame: pl.DataFrame
    fits: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file between its header and its trailer, and these as text; the line at which the rows begin."""

    body: bytes
    first_line: int
    header: str | None
    trailer: str | None


def read_by_layout(path: Path, content: bytes, layout: Layout, columns: Sequence[str], max_bytes: int) -> pl.DataFrame:
    """The columns of the contract as text (empty = null) and ``line_number``; raises DeliveryError.

    ``columns`` are those of the month. The control totals of header and trailer are checked.
    """
    return _read(path, content, layout, columns, max_bytes, with_fits=False).frame


def read_and_tell(path: Path, content: bytes, layout: Layout, columns: Sequence[str], max_bytes: int) -> ReadFile:
    """The same, and what does not fit."""
    return _read(path, content, layout, columns, max_bytes, with_fits=True)


def _read(
    path: Path, content: bytes, layout: Layout, columns: Sequence[str], max_bytes: int, *, with_fits: bool
) -> ReadFile:
    parts = None
    if layout.told.format == "parquet":
        source = _read_parquet(path, content, layout, max_bytes)
    else:
        parts = _parts(path, body_of(path, content, layout.told.encoding), layout)
        source = _read_text(path, parts, layout)
    converted = _converted(layout, columns)
    frame = source.select("line_number", *(each.text.alias(name) for name, each in converted.items()))
    if parts is not None:
        _require_totals(path, layout, "header", layout.told.header, parts.header, frame)
        _require_totals(path, layout, "trailer", layout.told.trailer, parts.trailer, frame)
    fits = source.select("line_number", *(each.fits.alias(name) for name, each in converted.items() if with_fits))
    return ReadFile(frame, fits)


def _parts(path: Path, body: bytes, layout: Layout) -> _Parts:
    """Take the first and the last record away, where the layout has them."""
    first_line, header, trailer = 1, None, None
    if layout.told.header is not None:
        record, end, body = body.partition(b"\n")
        header = _control_record(path, record, layout, layout.told.header, "line 1")
        first_line += len(end)
    if layout.told.trailer is not None:
        ended = body.removesuffix(b"\n")
        start = ended.rfind(b"\n") + 1
        at = f"line {first_line + ended.count(bytes([10]))}"
        trailer = _control_record(path, ended[start:], layout, layout.told.trailer, at)
        body = ended[:start]
    return _Parts(body, first_line, header, trailer)


def _control_record(path: Path, record: bytes, layout: Layout, controls: Controls, at: str) -> str:
    text = as_utf8(record.removesuffix(b"\r"), layout.told.encoding).decode("utf-8")
    if not text or not text.startswith(controls.starts_with):
        begins = f" that begins with {controls.starts_with}" if controls.starts_with else ""
        raise wrong_file(path, f"a record{begins}, as in layout {layout.told.layout}", "another, or none", at)
    return text


def _read_text(path: Path, parts: _Parts, layout: Layout) -> pl.DataFrame:
    told, columns = layout.told, layout.read_columns
    if told.format == "fixed_width":
        fields = {
            name: FixedField(
                column.first or 0, column.length or 0, column.padding or told.padding, column.align == "right"
            )
            for name, column in columns.items()
        }
        return read_fixed_width(
            path, parts.body, told.encoding, layout.record_length, fields, first_line=parts.first_line
        )
    body = as_utf8(parts.body, told.encoding)
    delimiters = Delimiters(told.separator or ";", told.quote)
    names = _names_in_source(layout)
    if told.column_names:
        expected = [*dict.fromkeys(names.values()), *told.ignore]
    else:
        # fields that no column takes have names of their own
        by_field = {column.field: name for name, column in columns.items()}
        expected = [by_field.get(number, f"field {number}") for number in range(1, (told.fields or 0) + 1)]
    frame = read_delimited_text(
        path, body, delimiters, expected, has_header=told.column_names, first_line=parts.first_line
    )
    if not told.column_names:
        fields_of = {name: by_field[column.field] for name, column in columns.items()}
        return frame.select("line_number", *(pl.col(field).alias(name) for name, field in fields_of.items()))
    return frame.select("line_number", *(pl.col(source).alias(name) for name, source in names.items()))


def _read_parquet(path: Path, content: bytes, layout: Layout, max_bytes: int) -> pl.DataFrame:
    names = _names_in_source(layout)
    frame = read_parquet_columns(path, content, [*dict.fromkeys(names.values()), *layout.told.ignore], max_bytes)
    texts = frame.select(_as_text(path, source, frame.schema[source]).alias(name) for name, source in names.items())
    require_no_nul(path, texts)
    return texts.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line_number"), pl.all())


def _as_text(path: Path, name: str, data_type: pl.DataType) -> pl.Expr:
    """Text, whole numbers and decimals as they are written; dates as the contract has them."""
    if data_type == pl.Date:
        return date_text(pl.col(name))
    if data_type in (pl.String, pl.Categorical, pl.Enum, pl.Null) or data_type.is_integer() or data_type.is_decimal():
        return pl.col(name).cast(pl.String)
    raise wrong_file(path, "text, whole numbers, decimals or DATE", f"type {data_type.base_type()}", f"column {name}")


def _names_in_source(layout: Layout) -> dict[str, str]:
    return {name: column.name for name, column in layout.read_columns.items() if column.name is not None}


def _converted(layout: Layout, columns: Sequence[str]) -> Mapping[str, Converted]:
    """Text of each column of the contract, made of the columns that were read."""
    layout.require_columns(columns)
    converted = {}
    for name in columns:
        column = layout.told.columns[name]
        if column.constant is not None:
            converted[name] = conversions.unchanged(pl.lit(column.constant or None, pl.String))
        elif column.sign_of is not None:
            of = layout.told.columns[column.sign_of]
            assert of.amount is not None
            converted[name] = conversions.sign_of(_plain(layout, column.sign_of, of), of.amount)
        else:
            converted[name] = _convert(layout, name, column)
    return converted


def _convert(layout: Layout, name: str, column: SourceColumn) -> Converted:
    text = _plain(layout, name, column)
    if column.date is not None:
        return conversions.date_of(text, column.date)
    if column.amount is not None:
        return conversions.amount_of(text, column.amount)
    if column.translate is not None:
        return conversions.code_of(text, layout.translations[name])
    return conversions.unchanged(text)


def _plain(layout: Layout, name: str, column: SourceColumn) -> pl.Expr:
    """The text without what pads it, and null where it means nothing."""
    text = pl.col(name)
    if column.padding is not None and layout.told.format != "fixed_width":  # there it is cut off with the columns
        padding, is_left = column.padding, column.align == "right"
        text = text.str.strip_chars_start(padding) if is_left else text.str.strip_chars_end(padding)
    means_something = ~text.is_in(["", *column.empty]) if column.empty else text != ""
    return pl.when(means_something).then(text)


def _require_totals(
    path: Path, layout: Layout, part: str, controls: Controls | None, record: str | None, frame: pl.DataFrame
) -> None:
    """What a control record says of the rows; a total may be somebody's amount, and is not printed."""
    if controls is None or record is None:
        return
    if controls.rows is not None:
        said = _value(record, controls.rows, layout).strip()
        if not (said.isascii() and said.isdigit()) or int(said[-9:]) != frame.height:
            told = f"{int(said[-9:])} rows" if said.isascii() and said.isdigit() else "no number of rows"
            raise wrong_file(path, f"as many rows as there are, {frame.height}", told, part, code=DIFFERS)
    if controls.total is not None:
        cents = conversions.cents_of(_value(record, controls.total, layout).strip(), controls.amount)
        if cents is None or cents != signed_total(frame):
            raise wrong_file(path, f"the total of {AMOUNT} with {SIGN}", "another total", part, code=DIFFERS)


DIFFERS = "FILE_DIFFERS_FROM_CONTROL_RECORD"


def _value(record: str, place: Place, layout: Layout) -> str:
    if place.field is not None:
        fields = record.split(layout.told.separator or ";")
        return fields[place.field - 1] if place.field <= len(fields) else ""
    first = (place.first or 1) - 1
    return record[first : first + (place.length or 0)]
