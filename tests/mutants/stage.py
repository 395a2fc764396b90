"""Where SQL is tried fast: what each relational asset reads in each month of computed homes, in memory.

A mutant dies when a column that the tests compare with the slow reading of the rules has another value: in its own
asset, or in what is made of it in the same month. It dies, too, of a row that has no key, or the key of another one:
the expectations of every asset refuse it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
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
from tests.oracle.measures import Tables
from tests.properties.measured import MONTH, cases, load

# what tests/cases and tests/properties compare with tests/oracle; None for all columns
COMPARED: Mapping[str, Sequence[str] | None] = {
    "selection_one": None,
    "intersection": ("insz",),
    "decisions": ("insz", "regime", *OF_DECISION),
    "dvz_export": None,
    "month_measures": None,
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
COPY, MADE = "copy of ", "made"
OF_HOMES = [asset for asset in RELATIONAL if asset != "month_measures"]
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
        """What a statement gives; it stays for what is made of it."""
        self.connection.execute(f'USE "{self.schema}"')
        table = LAKE_TABLES[self.asset].at(str(self.month))
        self.connection.execute(f'CREATE TABLE "{MADE}" AS SELECT {table.projection()} FROM ({statement})')
        rows = self.connection.execute(f'FROM "{MADE}" ORDER BY {table.ordering()}').fetchall()
        keys = {tuple(row[table.names.index(name)] for name in table.key) for row in rows}
        if len(keys) < len(rows) or None in {first for first, *_ in keys}:
            raise ValueError(f"{self.asset}: a key that is missing, or there twice")
        return rows

    def read(self, other: "Place") -> None:
        """Let it read what was made at another place."""
        self.connection.execute(f'DELETE FROM "{self.schema}"."{other.asset}"')
        self.connection.execute(f'INSERT INTO "{self.schema}"."{other.asset}" BY NAME FROM "{other.schema}"."{MADE}"')

    def compared(self, rows: Rows) -> Rows:
        """Of the rows, what the tests compare, in a sequence that depends on nothing else."""
        wanted = COMPARED[self.asset] or self.columns
        places = [self.columns.index(name) for name in wanted]
        return sorted((tuple(row[place] for place in places) for row in rows), key=repr)


@dataclass(frozen=True)
class Moment:
    """A month of a home, or of drawn tables, with the places that were needed so far."""

    month: Month
    assets: Sequence[str]
    make: Callable[[str], Place]
    places: dict[str, Place] = field(default_factory=dict)

    def reached_from(self, assets: Sequence[str]) -> dict[str, Place]:
        """Places of these assets, and of what is made of them in the same month, in the sequence of making."""
        reached: dict[str, Place] = {}
        for asset in self.assets:
            if asset in assets or not reached.keys().isdisjoint(reads_in(asset, self.month).relations):
                if asset not in self.places:
                    self.places[asset] = self.make(asset)
                reached[asset] = self.places[asset]
        return reached


class Stage:
    """Some months of some homes, or all, and month_measures of drawn tables."""

    def __init__(self, stack: ExitStack, flows: Sequence[Flow], months: Sequence[Month] | None = None) -> None:
        self._connection = stack.enter_context(duckdb.connect(":memory:", config={"threads": 1}))
        self._connection.execute("PRAGMA disable_optimizer")  # of so few rows planning takes longer than computing
        self._moments = [
            Moment(month, OF_HOMES, partial(self._place, flow, month))
            for flow in flows
            for month in flow.lake.months("decisions")
            if months is None or month in months
        ]
        self._moments += [Moment(MONTH, ["month_measures"], partial(self._measured, tables)) for tables in cases()]

    def killed_by(self, folder: Path, assets: Sequence[str]) -> str | None:
        """Return where rows differ with the SQL files of a folder, which concern the assets; None for nowhere."""
        for number, moment in enumerate(self._moments):
            places = moment.reached_from(assets)
            with mock.patch.object(project_files, "sql_folder", lambda: folder), self._undone():
                found = self._difference(places, moment.month, assets)
            if found is not None:
                # what has seen one mutant is likely to see the next
                self._moments.insert(0, self._moments.pop(number))
                return found
        return None

    def _difference(self, places: Mapping[str, Place], month: Month, assets: Sequence[str]) -> str | None:
        changed: set[str] = set()
        for asset, place in places.items():
            try:
                above = changed.intersection(reads_in(asset, month).relations)
                if asset not in assets and not above:
                    continue
                for name in above:
                    place.read(places[name])
                rows = place.rows(sql_text(asset, month))
            except (duckdb.Error, ValueError):
                return f"{asset} of {month} is no statement, or has no keys"
            if rows == place.expected:
                continue
            if asset in COMPARED and place.compared(rows) != place.compared(place.expected):
                return f"{asset} of {month}"
            changed.add(asset)
        return None

    def _place(self, flow: Flow, month: Month, asset: str) -> Place:
        schema, connection = self._schema(f"{flow.settings.home} {month} {asset}"), self._connection
        with relations(connection, flow, asset, month, reads_in(asset, month)):
            found = connection.execute("SELECT table_name FROM duckdb_columns() WHERE schema_name = ?", [schema])
            names = {name for (name,) in found.fetchall()}
            for name in names:
                connection.execute(f'CREATE TABLE "{COPY}{name}" AS FROM "{name}"')
        for name in names:
            connection.execute(f'ALTER TABLE "{COPY}{name}" RENAME TO "{name}"')
        return self._computed(asset, month, schema)

    def _measured(self, tables: Tables, asset: str) -> Place:
        schema = self._schema(f"measured {id(tables)}")
        load(self._connection, tables)
        return self._computed(asset, MONTH, schema)

    def _schema(self, name: str) -> str:
        self._connection.execute(f'CREATE SCHEMA "{name}"')
        self._connection.execute(f'USE "{name}"')
        return name

    def _computed(self, asset: str, month: Month, schema: str) -> Place:
        place = Place(asset, month, self._connection, schema, [])
        with self._undone():
            return replace(place, expected=place.rows(sql_text(asset, month)))

    @contextmanager
    def _undone(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")


assert set(COMPARED) <= set(ASSETS)
