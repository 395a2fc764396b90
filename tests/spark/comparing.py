"""Says where two homes, or an engine and a home, differ: by table, month and file, never by person."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.engines import without_footer
from dvz_assets.engines import Engine
from dvz_assets.flow.assets import RELATIONAL
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.flow.relational import write_candidate
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.published import PUBLICATION

# what two runs of the same month never share, and with it the fingerprint of a delivery and of a publication
MOMENT = "created_at"
# where it stands in a partition, the published table and the vouchers are compared instead
ASSETS = [f"{asset}/*/data.parquet" for asset in LAKE_TABLES if MOMENT not in LAKE_TABLES[asset].names]


def other_partitions(flow: Flow, engine: Engine, months: Iterable[Month]) -> list[str]:
    """Relational partitions of a home that ``engine`` does not give byte for byte."""
    found = []
    beside = Flow(flow.settings, shared_engine=engine)
    for month in months:
        with beside.connect() as connection:
            for asset in RELATIONAL:
                write_candidate(beside, connection, asset, month)
                candidate = flow.lake.candidate(asset, month)
                if _content(candidate) != _content(flow.lake.partition(asset, month)):
                    found.append(f"{asset} {month}")
                candidate.unlink()
    return found


def compared(one: Path, other: Path) -> dict[str, tuple[int, list[str]]]:
    """For each part of two homes: how many things were compared, and which of them differ."""
    return {
        "partitions of the lake": _files(one / "lake", other / "lake", ASSETS),
        "quarantine": _files(one / "quarantine", other / "quarantine", ["*/*/data.parquet"]),
        "deliveries": _files(one / "deliveries", other / "deliveries", ["*/*/*.csv"]),
        "vouchers": _vouchers(one / "deliveries", other / "deliveries"),
        **{
            database.file_name: _tables(database.path(one), database.path(other))
            for database in PUBLISHED_DATABASES.values()
        },
    }


def _names(folders: tuple[Path, Path], patterns: Iterable[str]) -> list[str]:
    return sorted(
        {str(path.relative_to(folder)) for folder in folders for pattern in patterns for path in folder.glob(pattern)}
    )


def _files(one: Path, other: Path, patterns: Iterable[str]) -> tuple[int, list[str]]:
    names = _names((one, other), patterns)
    return len(names), [name for name in names if _content(one / name) != _content(other / name)]


def _content(path: Path) -> bytes | None:
    """A file as it is, but for the footer of a Parquet file: the manifest there names the engine."""
    if not path.exists():
        return None
    return without_footer(path.read_bytes()) if path.suffix == ".parquet" else path.read_bytes()


def _vouchers(one: Path, other: Path) -> tuple[int, list[str]]:
    names = _names((one, other), ["*/*/voucher.json"])
    return len(names), [name for name in names if _voucher(one / name) != _voucher(other / name)]


def _voucher(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: value for name, value in content.items() if name not in (MOMENT, "log", "signature")}


def _tables(one: Path, other: Path) -> tuple[int, list[str]]:
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        tables = connection.execute(
            "SELECT DISTINCT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_catalog IN ('one', 'other') AND table_type = 'BASE TABLE' "
            f"AND table_name <> '{PUBLICATION.name}' ORDER BY ALL"
        ).fetchall()
        return len(tables), [name for (name,) in tables if _rows_differ(connection, name)]


def _rows_differ(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    # moments of a delivery and of its steps
    sides = [f"(SELECT COLUMNS(lambda c: NOT ends_with(c, '_at')) FROM {side}.{table})" for side in ("one", "other")]
    both_ways = " UNION ALL ".join(f"(FROM {a} EXCEPT ALL FROM {b})" for a, b in (sides, sides[::-1]))
    return connection.execute(f"SELECT count(*) FROM ({both_ways})").fetchone() != (0,)
