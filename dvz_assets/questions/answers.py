"""Writes the answer to a question of ``dvz sql`` as CSV, JSON or Parquet, with the types that it has in DuckDB."""

import tempfile
from collections import Counter
from enum import StrEnum
from pathlib import Path

import duckdb
import polars as pl

from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.questions.limited_sql import Result


class Form(StrEnum):
    """How an answer can be written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


OPTIONS = {Form.CSV: "FORMAT csv, HEADER", Form.JSON: "FORMAT json, ARRAY", Form.PARQUET: "FORMAT parquet"}


def written(result: Result, form: Form) -> bytes:
    """Return the file of an answer; a column name that comes twice gets a number."""
    names = _different(result.columns)
    columns = ", ".join(
        f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}" for name, kind in zip(names, result.types, strict=True)
    )
    frame = pl.DataFrame(result.rows, schema=list(names), orient="row", infer_schema_length=None)
    # of a column without any value Polars knows no type, and DuckDB takes none without a type
    frame = frame.with_columns(pl.selectors.by_dtype(pl.Null).cast(pl.String))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        file = Path(folder) / "answer"
        target = str(file).replace("'", "''")
        with registered(connection, "rows", frame):
            connection.execute(f"COPY (SELECT {columns} FROM rows) TO '{target}' ({OPTIONS[form]})")
        return file.read_bytes()


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name.lower()] += 1
        found.append(name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()]}")
    return tuple(found)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
