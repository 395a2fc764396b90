"""DuckDB as the engine: the SELECT runs where its result is written, and nothing is held in between."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from dvz_assets.engines import ParquetFiles


class DuckDBEngine:
    """The engine of every home that does not ask for another."""

    def begin(self) -> None:
        """Nothing has to be started."""

    @contextmanager
    def result(
        self, connection: duckdb.DuckDBPyConnection, select: str, files: Mapping[str, Sequence["ParquetFiles"]]
    ) -> Iterator[str]:
        """The SELECT itself, as a subquery."""
        yield f"({select})"
