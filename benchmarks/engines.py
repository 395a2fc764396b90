"""The last month of a window on DuckDB and on a local Spark; the partitions have to be the same bytes.

Nothing here knows how Spark is called: the engine is a setting of the pipeline.
"""

import hashlib
import importlib.util
import shutil
from pathlib import Path

from benchmarks.deliveries import Window
from benchmarks.events import seconds_inside
from benchmarks.homes import copy_of, home_before
from benchmarks.measuring import Figures
from benchmarks.programs import run_dvz
from dvz_assets.flow.assets import RELATIONAL
from dvz_assets.home.folder import Folder
from dvz_assets.home.lake import Lake

DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)


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
            self.refuse_other(window, relational_bytes(Lake(Folder(home, home)), window))
            return figures | seconds_inside(home)

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
