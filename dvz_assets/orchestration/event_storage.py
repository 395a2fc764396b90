"""Dagster's event log in SQLite, over connections that stay open.

Dagster's own class makes an engine and opens the file for each of the hundreds of events of a run, and the last one to
close it copies the log into the database each time; each event waits for the disk up to three times. Here the events of
a run are on the disk before Dagster records that the run has ended: a power cut can take the last events of a run that
it also ended.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property

import sqlalchemy
from dagster import EventLogEntry

from dvz_assets.orchestration.dagster_private import ConsolidatedSqliteEventLogStorage

SECONDS_TO_WAIT_FOR_OTHERS = 30  # as Dagster waits


class SqliteEventLog(ConsolidatedSqliteEventLogStorage):
    """The event log of a home: what ``dagster.yaml`` names as its storage."""

    @cached_property
    def _engine(self) -> sqlalchemy.Engine:
        address = sqlalchemy.URL.create("sqlite", database=self.get_db_path())  # type: ignore[no-untyped-call]
        engine = sqlalchemy.create_engine(address, connect_args={"timeout": SECONDS_TO_WAIT_FOR_OTHERS})
        # a commit is whole, and waits for the disk when the log is copied into the database
        sqlalchemy.event.listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous = NORMAL"))
        return engine

    @cached_property
    def _tables(self) -> set[str]:
        return set()

    @contextmanager
    def _transaction(self) -> Iterator[sqlalchemy.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def index_connection(self) -> AbstractContextManager[sqlalchemy.Connection]:
        """Return a transaction of its own, as Dagster asks for."""
        return self._transaction()

    def run_connection(self, run_id: str | None) -> AbstractContextManager[sqlalchemy.Connection]:
        """Return the same: all runs share one file."""
        return self._transaction()

    def has_table(self, table_name: str) -> bool:
        """Return whether there is such a table, which Dagster asks for each event; one that is there stays."""
        if table_name not in self._tables and sqlalchemy.inspect(self._engine).has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event; when it begins or ends a run, it and all before it are on the disk."""
        super().store_event(event)
        if event.dagster_event is not None and event.dagster_event.is_job_event:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint")

    def dispose(self) -> None:
        """Close what is open; the last one to close copies the log into the database."""
        self._engine.dispose()
        super().dispose()  # type: ignore[no-untyped-call]
