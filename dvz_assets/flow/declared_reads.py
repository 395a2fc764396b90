"""Checks that what an asset declares to read is exactly what its SQL reads, before anything runs.

DuckDB's own parser names the relations of a statement; nothing is bound, so the check needs no data.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, RELATIONAL, STATEMENT_MONTH, WITHHELD, Reads
from dvz_assets.project_files import sql_folder


def require_declared_reads() -> None:
    """Raise DvzError, naming the file, when a SQL file reads what is not declared, or not all that is."""
    with duckdb.connect() as connection:
        for asset in RELATIONAL:
            read = relations_read(connection, (sql_folder() / f"{asset}.sql").read_text("utf-8"))
            declared = names_of(ASSETS[asset].reads)
            if read != declared:
                raise DvzError(
                    "UNDECLARED_READ",
                    place=f"sql/{asset}.sql",
                    expected=f"what dvz_assets/flow/assets.py declares: {', '.join(sorted(declared))}",
                    found=_difference(read, declared),
                    remedy="declare what the SQL reads, and nothing else",
                )


def names_of(reads: Reads) -> set[str]:
    """Return the names that a step can see."""
    facts = [STATEMENT_MONTH] if reads.month_facts else []
    withheld = [WITHHELD] if reads.withheld else []
    return {*reads.relations, *reads.reference, *reads.signals, *facts, *withheld}


def relations_read(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Return the relations that a SELECT reads, without those that it defines itself."""
    row = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    if tree["error"]:
        raise ValueError("no SELECT statement that DuckDB can parse")
    return {node["table_name"] for node in _nodes(tree) if node.get("type") == "BASE_TABLE"} - {
        entry["key"] for node in _nodes(tree) for entry in node.get("cte_map", {}).get("map", ())
    }


def _difference(read: set[str], declared: set[str]) -> str:
    parts = {"read and not declared": read - declared, "declared and not read": declared - read}
    return "; ".join(f"{what}: {', '.join(sorted(names))}" for what, names in parts.items() if names)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
