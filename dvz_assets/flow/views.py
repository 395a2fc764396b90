"""The relations that SQL files and expectations join, as views on Parquet files of the lake.

One name means one thing everywhere: an asset's name is its partition of the month, except

- ``aid_history``: all statements up to and including the month,
- ``statement_lines``: the statement of the month alone,
- ``recent_lines``: the last twelve statements,
- ``statement_month``: one row with the facts of the month,
- ``withheld``: the persons whom the desk withholds in the month,
- ``<raw asset>_quarantine``: the rejected rows of a delivered file.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from dvz_assets.flow.context import Flow
from dvz_assets.flow.frames import registered
from dvz_assets.flow.withheld import WITHHELD, withheld_persons
from dvz_assets.home.lake import Lake
from dvz_assets.months import Month

STATEMENTS_IN_TWELVE_MONTHS = 12
STATEMENT_MONTH = "statement_month"


def partitions_behind(lake: Lake, view: str, month: Month) -> list[tuple[str, Month]]:
    """Which partitions a view reads at ``month``: (asset, month) pairs in order."""
    match view:
        case "aid_history":
            return [("aid_history", each) for each in lake.months("aid_history") if each <= month]
        case "recent_lines":
            first = month.minus(STATEMENTS_IN_TWELVE_MONTHS - 1)
            return [("aid_history", each) for each in lake.months("aid_history") if first <= each <= month]
        case "statement_lines":
            return [("aid_history", month)]
        case "statement_month":
            return [("register_snapshot", month)]
        case "withheld":
            return []
        case _:
            return [(view, month)]


def files_behind(lake: Lake, view: str, month: Month) -> list[Path]:
    """The Parquet files of a view at ``month``."""
    return [lake.partition(asset, each) for asset, each in partitions_behind(lake, view, month)]


def create_views(connection: duckdb.DuckDBPyConnection, flow: Flow, month: Month, names: Iterable[str]) -> None:
    """Let ``names`` stand for their partitions at ``month``; the reference tables are in the connection already."""
    for name in names:
        if name == STATEMENT_MONTH:
            _create_statement_month(connection, flow, month)
        elif name == WITHHELD:
            with registered(connection, "rows", withheld_persons(flow, month)):
                connection.execute(f"CREATE OR REPLACE TABLE {WITHHELD} AS FROM rows")
        elif name.endswith("_quarantine"):
            rejected = flow.lake.quarantine(name.removesuffix("_quarantine"), month)
            _view(connection, name, [flow.storage.readable(rejected)])
        else:
            _view(connection, name, [flow.lake.readable(*each) for each in partitions_behind(flow.lake, name, month)])


def create_candidate_view(connection: duckdb.DuckDBPyConnection, name: str, candidate: Path) -> None:
    """Let ``name`` stand for a candidate instead of the published partition."""
    _view(connection, name, [candidate])


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path]) -> None:
    paths = ", ".join(_literal(str(path)) for path in files)
    connection.execute(
        f'CREATE OR REPLACE VIEW "{name}" AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false)'
    )


def _create_statement_month(connection: duckdb.DuckDBPyConnection, flow: Flow, month: Month) -> None:
    regime = flow.reference.regime_of(month)
    snapshot_date = flow.lake.manifest("register_snapshot", month).facts["snapshot_date"]
    fields = ", ".join(_literal(column) for column in flow.reference.authorised_columns(regime))
    connection.execute(
        f"""CREATE OR REPLACE TABLE statement_month AS SELECT
            DATE {_literal(str(month.first_day))} AS month,
            {_literal(regime)} AS regime,
            DATE {_literal(snapshot_date)} AS reference_date,
            DATE {_literal(str(month.minus(STATEMENTS_IN_TWELVE_MONTHS - 1).first_day))} AS first_of_twelve_months,
            {_literal(flow.settings.country_of_origin)} AS country_of_origin,
            [{fields}] AS authorised_fields"""
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
