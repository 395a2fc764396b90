"""The 24 sample months through a Spark Connect server: ``make spark-test``.

Starts the server that the pyspark package brings, runs the months through it as ``dvz run`` does, runs them on DuckDB,
and compares every partition, delivery and published table. Prints what was compared; ends with 1 on any difference.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import SparkSession

from dvz_assets.flow.context import Flow
from dvz_assets.settings import Settings
from tests.integration.running import run
from tests.spark.comparing import compared

CHECKOUT = Path(__file__).parents[2]
FIRST, LAST = "2017-07", "2019-06"
SECONDS_TO_START = 120


@contextmanager
def connect_server(folder: Path, **configuration: str) -> Iterator[str]:
    """A Spark Connect server with two threads on a free port of this machine; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True)
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.sql.shuffle.partitions": 2,
        "spark.ui.enabled": "false",
        **configuration,
    }
    program = [
        str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
        *("--master", "local[2]"),
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
        *(argument for name, value in settings.items() for argument in ("--conf", f"{name}={value}")),
        "spark-internal",
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        try:
            _wait(port, server)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("The Spark Connect server did not start; is Java 17 installed?")


def months(home: Path, **settings: Any) -> float:
    """Run the sample months into ``home``; the seconds that it took."""
    begun = time.perf_counter()
    flow = Flow(Settings(landing=CHECKOUT / "data-sample" / "landing", home=home, **settings))
    failure = run(flow, FIRST, LAST)
    os.environ.pop("DAGSTER_HOME", None)
    if failure is not None:
        raise SystemExit(failure.message)
    return time.perf_counter() - begun


def main() -> int:
    """Run both engines and compare; 0 when all is the same."""
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        on_duckdb = months(folder / "duckdb")
        print(f"DuckDB          {FIRST} to {LAST} {on_duckdb:6.0f} s", flush=True)
        with connect_server(folder / "server") as address:
            on_spark = months(folder / "spark", engine="spark", spark_remote=address)
            SparkSession.builder.remote(address).getOrCreate().stop()
        print(f"Spark Connect   {FIRST} to {LAST} {on_spark:6.0f} s\n\n{'':24}compared  different", flush=True)
        found = compared(folder / "duckdb", folder / "spark")
    for part, (number, different) in found.items():
        print(f"{part:24}{number:8} {len(different):10}  {', '.join(different[:5])}")
    return int(any(different or not number for number, different in found.values()))


if __name__ == "__main__":
    sys.exit(main())
