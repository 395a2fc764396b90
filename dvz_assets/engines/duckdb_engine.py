"""DuckDB as the engine: the SELECT runs where its result is written, and nothing is held in between."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb


class DuckDBEngine:
    """The engine of every home that does not ask for another."""

    def begin(self) -> None:
        """Nothing has to be started."""

    @contextmanager
    def result(
        self, connection: duckdb.DuckDBPyConnection, select: str, files: Mapping[str, Sequence[Path]]
    ) -> Iterator[str]:
        """The SELECT itself, as a subquery."""
        yield f"({select})"
