"""``dvz sql``: a read-only session on the analysts' file that reaches nothing else."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, command, errors

if TYPE_CHECKING:
    from dvz_assets.questions.limited_sql import Result

WIDEST = 10_000
END = ("exit", "quit", ".quit", ".exit")


def sql(
    query: Annotated[str | None, typer.Argument(help="One question; else a session.", show_default=False)] = None,
    home: HomeOption = None,
) -> None:
    """Ask the analysts' file: read-only, no other file, no network, no extension. Holds counts and no person.

    A question has the time of sql_seconds and the memory of sql_memory_limit, and shows at most 100,000 rows.
    """
    from dvz_assets.errors import DvzError
    from dvz_assets.flow.published_files import sidecars
    from dvz_assets.flow.publishing import PUBLISHED_DATABASES
    from dvz_assets.home.storage import storage_of
    from dvz_assets.questions.limited_sql import LimitedSession
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(home=home)
        path = PUBLISHED_DATABASES["analytics_database"].path(settings.home)
        if sidecars(storage_of(settings), path):
            raise DvzError(
                "SIDECAR",
                place=str(path),
                expected="nothing beside the analysts' file that DuckDB would replay into it",
                found="what another program has left",
                remedy="run any month: that removes it",
            )
        if not path.exists():
            raise DvzError(
                "NOT_PUBLISHED",
                place=str(path),
                expected="the analysts' file",
                found="none",
                remedy="run a month first, or name another --home",
            )
        session = LimitedSession(storage_of(settings).readable(path), settings.sql_seconds, settings.sql_memory_limit)
        with closing(session):
            if query is not None:
                _show(session.ask(query))
                return
            errors.print("Read-only; one question a line, 'exit' ends. FROM month_overview shows the months.")
            while (line := _next_line()) is not None:
                try:
                    _show(session.ask(line))
                except DvzError as error:
                    errors.print(str(error), markup=False)


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


def _show(result: "Result") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*(escape(column) for column in result.columns), box=None, pad_edge=False)
    for row in result.rows:
        table.add_row(*(escape(value) for value in row))
    # no value is cut: a terminal that is too narrow wraps the line
    Console(width=WIDEST, highlight=False).print(table)
    if result.is_cut:
        errors.print(f"Shown are only the first {len(result.rows)}; there are more.")
