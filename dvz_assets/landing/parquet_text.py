"""Reads a delivered Parquet file into the text that the same rows have in CSV, so that the same rules judge them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import AMOUNT, DATES, require_columns
from dvz_assets.landing.parquet_process import DecoderDiedError, decode
from dvz_assets.landing.received import too_large, wrong_file

TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Null)


def read_parquet_text(path: Path, content: bytes, columns: Sequence[str], max_bytes: int) -> pl.DataFrame:
    """The columns as text (empty = null) and ``line_number``, the row number from 1; raises DeliveryError.

    Other columns than text are refused, but for dates of type DATE and ``bedrag`` of any integer type.
    """
    frame = read_parquet_columns(path, content, columns, max_bytes)
    texts = frame.select(_as_text(path, name, frame.schema[name]) for name in columns)
    require_no_nul(path, texts)
    return texts.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line_number"),
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns),
    )


def read_parquet_columns(path: Path, content: bytes, columns: Sequence[str], max_bytes: int) -> pl.DataFrame:
    """Exactly these columns, in any order, in the types that the file gives them; raises DeliveryError."""
    try:
        found = decode(content, columns, max_bytes)
    except DecoderDiedError:
        raise _unreadable(path) from None
    require_columns(path, found.names, columns)
    if found.unpacked > max_bytes:
        raise too_large(path, max_bytes, f"about {found.unpacked} bytes")
    return found.frame


def _as_text(path: Path, name: str, data_type: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if data_type in TEXT_TYPES or (data_type.is_integer() and name == AMOUNT):
        return column.cast(pl.String)
    if data_type == pl.Date and name in DATES:
        return date_text(column).alias(name)
    allowed = "text or DATE" if name in DATES else "text or an integer type" if name == AMOUNT else "text"
    raise wrong_file(path, allowed, f"type {data_type.base_type()}", f"column {name}")


def date_text(column: pl.Expr) -> pl.Expr:
    """A date as YYYYMMDD; days outside the years 1 to 9999, which have no such form, become a text that is no date."""
    has_form = column.is_between(date.min, date.max)
    form = pl.when(has_form).then(column).dt.strftime("%Y%m%d")
    return pl.when(column.is_null() | has_form).then(form).otherwise(pl.format("day {}", column.to_physical()))


def require_no_nul(path: Path, texts: pl.DataFrame) -> None:
    """Raise DeliveryError that names the first row with a NUL, which Parquet allows."""
    has_nul = texts.select(pl.any_horizontal(pl.all().str.contains("\0", literal=True))).to_series()
    if (row := has_nul.arg_max()) is not None and has_nul[row]:
        raise wrong_file(path, "text", "a NUL byte", f"row {row + 1}")


def _unreadable(path: Path) -> DeliveryError:
    return wrong_file(path, "a Parquet file", "bytes that cannot be read as one")
