"""The relations that SQL files and expectations join: those that are declared, and only while they are read.

One name means one thing everywhere: an asset's name is its partition of the month, except

- ``aid_history``: all statements up to and including the month,
- ``statement_lines``: the statement of the month alone,
- ``recent_lines``: the last twelve statements,
- ``statement_month``: one row with the facts of the month,
- ``withheld``: the persons whom the desk withholds in the month,
- ``<raw asset>_quarantine``: the rejected rows of a delivered file,

and a reference table's name is the rows of it that the month can see.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dvz_assets.engines import ParquetFiles
from dvz_assets.flow.assets import (
    STATEMENT_MONTH,
    STATEMENTS_IN_TWELVE_MONTHS,
    TWO_YEARS,
    WITHHELD,
    Months,
    Reads,
    relation,
)
from dvz_assets.flow.context import Flow
from dvz_assets.flow.month_facts import facts_as_select
from dvz_assets.flow.old_partitions import absent_columns, is_absent
from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.flow.signals import SIGNALS
from dvz_assets.flow.visible_reference import visible_rows
from dvz_assets.flow.withheld import withheld_persons
from dvz_assets.months import Month
from dvz_assets.sql_literals import file_to_read
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Column, Table

QUARANTINE = "_quarantine"


def partitions_behind(flow: Flow, name: str, month: Month) -> list[tuple[str, Month]]:
    """Return which partitions a relation holds at ``month``: (asset, month) pairs in order."""
    behind, lake = relation(name), flow.lake
    match behind.months:
        case Months.SAME:
            return [] if is_absent(lake, behind.asset, month) else [(behind.asset, month)]
        case Months.TWELVE:
            first = month.minus(STATEMENTS_IN_TWELVE_MONTHS - 1)
            return [(behind.asset, each) for each in lake.months(behind.asset) if first <= each <= month]
        case Months.ALL:
            return [(behind.asset, each) for each in lake.months(behind.asset) if each <= month]
        case Months.LATEST_BEFORE:
            return [(behind.asset, each) for each in lake.months(behind.asset) if each < month][-1:]
        case Months.ALL_BEFORE:
            return [(behind.asset, each) for each in lake.months(behind.asset) if each < month]
        case Months.TWO_YEARS_BEFORE:
            first = month.minus(TWO_YEARS)
            return [(behind.asset, each) for each in lake.months(behind.asset) if first <= each < month]
        case Months.LOOKED_BACK_ON | Months.SINCE_LOOKED_BACK_ON:
            first = month.minus(flow.reference.correction_months(month))
            last = month.previous() if behind.months is Months.LOOKED_BACK_ON else month
            return [(behind.asset, each) for each in lake.months(behind.asset) if first <= each <= last]


def files_behind(flow: Flow, name: str, month: Month) -> list[ParquetFiles]:
    """Return the Parquet files of a relation at ``month``, together where they lack the same columns."""
    return [
        ParquetFiles([flow.lake.partition(*each) for each in partitions], absent)
        for absent, partitions in _alike(flow, name, month).items()
    ]


@contextmanager
def relations(
    connection: duckdb.DuckDBPyConnection,
    flow: Flow,
    asset: str,
    month: Month,
    reads: Reads,
    candidate: Path | None = None,
) -> Iterator[None]:
    """Let ``connection`` see what ``reads`` declares, as ``asset`` sees it at ``month``, and nothing of it afterwards.

    With ``candidate``, the name of the asset stands for that file, with the columns of today too.
    """
    made: list[str] = []

    def make(kind: str, name: str, select: str) -> None:
        connection.execute(f'CREATE {kind} "{name}" AS {select}')
        made.append(f'{kind} "{name}"')

    try:
        for name in reads.relations:
            make("VIEW", name, _select(flow, name, month))
        for name in reads.reference:
            with registered(connection, "visible_rows", visible_rows(flow, asset, month, name)):
                make("TABLE", name, "FROM visible_rows")
        for name in reads.signals:
            with registered(connection, "signal_rows", SIGNALS[name](flow, month)):
                make("TABLE", name, "FROM signal_rows")
        if reads.month_facts:
            make("TABLE", STATEMENT_MONTH, facts_as_select(flow, month, reads.month_facts))
        if reads.withheld:
            with registered(connection, "withheld_persons", withheld_persons(flow, month)):
                make("TABLE", WITHHELD, "FROM withheld_persons")
        if candidate is not None:
            table = LAKE_TABLES[asset]
            later = [column for column in table.columns if column not in table.at(str(month)).columns]
            make("VIEW", asset, f"SELECT {_columns(table, later)} FROM {_read_parquet([candidate])}")
        yield
    finally:
        for each in reversed(made):
            connection.execute(f"DROP {each}")


def _select(flow: Flow, name: str, month: Month) -> str:
    """The rows of a relation, with the columns that its table has today."""
    if name.endswith(QUARANTINE):
        rejected = flow.lake.quarantine(name.removesuffix(QUARANTINE), month)
        return f"FROM {_read_parquet([flow.storage.readable(rejected)])}"
    table = LAKE_TABLES[relation(name).asset]
    partitions = _alike(flow, name, month)
    if not partitions:
        nothing = ", ".join(f'CAST(NULL AS {column.type}) AS "{column.name}"' for column in table.columns)
        return f"SELECT {nothing} WHERE FALSE"
    return " UNION ALL ".join(
        f"SELECT {_columns(table, absent)} FROM {_read_parquet([flow.lake.readable(*each) for each in alike])}"
        for absent, alike in partitions.items()
    )


def _alike(flow: Flow, name: str, month: Month) -> dict[tuple[Column, ...], list[tuple[str, Month]]]:
    """The partitions of a relation by the columns that they lack."""
    found: dict[tuple[Column, ...], list[tuple[str, Month]]] = {}
    for asset, each in partitions_behind(flow, name, month):
        found.setdefault(absent_columns(flow.lake, asset, each), []).append((asset, each))
    return found


def _columns(table: Table, absent: Sequence[Column]) -> str:
    return ", ".join(
        f'CAST({column.absent} AS {column.type}) AS "{column.name}"' if column in absent else f'"{column.name}"'
        for column in table.columns
    )


def _read_parquet(files: Sequence[Path]) -> str:
    paths = ", ".join(map(file_to_read, files))
    return f"read_parquet([{paths}], hive_partitioning = false)"
