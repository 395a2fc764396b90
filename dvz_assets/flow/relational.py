"""Has the engine run the SQL file of a relational asset, and writes the result as a candidate of the lake.

There is one writer for all engines, so that the same rows are the same bytes. DuckDB marks a column of a Parquet file
as required when its optimizer happens to know that nothing is missing there; the writer adds a row that never comes,
with nothing in any column, so that this does not depend on who computed the rows. Holds which relations each SQL file
reads. The rules are in ``sql/``, their parameters in the reference tables.
"""

import hashlib
from collections.abc import Callable
from functools import cache

import duckdb

from dvz_assets import __version__
from dvz_assets.flow.context import Flow
from dvz_assets.flow.views import STATEMENT_MONTH, create_views, files_behind, partitions_behind
from dvz_assets.flow.withheld import WITHHELD
from dvz_assets.home.lake import Manifest, write_query
from dvz_assets.home.reference_archive import archived_files
from dvz_assets.months import Month
from dvz_assets.project_files import sql_folder
from dvz_assets.tables.lake import LAKE_TABLES

INPUTS: dict[str, tuple[str, ...]] = {
    "selection_one": ("statement_lines", "identity_map"),
    "selection_two": ("selection_one", "register_persons", "statement_month"),
    "intersection": ("selection_one", "selection_two"),
    "reimbursed_runs": ("selection_one", "selection_two", "identity_map", "aid_history", "statement_month"),
    "decisions": (
        "selection_one",
        "selection_two",
        "intersection",
        "reimbursed_runs",
        "statement_lines",
        "identity_map",
        "statement_month",
        "withheld",
    ),
    "dvz_export": (
        "decisions",
        "register_snapshot",
        "identity_map",
        "statement_lines",
        "recent_lines",
        "statement_month",
    ),
    "dvz_export_periods": ("decisions", "reimbursed_runs", "statement_month"),
    "threshold_indicator": ("decisions", "identity_map", "recent_lines", "aid_history", "statement_month"),
}


def write_candidate(flow: Flow, connection: duckdb.DuckDBPyConnection, asset: str, month: Month) -> Manifest:
    """Run ``sql/<asset>.sql`` for ``month`` into its candidate, typed and ordered as its table says."""
    create_views(connection, flow, month, INPUTS[asset])
    table = LAKE_TABLES[asset]
    inputs = inputs_of(flow, asset, month, flow.lake.fingerprint)
    facts = {"regime": flow.reference.regime_of(month), "software": __version__}
    manifest = Manifest(asset, str(month), inputs, facts=facts)
    files = archived_files(flow.reference, flow.settings) | {
        view: files_behind(flow.lake, view, month) for view in INPUTS[asset] if view not in (STATEMENT_MONTH, WITHHELD)
    }
    with flow.engine.result(connection, sql_text(asset), files) as result:
        query = f"""
            SELECT {table.projection()} FROM {result}
            UNION ALL
            SELECT {", ".join(["NULL"] * len(table.columns))} WHERE random() < 0 -- never; see the module
            ORDER BY {table.ordering()}"""
        write_query(connection, query, flow.lake.candidate(asset, month), manifest)
    return manifest


@cache
def sql_text(asset: str) -> str:
    """The SELECT statement of an asset."""
    return (sql_folder() / f"{asset}.sql").read_text(encoding="utf-8")


def inputs_of(flow: Flow, asset: str, month: Month, fingerprint: Callable[[str, Month], str]) -> dict[str, str]:
    """Fingerprints of all that an asset is made from at ``month``; ``fingerprint`` tells that of a partition."""
    inputs = {
        "sql": hashlib.sha256(sql_text(asset).encode()).hexdigest(),
        "reference": flow.reference.fingerprint,
        "country_of_origin": flow.settings.country_of_origin,
    }
    if WITHHELD in INPUTS[asset]:
        inputs[WITHHELD] = flow.holds.fingerprint(month)
    for view in INPUTS[asset]:
        for upstream, each in partitions_behind(flow.lake, view, month):
            inputs[f"{upstream} {each}"] = fingerprint(upstream, each)
    return inputs
