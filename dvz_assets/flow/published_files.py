"""What stands beside a published DuckDB file, and whether it holds the rows that were written.

DuckDB replays ``<file>.wal`` into whatever file has that name, so one that a tool has left behind would change every
file published later. Nothing here knows what the tables mean.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import duckdb

from dvz_assets.home.storage import Storage


class Condition(StrEnum):
    """What a published file is good for."""

    SOUND = "as it was written"
    OTHER_LAYOUT = "of another version of the software or of DuckDB"
    DAMAGED = "not as it was written"


def sidecars(storage: Storage, file: Path) -> list[Path]:
    """Whatever bears the name of the file and more: logs to replay, and folders in which tools spill."""
    return sorted(storage.versions_below(file.parent, f"{file.name}.*"))


def remove_sidecars(storage: Storage, file: Path) -> int:
    """Remove them, and return how many there were."""
    found = sidecars(storage, file)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            storage.remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def content_by_month(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, str]:
    """What the rows of each month are, in any order, over all tables; comparable within one version of DuckDB."""
    parts: dict[str, list[str]] = {}
    for name in sorted(tables):
        rows = connection.execute(
            f"SELECT strftime(month, '%Y-%m'), count(*), sum(hash(written)) FROM {name} AS written GROUP BY ALL"
        )
        for month, count, total in rows.fetchall():
            parts.setdefault(str(month), []).append(f"{name} {count} {total}")
    return {month: f"{duckdb.__version__}: {', '.join(of_month)}" for month, of_month in parts.items()}


def is_comparable(content: str) -> bool:
    """Whether this version of DuckDB has made it."""
    return content.startswith(f"{duckdb.__version__}: ")
