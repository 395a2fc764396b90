"""Old runs go from Dagster's storage, and every partition stays materialised."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.housekeeping import purge_runs
from dvz_assets.orchestration.instance import open_instance
from tests.integration.running import run

FIRST, SECOND = "2018-04", "2018-05"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    """Two months, the first of them run twice, and a run that failed."""
    flow = ran_until(SECOND)
    assert run(flow, FIRST) is None
    assert run(flow, "2019-01") is not None
    return flow


def test_a_run_that_no_partition_needs_goes_and_every_other_stays(ran: Flow) -> None:
    with open_instance(ran.settings.home) as instance:
        assert len(instance.get_runs()) == 3
        assert purge_runs(instance, datetime.now(UTC) - timedelta(days=1)) == 0, "nothing is old yet"
        assert purge_runs(instance, datetime.now(UTC) + timedelta(days=1)) == 1
        assert [each.status for each in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 2
        assert instance.get_materialized_partitions(dg.AssetKey("decisions")) == {FIRST, SECOND}


def test_the_job_says_how_many_went(ran: Flow) -> None:
    with open_instance(ran.settings.home) as instance:
        job = build_definitions(ran).resolve_job_def("purge_dagster_storage")
        result = job.execute_in_process(instance=instance)
        assert result.success
        logs = [record.user_message for record in instance.all_logs(result.run_id)]
    assert "0 runs older than 400 days removed" in logs
