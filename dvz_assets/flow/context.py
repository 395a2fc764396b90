"""What every step of the flow is given: settings, lake, reference tables and a DuckDB connection."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb

from dvz_assets.engines import Engine, engine_of
from dvz_assets.flow.visible_rows import VisibleRows
from dvz_assets.home.folder import make_folder
from dvz_assets.home.lake import Lake, LakeSnapshot
from dvz_assets.home.ledger import Ledger
from dvz_assets.home.reference_archive import archived_reference
from dvz_assets.home.storage import Storage, storage_of
from dvz_assets.landing.layouts import Layouts
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Holds
from dvz_assets.reference import Reference
from dvz_assets.settings import Settings
from dvz_assets.sql_literals import file_to_read, literal
from dvz_assets.tables.protection import Protection


@dataclass(frozen=True)
class Flow:
    """One process' view of the flow; the reference tables are read and checked once.

    ``on_step`` is told of every step that ended well (asset, and month where it has one): for progress bars. A
    home that only a question needs has a list of persons withheld that is not its own (``shared_holds``). With
    ``archived`` the reference tables are those that were archived with a month, and are read as they were then.
    """

    settings: Settings
    on_step: Callable[[str, Month | None], None] = lambda asset, month: None
    shared_engine: Engine | None = None
    shared_holds: Holds | None = None
    archived: bool = False

    @cached_property
    def storage(self) -> Storage:
        """What the home stands on."""
        return storage_of(self.settings)

    @cached_property
    def lake(self) -> Lake:
        """The lake of the home."""
        self.storage.require_reachable()
        return Lake(self.storage)

    def snapshot(self) -> "Flow":
        """The flow with its lake as it is now: for a question about all months, or while a candidate is made."""
        flow = replace(self)
        names = ("reference", "visible_reference", "engine", "_archived", "_of_thread")
        shared = {name: getattr(self, name) for name in names}
        # where cached_property keeps what it made
        flow.__dict__.update(shared, lake=LakeSnapshot(self.storage))
        return flow

    @cached_property
    def ledger(self) -> Ledger:
        """The record of the home."""
        return Ledger(self.settings)

    @cached_property
    def holds(self) -> Holds:
        """The list of persons withheld."""
        return self.shared_holds or Holds(self.settings, self.ledger)

    @cached_property
    def reference(self) -> Reference:
        """Code tables and rules; raises DvzError when they are wrong."""
        load = Reference.load_archived if self.archived else Reference.load
        return load(self.settings.reference)

    @cached_property
    def layouts(self) -> Layouts:
        """How sources write their files; raises DvzError when a description is wrong."""
        return Layouts.load(self.settings.layouts)

    @cached_property
    def visible_reference(self) -> VisibleRows:
        """The rows of these tables that a month can see."""
        return VisibleRows(self.reference)

    def reference_of(self, month: Month) -> Reference:
        """The tables with which a month was decided, which are those of today where nothing has changed since."""
        fingerprint = self.lake.manifest("decisions", month).archived_tables
        return self.reference if fingerprint == self.reference.fingerprint else self.archived_reference(fingerprint)

    def archived_reference(self, fingerprint: str) -> Reference:
        """The tables with which a month was decided, as they were then; raises DvzError when they are not archived."""
        if fingerprint not in self._archived:
            self._archived[fingerprint] = Reference.load_archived(archived_reference(self.settings.home, fingerprint))
        return self._archived[fingerprint]

    @cached_property
    def _archived(self) -> dict[str, Reference]:
        return {}

    @property
    def protection(self) -> Protection:
        """How counts and amounts of persons are shown outside the personal folders."""
        settings = self.settings
        return Protection(settings.small_cell_threshold, settings.rounding_base, settings.dominance_percent)

    @cached_property
    def engine(self) -> Engine:
        """What runs the SQL of the relational assets."""
        return self.shared_engine or engine_of(self.settings)

    def with_settings(self, settings: Settings, holds: Holds, *, archived: bool) -> "Flow":
        """The flow with other settings and another list of persons withheld, in the same engine.

        An engine outlives the homes that only a question needs.
        """
        if self.settings.work != self.settings.home:
            # the other home is built on this machine, outside the one that a cluster sees
            settings = settings.model_copy(update={"engine": "duckdb"})
            return Flow(settings, shared_holds=holds, archived=archived)
        return Flow(settings, shared_engine=self.engine, shared_holds=holds, archived=archived)

    @cached_property
    def _of_thread(self) -> threading.local:
        return threading.local()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Open a cursor on the DuckDB in memory of this thread: opening one for each step would take 30 ms a step."""
        mine = self._of_thread
        if not hasattr(mine, "database"):
            mine.database = self.connect()
        cursor: duckdb.DuckDBPyConnection = mine.database.cursor()
        return cursor

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB in memory, within the limits of the settings, with nothing in it."""
        make_folder(_spill_folders(self.settings))  # DuckDB makes only the last folder
        connection = duckdb.connect(":memory:", config=duckdb_config(self.settings))
        confine(connection, self.settings.work)
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
    return settings.work / "restricted" / "spill"


def confine(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let a connection read and write below one folder and nowhere else, load no extension, and keep it so."""
    # a file is read by its name as a pattern has it, and DuckDB compares the text
    connection.execute(f"SET allowed_directories = [{literal(folder)}, {file_to_read(folder)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
