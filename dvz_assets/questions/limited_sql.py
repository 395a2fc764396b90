"""Asks a published file within limits of time and memory, whatever the question is.

DuckDB interrupts a query only between its steps, and does not count the memory of every function (``repeat`` took 3 GB
and three minutes within 300 MB). So questions are asked in a process of their own, of which the operating system limits
the memory, and which is ended when its time is over.
"""

import re
import resource
import signal
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from dvz_assets.errors import DvzError

MOST_ROWS = 100_000
UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}
READY_SECONDS = 60  # to start a process on a busy machine
THREADS = 2


@dataclass(frozen=True, slots=True)
class Result:
    """Columns with their DuckDB types, and rows; ``is_cut`` where there are more rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


class LimitedSession:
    """A read-only session on one file that reaches nothing else; a question that breaks a limit ends it."""

    def __init__(self, path: Path, seconds: int, memory_limit: str) -> None:
        self._path, self._seconds, self._memory_limit = path, seconds, memory_limit
        self._start()

    def ask(self, query: str) -> Result:
        """Answer one question; raises DvzError when it is wrong, or breaks a limit. The next one may be asked then."""
        self._connection.send(query)
        try:
            answer = self._receive(self._seconds)
        except EOFError:
            raise self._limit("sql_memory_limit", self._memory_limit, "memory") from None
        if answer is None:
            raise self._limit("sql_seconds", f"{self._seconds} seconds", "time")
        if isinstance(answer, DvzError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _start(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_answer_all, args=(theirs, self._path, self._memory_limit), daemon=True)
        self._process.start()
        theirs.close()
        try:
            problem = self._receive(READY_SECONDS)
        except EOFError:
            problem = None
        if not isinstance(problem, Result):
            self.close()
            raise problem or self._error("sql_memory_limit", self._memory_limit, "memory")

    def _receive(self, seconds: int) -> Result | DvzError | None:
        if not self._connection.poll(seconds):
            return None
        answer: Result | DvzError = self._connection.recv()
        return answer

    def _limit(self, setting: str, limit: str, what: str) -> DvzError:
        self.close()
        self._start()
        return self._error(setting, limit, what)

    def _error(self, setting: str, limit: str, what: str) -> DvzError:
        return DvzError(
            "QUERY_LIMIT",
            expected=f"a question that needs at most {limit} (setting {setting})",
            found=f"one that needs more {what}; it was ended, with what the session had made",
            remedy=f"ask for less, or raise {setting}",
        )


def _answer_all(connection: Connection, path: Path, memory_limit: str) -> None:
    """Run in the process of its own until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        database = _opened(path, memory_limit)
        _limit_memory(memory_limit)
    except duckdb.Error as error:
        connection.send(_wrong(error))
        return
    connection.send(Result((), (), [], is_cut=False))
    while True:
        try:
            query = connection.recv()
        except EOFError:
            return
        try:
            connection.send(_answer(database, query))
        except duckdb.OutOfMemoryException:
            return
        except duckdb.Error as error:
            connection.send(_wrong(error))


def _opened(path: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": memory_limit,
            "threads": THREADS,
            # else it would spill beside the published file
            "temp_directory": "",
        },
    )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _limit_memory(memory_limit: str) -> None:
    """So much more than the process, with its libraries, has taken to begin with."""
    number, unit = re.fullmatch(r"([0-9.]+) ?([A-Za-z]+)", memory_limit).groups()  # type: ignore[union-attr]
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + int(float(number) * UNITS[unit])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _answer(database: duckdb.DuckDBPyConnection, query: str) -> Result:
    cursor = database.execute(query)
    description = cursor.description or ()
    rows = cursor.fetchmany(MOST_ROWS + 1) if description else []
    columns, types = (tuple(str(column[part]) for column in description) for part in (0, 1))
    return Result(columns, types, rows[:MOST_ROWS], is_cut=len(rows) > MOST_ROWS)


def _wrong(error: duckdb.Error) -> DvzError:
    """The file holds no person, so messages about it may be shown, with what DuckDB supposes was meant."""
    return DvzError(
        "QUERY_WRONG",
        expected="a question that DuckDB understands, about the analysts' file alone",
        found=" ".join(str(error).partition("\n\n")[0].splitlines()),
        remedy="correct it; .tables lists the tables and views, FROM month_overview shows the months",
    )
