"""Spark on a home in an object store: a local one reads copies, a cluster reads the store through its own connector.

The connector of the test is Hadoop's view of a folder under the name of a store: the folder that the store serves.
Connectors for S3 are no part of Spark's own package.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvz_assets.engines import Engine, engine_of
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.conftest import FIRST_MONTH
from tests.integration.running import run
from tests.object_store.store import BUCKET, LEDGER_KEY, Store, object_store
from tests.production.processes import needs_postgresql, program
from tests.spark.comparing import compared, other_partitions
from tests.spark.connect import connect_server

pytestmark = needs_postgresql
NAME = "home"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with object_store(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def test_a_local_spark_reads_copies(store: Store, landing: Path, spark: Engine) -> None:
    flow = Flow(store.settings(NAME, landing))
    assert run(flow, FIRST_MONTH) is None
    # the one session of this process, which ``spark`` has begun, for a home that is elsewhere
    there = engine_of(flow.settings.model_copy(update={"engine": "spark"}))
    assert other_partitions(flow, there, [Month.parse(FIRST_MONTH)]) == []


def test_a_cluster_reads_the_store(store: Store, flow: Flow, small_spark: Path, tmp_path: Path) -> None:
    assert run(flow, FIRST_MONTH) is None
    connector = {
        "spark.hadoop.fs.s3a.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        f"spark.hadoop.fs.viewfs.mounttable.{BUCKET}.link./{NAME}": store.objects(NAME).as_uri(),
    }
    environment = {
        **os.environ,
        "DVZ_ENGINE": "spark",
        "DVZ_LANDING": str(flow.settings.landing),
        "DVZ_HOME": store.address(NAME),
        "DVZ_SCRATCH": str(tmp_path / "scratch"),
        "DVZ_LOCK_DATABASE": store.lock_database,
        "DVZ_LEDGER_KEY": LEDGER_KEY,
    }
    environment.pop("DAGSTER_HOME", None)
    with connect_server(tmp_path / "server", **connector) as address:
        command = [program("dvz"), "run", "--month", FIRST_MONTH]
        ran = subprocess.run(
            command, env={**environment, "DVZ_SPARK_REMOTE": address}, capture_output=True, text=True, check=False
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    found = compared(flow.settings.home, store.objects(NAME))
    assert all(number for number, _ in found.values())
    assert {part: different for part, (_, different) in found.items() if different} == {}
