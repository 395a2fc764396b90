"""Typed statement lines with aid kind and State share; numbers stay as printed. Contract section 1.2."""

import duckdb
import polars as pl

from dvz_assets.flow.cleaned.quarantine import accepted, count_rejected, write_quarantine
from dvz_assets.flow.cleaned.unverified_codes import unverified_codes
from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import partition_of_today
from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.flow.visible_reference import visible_reference
from dvz_assets.home.lake import Manifest, write_query
from dvz_assets.landing.statement_rows import statement_rejects, typed_statement, with_codes
from dvz_assets.months import Month
from dvz_assets.tables.lake import AID_HISTORY

ASSET, DELIVERED = "aid_history", "novaprima_statement"
# every later month reads it: sorted numbers as differences are as small as compressed ones, and read in half the time
HISTORY_LAYOUT = "PARQUET_VERSION v2, COMPRESSION uncompressed"


def write_candidate(flow: Flow, connection: duckdb.DuckDBPyConnection, month: Month) -> Manifest:
    """Write the accepted lines of the statement of ``month``."""
    reference = visible_reference(flow, ASSET, month)
    raw = partition_of_today(flow.lake, DELIVERED, month)
    judged = statement_rejects(with_codes(raw, reference), month)
    lines = typed_statement(accepted(judged), reference)
    table = AID_HISTORY.at(str(month))
    lines = lines.with_columns(pl.lit(month.first_day).alias("month")).select(table.names)
    used = {"budget_articles": lines["begrotingsartikel"], "help_types": lines["hulptype"]}
    facts = unverified_codes(flow, month, ASSET, reference, used)
    counts = {"delivered": raw.height, "kept": lines.height, **count_rejected(judged)}
    manifest = new_manifest(flow, ASSET, month, counts, facts)
    write_quarantine(flow, DELIVERED, month, judged)
    with registered(connection, "accepted_lines", lines):
        query = f"SELECT {table.projection()} FROM accepted_lines ORDER BY {table.ordering()}"
        write_query(connection, query, flow.lake.candidate(ASSET, month), manifest, HISTORY_LAYOUT)
    return manifest
