"""What every step of the flow is given: settings, lake, reference tables and a DuckDB connection."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from dvz_assets.lake import Lake
from dvz_assets.ledger import Ledger
from dvz_assets.months import Month
from dvz_assets.reference import REFERENCE_TABLES, Reference
from dvz_assets.settings import Settings


@dataclass(frozen=True)
class Flow:
    """One process' view of the flow; the reference tables are read and checked once.

    ``on_step`` is told of every step that ended well (asset, and month where it has one): for progress bars.
    """

    settings: Settings
    on_step: Callable[[str, Month | None], None] = lambda asset, month: None

    @cached_property
    def lake(self) -> Lake:
        """The lake of the home."""
        return Lake(self.settings.home)

    @cached_property
    def ledger(self) -> Ledger:
        """The record of the home."""
        return Ledger(self.settings)

    @cached_property
    def reference(self) -> Reference:
        """Code tables and rules; raises DvzError when they are wrong."""
        return Reference.load(self.settings.reference)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB in memory for one step, within the limits of the settings, with the reference tables in it."""
        _spill_folders(self.settings).mkdir(parents=True, exist_ok=True)  # DuckDB makes only the last folder
        connection = duckdb.connect(":memory:", config=duckdb_config(self.settings))
        confine(connection, self.settings.home)
        kept = self.reference.keep(self.settings.home)
        for table in REFERENCE_TABLES:
            file = str(kept / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{file}')")
        return connection


def duckdb_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """Limits of every DuckDB connection: threads, memory, and where it spills. Nothing is installed while it runs."""
    return {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        # DuckDB tells its files there apart by process number; two containers have the same one, and the results of
        # two that share a folder were wrong
        "temp_directory": str(_spill_folders(settings) / secrets.token_hex(8)),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }


def _spill_folders(settings: Settings) -> Path:
    return settings.home / "restricted" / "spill"


def confine(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let a connection read and write below one folder and nowhere else, load no extension, and keep it so."""
    path = str(folder).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{path}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
