"""Refuses a program that gives other rows than one before it: a ratio to a program with another result says nothing.

Each time the benchmarks run, at the size at which they run. The programs are DuckDB's and one of Polars, so this also
sees what no small test can: window sums of DuckDB 1.4.5 were wrong from a million rows on. A message names programs,
months and tables; never a person.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from dvz_assets.home.folder import Folder
from dvz_assets.home.lake import Lake
from dvz_assets.months import Month

# what the hand-written programs call the result of an asset, and by which columns its rows are told apart
RESULTS: Mapping[str, tuple[str, list[str]]] = {
    "decisions": ("decisions", ["insz"]),
    "dvz_export": ("export", ["insz"]),
    "dvz_export_periods": ("periods", ["insz", "aid_kind", "period_start"]),
}
Files = Mapping[str, Path]  # of a month, by what they are called


def files_of_home(home: Path, months: Sequence[Month]) -> Files:
    """Results of the pipeline."""
    lake = Lake(Folder(home, home))
    return {f"{asset} {month}": lake.partition(asset, month) for month in months for asset in RESULTS}


def files_of_program(work: Path, months: Sequence[Month]) -> Files:
    """Results of a program that writes as ``benchmarks.job`` says."""
    return {
        f"{asset} {month}": work / table / f"{month}.parquet"
        for month in months
        for asset, (table, _) in RESULTS.items()
    }


class SameRows:
    """The rows of the first program for each set of months, which all others have to give too."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, dict[str, str]]] = {}

    def refuse_other(self, program: str, window: str, files: Files) -> None:
        """Raise RuntimeError when a program did not give the rows of the first one for the same window."""
        # in a process of its own: a measured program is never reported smaller than the process that starts it
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            rows = apart.submit(hashes, files).result()
        first, expected = self._first.setdefault(window, (program, rows))
        different = [name for name, value in rows.items() if expected.get(name) != value]
        if different or len(rows) != len(expected):
            raise RuntimeError(f"{program} gives other rows than {first}: {', '.join(different) or 'other months'}")


def hashes(files: Files) -> dict[str, str]:
    """Hash of the rows of each file, whatever their order and the engine that wrote them."""
    return {name: _hash(path, RESULTS[name.split(" ")[0]][1]) for name, path in files.items()}


def _hash(path: Path, key: Sequence[str]) -> str:
    rows = pl.read_parquet(path, hive_partitioning=False).sort(key)
    lists = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List)]
    found = hashlib.sha256(str(rows.schema).encode())
    text = rows.with_columns(pl.col(lists).list.join(" ")).write_csv(null_value="\\N")
    found.update(text.encode())
    return found.hexdigest()
