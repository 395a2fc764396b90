"""The last month of a window on DuckDB and on a local Spark; the partitions have to be the same bytes.

Nothing here knows how Spark is called: the engine is a setting of the pipeline.
"""

import hashlib
import importlib.util
import shutil
from pathlib import Path

import polars as pl

from benchmarks.deliveries import Window
from benchmarks.events import seconds_inside
from benchmarks.homes import copy_of, home_before
from benchmarks.measuring import Figures
from benchmarks.programs import run_dvz
from dvz_assets.flow.assets import ASSETS, RELATIONAL
from dvz_assets.flow.views import files_behind
from dvz_assets.home.lake import Lake

DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)
# What the relational steps read from the disk, and what the engine gives back to be written, uncompressed.
READ, GIVEN = "MiB read by relational steps", "MiB given by relational steps"


def has_spark() -> bool:
    """Whether pyspark and Java are here: without them there is nothing to measure."""
    return importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


class EngineRuns:
    """Runs of the same months on several engines; refuses a run that gives other bytes than one before it."""

    def __init__(self, work: Path, memory_limit: str) -> None:
        self._work, self._memory_limit = work, memory_limit
        self._written: dict[str, str] = {}

    def run(self, window: Window, engine: str) -> Figures:
        """The last month of a window in a fresh copy of its home, which DuckDB has built."""
        with copy_of(home_before(window, self._work, self._memory_limit), self._work) as home:
            months = ("--month", str(window.last))
            figures = run_dvz(window, self._work, home, months, self._memory_limit, engine)
            lake = Lake(home, home)
            self.refuse_other(window, relational_bytes(lake, window))
            return figures | seconds_inside(home) | traffic(lake, window)

    def refuse_other(self, window: Window, written: str) -> None:
        """Raise RuntimeError when the results of a window are others than those of the first run."""
        if self._written.setdefault(window.name, written) != written:
            raise RuntimeError(f"{window.name}: the engines do not give the same bytes")


def relational_bytes(lake: Lake, window: Window) -> str:
    """Hash of the rows of the partitions of the last month that an engine computes, as they are written."""
    found = hashlib.sha256()
    for asset in RELATIONAL:
        found.update(without_footer(lake.partition(asset, window.last).read_bytes()))
    return found.hexdigest()


def without_footer(parquet: bytes) -> bytes:
    """The rows of a Parquet file as they are written; the manifest in its footer names the engine."""
    length_of_footer = int.from_bytes(parquet[-8:-4], "little")
    return parquet[: -8 - length_of_footer]


def traffic(lake: Lake, window: Window) -> Figures:
    """What the relational steps of the last month read and give back; a file counts for each step that reads it."""
    read = [
        path
        for asset in RELATIONAL
        for name in ASSETS[asset].reads.relations
        for files in files_behind(lake, name, window.last)
        for path in files.paths
    ]
    given = sum(_bytes_in_memory(lake.partition(asset, window.last)) for asset in RELATIONAL)
    return {READ: sum(path.stat().st_size for path in read) / 1024**2, GIVEN: given / 1024**2}


def _bytes_in_memory(path: Path) -> int:
    """Size of the rows of a file as columns in memory; column by column, to hold little at once."""
    columns = pl.read_parquet_schema(path)
    read = (pl.read_parquet(path, columns=[name], hive_partitioning=False) for name in columns)
    return sum(int(column.estimated_size()) for column in read)
