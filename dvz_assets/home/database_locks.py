"""Locks of a home in an object store, which has none: advisory locks in PostgreSQL.

They belong to a connection and end with it, so a process that dies, or a machine that is gone for a minute, holds
nobody up. A pool that shares connections between statements (PgBouncer in transaction mode) cannot hold them.
"""

import hashlib
from typing import Any

from pydantic import SecretStr

from dvz_assets.errors import DvzError

SECONDS_TO_CONNECT = 10
# after how long the server takes a holder that is silent for gone
GONE = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4"


class DatabaseLocks:
    """Locks of one holder: a connection, which bears its name."""

    def __init__(self, home: str, database: SecretStr, holder: str) -> None:
        self._home = home
        self._connection = _connect(database, holder)

    def take(self, name: str, *, wait: bool) -> bool:
        """A lock that another holder has not, or has no longer."""
        if wait:
            self._ask("SELECT pg_advisory_lock(%s)", self._key(name))
            return True
        return bool(self._ask("SELECT pg_try_advisory_lock(%s)", self._key(name)))

    def is_held(self, name: str) -> bool:
        """Whether a connection has it."""
        held = """SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND (classid::BIGINT << 32 | objid::BIGINT) = %s"""
        return bool(self._ask(held, self._key(name)))

    def holder_of(self, name: str) -> str:
        """The name that its connection bears; empty when it has just ended."""
        holder = """SELECT max(application_name) FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND granted AND (classid::BIGINT << 32 | objid::BIGINT) = %s"""
        return str(self._ask(holder, self._key(name)) or "")

    def require_held(self) -> None:
        """They are, while the connection lives."""
        self._ask("SELECT %s", 1)

    def close(self) -> None:
        """End the connection, and its locks with it."""
        self._connection.close()

    def _key(self, name: str) -> int:
        """64 bits for the lock of a home."""
        digest = hashlib.sha256(f"{self._home} {name}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def _ask(self, query: str, value: int) -> Any:
        import psycopg2

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, [value])
                return cursor.fetchone()[0]
        except psycopg2.Error as error:
            raise DvzError(
                "LOCK_LOST",
                place="setting lock_database",
                expected="a connection to PostgreSQL for as long as a run lasts",
                found=type(error).__name__,
                remedy="see why it ended; nothing is half-written, run the month again",
            ) from None


def _connect(database: SecretStr, holder: str) -> Any:
    import psycopg2

    try:
        connection = psycopg2.connect(
            database.get_secret_value(),
            application_name=holder or "dvz",
            connect_timeout=SECONDS_TO_CONNECT,
            options=GONE,
        )
    except psycopg2.Error as error:
        raise DvzError(
            "LOCK_DATABASE_UNREACHABLE",
            place="setting lock_database",
            expected="a PostgreSQL server that lets this account in, such as postgresql://dvz@host/dagster",
            found=type(error).__name__,
            remedy="start the server, or correct lock_database (the password may stand in PGPASSWORD)",
        ) from None
    connection.autocommit = True
    return connection
