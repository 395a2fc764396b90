"""The sensor starts a delivery once per content and in order; the schedule runs the current month or says why not."""

from collections.abc import Callable
from datetime import UTC, datetime

import dagster as dg
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from tests.integration.running import redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


class Sensor:
    """The sensor of a flow, with the cursor that it left."""

    def __init__(self, flow: Flow) -> None:
        self.definitions = build_definitions(flow)
        self.cursor: str | None = None

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """Requests and skip message of one evaluation."""
        repository = self.definitions.get_repository_def()
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, cursor=self.cursor, repository_def=repository)
            data = self.definitions.resolve_sensor_def("deliveries_sensor").evaluate_tick(context)
        self.cursor = data.cursor or self.cursor
        return list(data.run_requests or []), data.skip_message or ""


def test_a_delivery_is_started_once_and_later_months_wait(flow: Flow) -> None:
    sensor = Sensor(flow)
    first, _ = sensor.tick()
    assert [request.partition_key for request in first] == [FIRST]
    again, why = sensor.tick()
    assert again == []
    assert f"run of {FIRST}" in why
    assert run(flow, FIRST) is None
    assert [request.partition_key for request in sensor.tick()[0]] == [SECOND]


def test_what_was_run_by_hand_is_not_started_again_and_a_redelivery_is(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    sensor = Sensor(flow)
    assert sensor.tick() == ([], "Every complete delivery has been taken; nothing new in the landing zone.")
    redeliver(flow.settings.landing / "register" / SECOND, "persons.csv", lambda lines: lines)
    requests, _ = sensor.tick()
    assert [request.partition_key for request in requests] == [SECOND]
    assert sensor.tick()[0] == []


def test_run_keys_differ_by_content(flow: Flow) -> None:
    sensor = Sensor(flow)
    (before,), _ = sensor.tick()
    redeliver(flow.settings.landing / "register" / FIRST, "persons.csv", lambda lines: lines)
    (after,), _ = sensor.tick()
    assert before.partition_key == after.partition_key == FIRST
    assert before.run_key != after.run_key


@pytest.mark.parametrize("source", ["novaprima", "register"])
def test_an_incomplete_delivery_is_never_started(flow: Flow, source: str) -> None:
    for month in (FIRST, SECOND, LAST):
        (flow.settings.landing / source / month / "voucher.json").unlink()
    assert Sensor(flow).tick()[0] == []


def test_the_request_of_the_sensor_runs_well(flow: Flow) -> None:
    (request,), _ = Sensor(flow).tick()
    job = build_definitions(flow).resolve_job_def("monthly_dvz_flow")
    with open_instance(flow.settings.home) as instance:
        result = job.execute_in_process(
            instance=instance, partition_key=request.partition_key, tags=request.tags, raise_on_error=False
        )
        assert result.success
        assert instance.get_materialized_partitions(dg.AssetKey("delivery")) == {FIRST}


def schedule(flow: Flow, at: datetime) -> tuple[list[str | None], str]:
    definitions = build_definitions(flow)
    context = dg.build_schedule_context(scheduled_execution_time=at, repository_def=definitions.get_repository_def())
    with context:
        data = definitions.resolve_schedule_def("monthly_dvz_schedule").evaluate_tick(context)
    return [request.partition_key for request in data.run_requests or []], data.skip_message or ""


def test_the_schedule_runs_the_month_of_brussels(flow: Flow) -> None:
    # half past ten in the evening of 31 March in UTC is April in Brussels
    assert schedule(flow, datetime(2018, 3, 31, 22, 30, tzinfo=UTC)) == ([FIRST], "")
    assert schedule(flow, datetime(2018, 4, 10, 4, 0, tzinfo=UTC)) == ([FIRST], "")


def test_the_schedule_says_why_it_does_not_run(flow: Flow) -> None:
    requests, why = schedule(flow, datetime(2018, 7, 10, 4, 0, tzinfo=UTC))
    assert requests == []
    assert "2018-07 is not delivered yet" in why
    assert run(flow, FIRST) is None
    requests, why = schedule(flow, datetime(2018, 4, 10, 4, 0, tzinfo=UTC))
    assert requests == []
    assert why == f"{FIRST} is materialised already."
