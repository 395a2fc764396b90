"""Where SQL is tried fast: what each relational asset reads in each month of computed homes, in memory.

A mutant dies when a column that the tests compare with the slow reading of the rules has another value: in its own
asset, or in what is made of it in the same month.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from dvz_assets import project_files
from dvz_assets.flow.assets import ASSETS, RELATIONAL
from dvz_assets.flow.context import Flow
from dvz_assets.flow.declared_reads import reads_in
from dvz_assets.flow.sql_files import sql_text
from dvz_assets.flow.views import relations
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES
from tests.cases.test_named_cases import OF_DECISION

# what tests/cases and tests/properties compare with tests/oracle; None for all columns
COMPARED: Mapping[str, Sequence[str] | None] = {
    "intersection": ("insz",),
    "decisions": ("insz", "regime", *OF_DECISION),
    "dvz_export": None,
    "dvz_export_periods": None,
    "threshold_indicator": (
        "insz",
        "aid_amount_12m",
        "monthly_living_wage",
        "living_wage_category",
        "living_wage_category_assumed",
        "exceeds",
    ),
    "corrections": ("insz", "month_sent", "kind", "reason", "insz_now"),
}
COPY = "copy of "
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """An asset in a month of a home: what it reads stands in a schema of its own."""

    asset: str
    month: Month
    connection: duckdb.DuckDBPyConnection
    schema: str
    expected: Rows

    @property
    def columns(self) -> tuple[str, ...]:
        return LAKE_TABLES[self.asset].at(str(self.month)).names

    def rows(self, statement: str) -> Rows:
        self.connection.execute(f'USE "{self.schema}"')
        table = LAKE_TABLES[self.asset].at(str(self.month))
        query = f"SELECT {table.projection()} FROM ({statement}) ORDER BY {table.ordering()}"
        return self.connection.execute(query).fetchall()

    def compared(self, rows: Rows) -> Rows:
        """Of the rows, what the tests compare, in a sequence that depends on nothing else."""
        wanted = COMPARED[self.asset] or self.columns
        places = [self.columns.index(name) for name in wanted]
        return sorted((tuple(row[place] for place in places) for row in rows), key=repr)


class Stage:
    """All places of some homes."""

    def __init__(self, stack: ExitStack, flows: Sequence[Flow]) -> None:
        self._connection = stack.enter_context(duckdb.connect(":memory:", config={"threads": 1}))
        self._connection.execute("PRAGMA disable_optimizer")  # of so few rows planning takes longer than computing
        self._months = [each for number, flow in enumerate(flows) for each in self._months_of(number, flow)]

    def killed_by(self, folder: Path, assets: Sequence[str]) -> str | None:
        """Return where rows differ with the SQL files of a folder, which concern the assets; None for nowhere."""
        for number, (month, places) in enumerate(self._months):
            with mock.patch.object(project_files, "sql_folder", lambda: folder):
                found = self._difference(places, month, assets)
            if found is not None:
                # what has seen one mutant is likely to see the next
                self._months.insert(0, self._months.pop(number))
                return found
        return None

    def _difference(self, places: Mapping[str, Place], month: Month, assets: Sequence[str]) -> str | None:
        changed: dict[str, Rows] = {}
        for asset, place in places.items():
            above = {name: rows for name, rows in changed.items() if name in reads_in(asset, month).relations}
            if asset not in assets and not above:
                continue
            try:
                with _replaced(place, above):
                    rows = place.rows(sql_text(asset, month))
            except (duckdb.Error, ValueError):
                return f"{asset} of {month} is no statement"
            if rows == place.expected:
                continue
            if asset in COMPARED and place.compared(rows) != place.compared(place.expected):
                return f"{asset} of {month}"
            changed[asset] = rows
        return None

    def _months_of(self, home: int, flow: Flow) -> Iterator[tuple[Month, dict[str, Place]]]:
        for month in flow.lake.months("decisions"):
            schemas = {asset: f"{home} {month} {asset}" for asset in RELATIONAL}
            yield month, {asset: _place(self._connection, flow, asset, month, schemas[asset]) for asset in RELATIONAL}


def _place(connection: duckdb.DuckDBPyConnection, flow: Flow, asset: str, month: Month, schema: str) -> Place:
    connection.execute(f'CREATE SCHEMA "{schema}"')
    connection.execute(f'USE "{schema}"')
    with relations(connection, flow, asset, month, reads_in(asset, month)):
        names = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [schema]
            ).fetchall()
        ]
        for name in names:
            connection.execute(f'CREATE TABLE "{COPY}{name}" AS FROM "{name}"')
    for name in names:
        connection.execute(f'ALTER TABLE "{COPY}{name}" RENAME TO "{name}"')
    return Place(
        asset, month, connection, schema, Place(asset, month, connection, schema, []).rows(sql_text(asset, month))
    )


@contextmanager
def _replaced(place: Place, tables: Mapping[str, Rows]) -> Iterator[None]:
    """Let tables have other rows for a while."""
    if not tables:
        yield
        return
    connection = place.connection
    connection.execute(f'USE "{place.schema}"')
    connection.execute("BEGIN")
    try:
        for name, rows in tables.items():
            connection.execute(f'DELETE FROM "{name}"')
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
        yield
    finally:
        connection.execute("ROLLBACK")


assert set(COMPARED) <= set(ASSETS)
