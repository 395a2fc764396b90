"""Lets DuckDB read a Polars frame where it lies: no file between them, and no copy.

DuckDB asks for pyarrow when it sees a Polars frame; what offers the Arrow stream alone it reads by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import polars as pl


class _ArrowStream:
    """A frame that shows nothing but its Arrow stream."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """Let ``name`` stand for the frame."""
    connection.register(name, _ArrowStream(frame))
    try:
        yield
    finally:
        connection.unregister(name)
