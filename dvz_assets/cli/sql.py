"""``dvz sql``: a read-only session on the analysts' file that reaches nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, command, errors, fail

if TYPE_CHECKING:
    import duckdb

WIDEST = 10_000
END = ("exit", "quit", ".quit", ".exit")


def sql(
    query: Annotated[str | None, typer.Argument(help="One question; else a session.", show_default=False)] = None,
    home: HomeOption = None,
) -> None:
    """Ask the analysts' file: read-only, no other file, no network, no extension. Holds counts and no person."""
    import duckdb

    from dvz_assets.errors import DvzError
    from dvz_assets.flow.publishing import PUBLISHED_DATABASES
    from dvz_assets.home.storage import storage_of
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(home=home)
        path = PUBLISHED_DATABASES["analytics_database"].path(settings.home)
        if not path.exists():
            raise DvzError(
                "NOT_PUBLISHED",
                place=str(path),
                expected="the analysts' file",
                found="none",
                remedy="run a month first, or name another --home",
            )
        with _hardened(storage_of(settings).readable(path)) as connection:
            if query is not None:
                try:
                    _ask(connection, query)
                except duckdb.Error as error:
                    # the file holds no person, so its messages may be shown
                    fail(str(error).partition("\n")[0])
                return
            errors.print("Read-only; one question a line, 'exit' ends. FROM month_overview shows the months.")
            while (line := _next_line()) is not None:
                try:
                    _ask(connection, line)
                except duckdb.Error as error:
                    errors.print(str(error).partition("\n")[0], markup=False)


def _hardened(path: Path) -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(
        str(path), read_only=True, config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _next_line() -> str | None:
    """The next question; None at the end."""
    while True:
        try:
            line = input("dvz> ").strip()
        except EOFError:
            return None
        if line.lower() in END:
            return None
        if line:
            return line


def _ask(connection: "duckdb.DuckDBPyConnection", query: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    cursor = connection.execute(query)
    table = Table(*(column[0] for column in cursor.description or ()), box=None, pad_edge=False)
    for row in cursor.fetchall():
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    # no value is cut: a terminal that is too narrow wraps the line
    Console(width=WIDEST, highlight=False).print(table)
