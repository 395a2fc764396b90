"""``dvz sql``: a read-only session on the analysts' file that reaches nothing else."""

import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, command, errors

if TYPE_CHECKING:
    from dvz_assets.questions.limited_sql import Result

WIDEST = 10_000
END = ("exit", "quit", ".quit", ".exit")
HELP = """A question may have several lines and ends with ';'. .tables lists tables and views with what they hold,
.help shows this, exit ends. FROM month_overview; shows the months. DESCRIBE funnel; shows the columns of a table,
SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'funnel'; what they mean."""
TABLES = """SELECT if(schema_name = 'main', '', schema_name || '.') || name AS name, kind, comment FROM (
    SELECT schema_name, table_name AS name, 'table' AS kind, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT schema_name, view_name, 'view', comment FROM duckdb_views() WHERE NOT internal
) ORDER BY kind, schema_name <> 'main', schema_name, name"""


def sql(
    query: Annotated[str | None, typer.Argument(help="One question; else a session.", show_default=False)] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the answer to standard output as CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as JSON: a list of objects.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="The same as Parquet; send it to a file.")] = False,
    home: HomeOption = None,
) -> None:
    """Ask the analysts' file: read-only, no other file, no network, no extension. Holds counts and no person.

    A question has the time of sql_seconds and the memory of sql_memory_limit, and shows at most 100,000 rows.
    """
    from dvz_assets.errors import DvzError
    from dvz_assets.flow.published_files import sidecars
    from dvz_assets.flow.publishing import PUBLISHED_DATABASES
    from dvz_assets.home.storage import storage_of
    from dvz_assets.questions.answers import Form, written
    from dvz_assets.questions.limited_sql import LimitedSession
    from dvz_assets.settings import Settings

    with command():
        forms = [form for form, is_wanted in zip(Form, (csv, json, parquet), strict=True) if is_wanted]
        if len(forms) > 1 or (forms and query is None):
            raise DvzError(
                "INVALID_ARGUMENT",
                place=", ".join(f"--{form}" for form in forms),
                expected="one question as an argument, and one form of its answer",
                found="several forms" if len(forms) > 1 else "no question",
                remedy='such as dvz sql --csv "FROM month_overview"',
            )
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
                result = session.ask(query)
                if forms:
                    sys.stdout.buffer.write(written(result, forms[0]))
                    _tell_of_cut(result)
                else:
                    _show(result)
                return
            errors.print("Read-only; a question ends with ';'. .help says more, 'exit' ends.")
            for question in _questions():
                if question == ".help":
                    errors.print(HELP, markup=False)
                    continue
                try:
                    _show(session.ask(TABLES if question == ".tables" else question))
                except DvzError as error:
                    errors.print(str(error), markup=False)


def _questions() -> Iterator[str]:
    """Every question up to its ';', and what begins with a point; at the end also one without."""
    lines: list[str] = []
    while True:
        try:
            line = input("...> " if lines else "dvz> ")
        except EOFError:
            line = END[0]
        word = line.strip().lower()
        if word in END:
            if lines:
                yield "\n".join(lines)
            return
        if not lines and word.startswith("."):
            yield word
        elif lines or word:
            lines.append(line)
            if word.endswith(";") and not _is_within_text("\n".join(lines)):
                yield "\n".join(lines)
                lines = []


def _is_within_text(question: str) -> bool:
    """Whether the ';' at the end stands within quotation marks or a comment that go on."""
    import duckdb

    try:
        duckdb.extract_statements(question)
    except duckdb.Error as error:
        return "unterminated" in str(error)
    return False


def _show(result: "Result") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*(escape(column) for column in result.columns), box=None, pad_edge=False)
    for row in result.rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    # no value is cut: a terminal that is too narrow wraps the line
    Console(width=WIDEST, highlight=False).print(table)
    _tell_of_cut(result)


def _tell_of_cut(result: "Result") -> None:
    if result.is_cut:
        errors.print(f"Shown are only the first {len(result.rows)}; there are more.")
