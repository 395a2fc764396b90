"""Has the engine run the SQL file of a relational asset, and writes the result as a candidate of the lake.

There is one writer for all engines, so that the same rows are the same bytes. DuckDB marks a column of a Parquet file
as required when its optimizer happens to know that nothing is missing there; the writer adds a row that never comes,
with nothing in any column, so that this does not depend on who computed the rows. What a SQL file reads is declared in
``flow.assets``; the rules are in ``sql/``, their parameters in the reference tables.
"""

import duckdb

from dvz_assets.engines.duckdb_engine import DuckDBEngine
from dvz_assets.flow.assets import ASSETS
from dvz_assets.flow.context import Flow
from dvz_assets.flow.declared_reads import reads_in
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.flow.sql_files import sql_text
from dvz_assets.flow.views import files_behind, relations
from dvz_assets.home.lake import Manifest, write_query
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES


def write_candidate(flow: Flow, connection: duckdb.DuckDBPyConnection, asset: str, month: Month) -> Manifest:
    """Run the SQL that holds in ``month`` into its candidate, typed and ordered as its table says."""
    table, reads = LAKE_TABLES[asset].at(str(month)), reads_in(asset, month)
    manifest = new_manifest(flow, asset, month, facts={"regime": flow.reference.regime_of(month)})
    files = {name: files_behind(flow, name, month) for name in reads.relations}
    engine = DuckDBEngine() if ASSETS[asset].on_duckdb else flow.engine
    with (
        relations(connection, flow, asset, month, reads),
        engine.result(connection, sql_text(asset, month), files) as result,
    ):
        query = f"""
            SELECT {table.projection()} FROM {result}
            UNION ALL
            SELECT {", ".join(["NULL"] * len(table.columns))} WHERE random() < 0 -- never; see the module
            ORDER BY {table.ordering()}"""
        write_query(connection, query, flow.lake.candidate(asset, month), manifest)
    return manifest
