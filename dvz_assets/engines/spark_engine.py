"""Apache Spark as the engine, on this machine or on a cluster through Spark Connect.

Spark reads the Parquet files of the lake itself, so a cluster needs the home under the same path, on shared storage, or
in an object store that it has a connector for. Spark on this machine has none, and gets copies of what it reads there.
Results are about persons, not about history: they come back through Arrow. One session serves all steps of a process,
one after the other. Spark's own messages may quote values of the data and are thrown away; an error leaves a step as
any foreign error does, without its message.
"""

import logging
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, reduce
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import duckdb

from dvz_assets.engines.spark_sql import Columns, absent_value, relations_of, rows_as_select, spark_schema, spark_select
from dvz_assets.errors import DvzError
from dvz_assets.home.storage import storage_of
from dvz_assets.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dvz_assets.engines import ParquetFiles

RESULT = "engine_result"
PATTERN = re.compile(r"[\\\[\]{}*?]")
CONNECT_PORT = 15002
SECONDS_TO_CONNECT = 10
RETRIES = 5  # about 20 seconds
# Spark says what went wrong in a query together with the values in it
LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging")
# what a SELECT means does not depend on where it runs
SESSION = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}


class SparkEngine:
    """The engine of a home with ``engine = spark``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._storage = storage_of(settings)
        self._alone = Lock()  # months side by side give the same names to different relations of the one session

    def begin(self) -> None:
        """Start the session: Java cannot be started beside threads at work, the new process would die on its way."""
        _ = self.session

    @contextmanager
    def result(
        self, connection: duckdb.DuckDBPyConnection, select: str, files: Mapping[str, Sequence["ParquetFiles"]]
    ) -> Iterator[str]:
        """The result as an Arrow table that ``connection`` sees."""
        relations = {name: _columns(connection, name) for name in relations_of(select)}
        with self._alone:
            for name, columns in relations.items():
                if files.get(name):
                    alike = [self._read(columns, each) for each in files[name]]
                    frame = reduce(lambda one, other: one.unionByName(other), alike)
                else:
                    rows = connection.execute(f'FROM "{name}"').fetchall()
                    frame = self.session.sql(rows_as_select(columns, rows))
                frame.createOrReplaceTempView(name)
            connection.register(RESULT, self.session.sql(spark_select(select, relations)).toArrow())
        try:
            yield RESULT
        finally:
            connection.unregister(RESULT)

    def _read(self, columns: Columns, files: "ParquetFiles") -> "DataFrame":
        """The rows of files that lack the same columns, with what the lack means."""
        absent = {column.name: absent_value(column.absent or "NULL", column.type) for column in files.absent}
        there = {name: kind for name, kind in columns.items() if name not in absent}
        frame = self.session.read.schema(spark_schema(there)).parquet(*map(self._address, files.paths))
        return frame.selectExpr(
            *(f"`{name}`" for name in there), *(f"{value} AS `{name}`" for name, value in absent.items())
        )

    def _address(self, path: Path) -> str:
        """Where Spark finds a file, with nothing in it that Hadoop would take for a pattern."""
        remote = self._settings.spark_remote
        address = self._storage.cluster_address(path) if remote else f"file://{self._storage.readable(path)}"
        return PATTERN.sub(r"\\\g<0>", address)

    @cached_property
    def session(self) -> "SparkSession":
        """The session of this process, begun at its first use."""
        _silence_loggers()
        session = _remote(self._settings.spark_remote) if self._settings.spark_remote else _local(self._settings)
        for name, value in SESSION.items():
            session.conf.set(name, value)
        return session


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> Columns:
    return {name: kind for name, kind, *_ in connection.execute(f'DESCRIBE "{relation}"').fetchall()}


def _silence_loggers() -> None:
    from pyspark.logger import PySparkLogger

    for name in LOGGERS:
        logger = PySparkLogger.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


def _local(settings: Settings) -> "SparkSession":
    """Spark in a Java process of its own beside this one, which ends with it; nothing listens beyond this machine."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    folder = settings.work / "restricted" / "spark"  # what does not fit into memory, and other files of a session
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    conf = SparkConf().setMaster(f"local[{settings.threads}]").setAppName("dvz")
    conf.setAll(
        [
            ("spark.driver.host", "127.0.0.1"),
            ("spark.driver.bindAddress", "127.0.0.1"),
            ("spark.authenticate", "true"),
            ("spark.ui.enabled", "false"),
            ("spark.ui.showConsoleProgress", "false"),
            ("spark.log.level", "OFF"),
            ("spark.local.dir", str(folder)),
            ("spark.sql.warehouse.dir", str(folder / "warehouse")),
            ("spark.sql.catalogImplementation", "in-memory"),
            ("spark.driver.extraJavaOptions", f'"-Djava.io.tmpdir={folder}" -XX:-UsePerfData'),
            ("spark.driver.memory", f"{_mebibytes(settings.memory_limit)}m"),
            ("spark.driver.maxResultSize", "0"),
            ("spark.sql.shuffle.partitions", str(settings.threads)),
        ]
    )
    if not _has_java():
        raise _not_started("no java on the path, and no JAVA_HOME")
    try:
        if SparkContext._active_spark_context is None:
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            SparkContext(conf=conf, gateway=launch_gateway(conf, silent))
        return SparkSession.builder.getOrCreate()
    except (PySparkRuntimeError, OSError):
        raise _not_started("Spark did not start") from None


def _not_started(found: str) -> DvzError:
    return DvzError(
        "ENGINE_NOT_STARTED",
        place="setting engine",
        expected="Java 17 or later, which engine = spark needs",
        found=found,
        remedy="install Java 17 (Debian: openjdk-17-jre-headless), or set engine = duckdb",
    )


def _remote(address: str) -> "SparkSession":
    """A session on the server of a cluster."""
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client.retries import DefaultPolicy

    target = urlsplit(address)
    try:
        socket.create_connection((target.hostname or "", target.port or CONNECT_PORT), SECONDS_TO_CONNECT).close()
    except OSError:
        raise DvzError(
            "ENGINE_UNREACHABLE",
            place="setting spark_remote",
            expected="a Spark Connect server at this address",
            found=f"nobody answers at {target.hostname}:{target.port or CONNECT_PORT}",
            remedy="start the server, correct spark_remote, or leave it empty for Spark on this machine",
        ) from None
    session = SparkSession.builder.remote(address).getOrCreate()
    # by default a server that is gone is waited for ten minutes, at the end of the process too
    session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
    return session


def _has_java() -> bool:
    return shutil.which("java") is not None or "JAVA_HOME" in os.environ


def _mebibytes(size: str) -> int:
    """A size of the settings for Spark, which does not start with less than half a gibibyte."""
    number, unit = re.fullmatch(r"([0-9.]+) ?(\w+)", size).groups()  # type: ignore[union-attr]  # settings checked it
    bytes_each = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}[unit]
    return max(512, int(float(number) * bytes_each) // 2**20)
