"""The SQL of an asset: which file holds in a month, what it shares with others, and what it reads.

``sql/<asset>.sql`` holds from the first month on. A change of law is another file, ``sql/<asset>.2019-07.sql``, named
for the first month in which it holds: earlier months are computed, and answered for, by the text that decided
them.

``sql/shared/`` has relations that several files join. They are dated in the same way, and stand as WITH before the
statement that names them, so every engine and every hash sees the whole of it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dvz_assets import project_files
from dvz_assets.months import Month

FROM_THE_FIRST_MONTH = Month(1, 1)
SHARED = "shared"
MONTH_IN_NAME = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"


def sql_files(asset: str) -> list[Path]:
    """Return the files of an asset, from the oldest to the newest."""
    return list(_files(project_files.sql_folder(), asset))


def sql_text(asset: str, month: Month | None = None) -> str:
    """Return the SELECT statement of an asset, with all that it shares, that holds in a month: the newest for none."""
    folder = project_files.sql_folder()
    return _whole(_in_force(folder, asset, month), folder / SHARED, month)


def sql_by_month(asset: str) -> dict[Month, str]:
    """Return the statements of an asset that hold one after the other, each with its first month."""
    shared = (project_files.sql_folder() / SHARED).glob("*.sql")
    months = sorted({_first_month(path) for path in (*sql_files(asset), *shared)})
    return {month: sql_text(asset, month) for month in months}


@cache
def relations_read(sql: str) -> frozenset[str]:
    """Return the relations that a SELECT reads, without those that it defines itself; nothing is bound.

    Raises ValueError where DuckDB's parser finds no SELECT.
    """
    nodes = _nodes(_tree(sql))
    return frozenset(node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE") - {
        entry["key"] for node in nodes for entry in node.get("cte_map", {}).get("map", ())
    }


@cache
def _files(folder: Path, name: str) -> tuple[Path, ...]:
    return folder / f"{name}.sql", *sorted(folder.glob(f"{name}.{MONTH_IN_NAME}.sql"))


@cache
def _in_force(folder: Path, name: str, month: Month | None) -> Path:
    return [path for path in _files(folder, name) if month is None or _first_month(path) <= month][-1]


def _first_month(path: Path) -> Month:
    _, _, month = path.stem.partition(".")
    return Month.parse(month) if month else FROM_THE_FIRST_MONTH


@cache
def _whole(path: Path, shared: Path, month: Month | None) -> str:
    """Looked at once in a process, as all of this module is: whether a home is stale asks for it thousands of times."""
    text = path.read_text("utf-8")
    names = sorted(relations_read(text) & {each.name.split(".")[0] for each in shared.glob("*.sql")})
    if not names:
        return text
    relations = ",\n".join(f"{name} AS (\n{_in_force(shared, name, month).read_text('utf-8')}\n)" for name in names)
    return f"WITH {relations}\nSELECT * FROM (\n{text}\n)"


def _tree(sql: str) -> Any:
    with _parser().cursor() as cursor:
        row = cursor.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    if tree["error"]:
        raise ValueError("no SELECT statement that DuckDB can parse")
    return tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def _nodes(tree: Any) -> list[dict[str, Any]]:
    """All objects of a tree; without recursion, for a generator in a generator takes as long as all else of a start."""
    found, waiting = [], [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found.append(each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
