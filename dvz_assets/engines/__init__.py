"""What runs the SQL of the relational assets: DuckDB, or Apache Spark where one machine is not enough.

An engine is asked one thing: the result of a SELECT over relations that the step's DuckDB connection knows by name. Who
registers these relations, writes the result and checks it is the same for every engine (``flow/relational.py``).
"""

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from dvz_assets.errors import DvzError
from dvz_assets.settings import Settings
from dvz_assets.tables.model import Column

# said to whoever imports pyspark, as Great Expectations does where it is installed; pandas is used by neither engine
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Files of one relation that lack the same columns of it; ``absent`` says what the lack means."""

    paths: Sequence[Path]
    absent: Sequence[Column] = ()


class Engine(Protocol):
    """Runs a SELECT written for DuckDB; the same rows come out of every engine."""

    def begin(self) -> None:
        """Start what the engine needs, once; called before several threads ask for results."""
        ...

    def result(
        self, connection: duckdb.DuckDBPyConnection, select: str, files: Mapping[str, Sequence[ParquetFiles]]
    ) -> AbstractContextManager[str]:
        """What stands for the result in a FROM clause of ``connection``, as long as the context is open.

        ``files`` are the Parquet files behind the relations that the lake holds; every other relation that ``select``
        names is a small table of ``connection``.
        """
        ...


def engine_of(settings: Settings) -> Engine:
    """The engine that the settings ask for; nothing of another engine is imported."""
    if settings.engine == "spark":
        _require("pyspark", "sqlglot")
        from dvz_assets.engines.spark_engine import SparkEngine

        return SparkEngine(settings)
    from dvz_assets.engines.duckdb_engine import DuckDBEngine

    return DuckDBEngine()


def _require(*packages: str) -> None:
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise DvzError(
            "ENGINE_MISSING",
            place="setting engine",
            expected="the extra spark, for engine = spark",
            found=f"not installed: {', '.join(missing)}",
            remedy="install it (make spark-setup, or pip install 'dvz-assets[spark]'), or set engine = duckdb",
        )
