"""Reads a delivered Parquet file into the text that the same rows have in CSV, so that the same rules judge them."""

import io
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import AMOUNT, DATES, require_columns
from dvz_assets.landing.received import too_large, wrong_file

TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Null)
MAGIC = b"PAR1"
BYTES_PER_VALUE = 16  # what a value takes in memory beside its characters
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, duckdb.Error, OSError, ValueError)


def read_parquet_text(path: Path, content: bytes, columns: Sequence[str], max_bytes: int) -> pl.DataFrame:
    """The columns as text (empty = null) and ``line_number``, the row number from 1; raises DeliveryError.

    Other columns than text are refused, but for dates of type DATE and ``bedrag`` of any integer type.
    """
    try:
        schema = pl.read_parquet_schema(io.BytesIO(content))
        unpacked = _unpacked_bytes(content)
    except UNREADABLE:
        raise _unreadable(path) from None
    require_columns(path, list(schema), columns)
    as_text = [_as_text(path, name, schema[name]) for name in columns]
    if unpacked > max_bytes:
        raise too_large(path, max_bytes, f"about {unpacked} bytes")
    try:
        texts = pl.read_parquet(io.BytesIO(content)).select(as_text)
    except UNREADABLE:
        raise _unreadable(path) from None
    _require_no_nul(path, texts)
    return texts.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line_number"),
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns),
    )


def _unpacked_bytes(content: bytes) -> int:
    """What the file takes in memory, from its footer: a small file may hold any amount of data."""
    footer = int.from_bytes(content[-8:-4], "little") + 8
    # a file of memory alone, for the footer quotes the data
    memory = os.memfd_create("footer")
    query = """
        SELECT coalesce((SELECT sum(total_uncompressed_size) FROM parquet_metadata($path)), 0)
             + (SELECT sum(num_rows) FROM parquet_file_metadata($path))
             * (SELECT count(*) FROM parquet_schema($path)) * $bytes_per_value
    """
    try:
        with duckdb.connect(":memory:") as connection:
            os.write(memory, MAGIC + content[-footer:])
            parameters = {"path": f"/dev/fd/{memory}", "bytes_per_value": BYTES_PER_VALUE}
            row = connection.execute(query, parameters).fetchone()
    finally:
        os.close(memory)
    assert row is not None
    return int(row[0])


def _as_text(path: Path, name: str, data_type: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if data_type in TEXT_TYPES or (data_type.is_integer() and name == AMOUNT):
        return column.cast(pl.String)
    if data_type == pl.Date and name in DATES:
        return _date_text(column).alias(name)
    allowed = "text or DATE" if name in DATES else "text or an integer type" if name == AMOUNT else "text"
    raise wrong_file(path, allowed, f"type {data_type.base_type()}", f"column {name}")


def _date_text(column: pl.Expr) -> pl.Expr:
    """YYYYMMDD; days outside the years 1 to 9999, which have no such form, become a text that is no date."""
    has_form = column.is_between(date.min, date.max)
    form = pl.when(has_form).then(column).dt.strftime("%Y%m%d")
    return pl.when(column.is_null() | has_form).then(form).otherwise(pl.format("day {}", column.to_physical()))


def _require_no_nul(path: Path, texts: pl.DataFrame) -> None:
    has_nul = texts.select(pl.any_horizontal(pl.all().str.contains("\0", literal=True))).to_series()
    if (row := has_nul.arg_max()) is not None and has_nul[row]:
        raise wrong_file(path, "text", "a NUL byte", f"row {row + 1}")


def _unreadable(path: Path) -> DeliveryError:
    return wrong_file(path, "a Parquet file", "bytes that cannot be read as one")
