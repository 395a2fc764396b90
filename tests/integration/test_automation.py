"""Sensor, schedule and what a run says: decided by what is there, and not by what was asked for before."""

import errno
import logging
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dvz_assets.flow import steps
from dvz_assets.flow.context import Flow
from dvz_assets.flow.records import record_start
from dvz_assets.home.locks import hold_months, release_months
from dvz_assets.months import Month
from dvz_assets.orchestration import automation
from dvz_assets.orchestration.dead_runs import close_dead_runs
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.questions.attempts import Outcome, attempts
from tests.integration.running import redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


class Sensor:
    """The sensor of a flow, on the instance of its home."""

    def __init__(self, flow: Flow) -> None:
        self.flow, self.definitions = flow, build_definitions(flow)

    def tick(self) -> tuple[list[dg.RunRequest], str]:
        """Requests and skip message of one evaluation."""
        repository = self.definitions.get_repository_def()
        with open_instance(self.flow.settings.home) as instance:
            context = dg.build_sensor_context(instance=instance, repository_def=repository)
            data = self.definitions.resolve_sensor_def("deliveries_sensor").evaluate_tick(context)
        return list(data.run_requests or []), data.skip_message or ""

    def run(self, request: dg.RunRequest) -> bool:
        """Run what it asks for, as the daemon does; whether it went well."""
        job = self.definitions.resolve_job_def("monthly_dvz_flow")
        with open_instance(self.flow.settings.home) as instance:
            tags = {**request.tags, "dagster/run_key": request.run_key or ""}
            result = job.execute_in_process(
                instance=instance, partition_key=request.partition_key, tags=tags, raise_on_error=False
            )
        release_months()
        return result.success


def test_a_delivery_is_started_once_and_later_months_wait(flow: Flow) -> None:
    sensor = Sensor(flow)
    (first,), _ = sensor.tick()
    assert first.partition_key == FIRST
    assert sensor.run(first)
    (second,), _ = sensor.tick()
    assert second.partition_key == SECOND
    # what a restored backup lacks is asked for again, although a run of this content has ended well, and with a key of
    # its own: Dagster remembers keys for ever
    shutil.rmtree(flow.settings.home / "lake")
    shutil.rmtree(flow.settings.home / "ledger")
    (again,), _ = Sensor(Flow(flow.settings)).tick()
    assert again.partition_key == FIRST
    assert again.run_key != first.run_key


def test_what_failed_for_its_content_waits_for_another_and_what_passes_is_tried_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor = Sensor(flow)
    good = (flow.settings.landing / "novaprima" / FIRST / "statement.csv").read_bytes()
    redeliver(flow.settings.landing / "novaprima" / FIRST, "statement.csv", lambda lines: ["no header", *lines[1:]])
    (request,), _ = sensor.tick()
    assert not sensor.run(request)
    requests, why = sensor.tick()
    assert requests == []
    assert "failed" in why
    assert "its new content starts the month again" in why
    # a corrected delivery meets a full disk: the same content is started again, but not at once
    (flow.settings.landing / "novaprima" / FIRST / "statement.csv").write_bytes(good)
    redeliver(flow.settings.landing / "novaprima" / FIRST, "statement.csv", lambda lines: lines)
    (request,), _ = sensor.tick()
    with monkeypatch.context() as broken:
        broken.setattr(steps, "run_step", full_disk)
        assert not sensor.run(request)
    requests, why = sensor.tick()
    assert requests == []
    assert "failed MACHINE_TROUBLE; it is started again at" in why
    monkeypatch.setattr(automation, "LONGEST_WAIT", timedelta(0))
    (after,), _ = sensor.tick()
    assert after.partition_key == FIRST
    assert after.run_key != request.run_key


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_was_run_by_hand_is_not_started_again_and_a_redelivery_is(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    sensor = Sensor(flow)
    assert sensor.tick() == ([], "Every complete delivery has been taken; nothing new in the landing zone.")
    redeliver(flow.settings.landing / "register" / SECOND, "persons.csv", lambda lines: lines)
    requests, _ = sensor.tick()
    assert [request.partition_key for request in requests] == [SECOND]


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


def schedule(flow: Flow, at: datetime) -> tuple[list[str | None], str]:
    definitions = build_definitions(flow)
    context = dg.build_schedule_context(scheduled_execution_time=at, repository_def=definitions.get_repository_def())
    with context:
        data = definitions.resolve_schedule_def("monthly_dvz_schedule").evaluate_tick(context)
    return [request.partition_key for request in data.run_requests or []], data.skip_message or ""


def test_the_schedule_takes_what_is_delivered_and_not_materialised(ran_until: Callable[[str], Flow]) -> None:
    """A statement closes in the month after its own: what is due on the 10th is not the month of the calendar."""
    flow = ran_until(SECOND)
    assert schedule(flow, datetime(2018, 7, 10, 4, 0, tzinfo=UTC)) == ([LAST], "")
    # also when a later month is not delivered at all
    assert schedule(flow, datetime(2026, 11, 10, 5, 0, tzinfo=UTC)) == ([LAST], "")


def test_the_schedule_takes_all_that_wait_in_one_run(flow: Flow) -> None:
    definitions = build_definitions(flow)
    at = datetime(2018, 7, 10, 4, 0, tzinfo=UTC)
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=definitions.get_repository_def()
    ) as context:
        (request,) = definitions.resolve_schedule_def("monthly_dvz_schedule").evaluate_tick(context).run_requests or []
    assert request.tags["dvz/months"] == f"{FIRST} to {LAST}"
    assert request.tags["dagster/asset_partition_range_start"] == FIRST
    assert request.tags["dagster/asset_partition_range_end"] == LAST


def test_the_schedule_says_why_it_does_not_run(ran_until: Callable[[str], Flow]) -> None:
    requests, why = schedule(ran_until(LAST), datetime(2018, 7, 10, 4, 0, tzinfo=UTC))
    assert requests == []
    assert why == f"Every delivered month is materialised; the newest is {LAST}."


def test_starting_a_month_that_is_not_delivered_says_so_and_turns_nothing_red(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    job = build_definitions(flow).resolve_job_def("monthly_dvz_flow")
    with open_instance(flow.settings.home) as instance:
        result = job.execute_in_process(instance=instance, partition_key="2018-07", raise_on_error=False)
        assert result.success
        assert not {"STEP_FAILURE", "ASSET_CHECK_EVALUATION"} & {each.event_type_value for each in result.all_events}
        said = [entry.user_message for entry in instance.all_logs(result.run_id) if entry.level == logging.ERROR]
        assert instance.get_materialized_partitions(dg.AssetKey("delivery")) == {FIRST, SECOND, LAST}
    assert len(said) == 1
    assert said[0].startswith("MONTH_NOT_DELIVERED")
    assert "2018-07" not in {str(month) for month in attempts(flow)}


def test_a_run_says_on_the_way_what_it_read_and_that_nothing_has_changed(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST)
    assert run(flow, FIRST, LAST) is None
    with open_instance(flow.settings.home) as instance:
        (last,) = instance.get_runs(limit=1)
        said = [entry.user_message for entry in instance.all_logs(last.run_id) if entry.level == logging.INFO]
        shown = {asset: metadata_of(instance, asset) for asset in ("decisions", "identity_map", "monthly_report")}
    assert last.tags["dvz/months"] == f"{FIRST} to {LAST}"
    assert shown["decisions"]["content"] == "unchanged"
    assert "change against the month before" in shown["decisions"]
    assert "change against the month before" not in shown["identity_map"]
    assert {"report", "preview"} <= shown["monthly_report"].keys()
    assert any(line.startswith(f"novaprima_statement {SECOND} (2 of 3): read ") for line in said)
    assert any(line.startswith(f"aid_history {SECOND} (2 of 3): of ") and "rejected" in line for line in said)
    assert all("; unchanged" in line for line in said if line.startswith(("decisions ", "dvz_export ")))
    assert "dvz.duckdb: nothing has changed: every month is as it was published" in said
    small = [line for line in said if line.startswith("dvz_export ")]
    assert not [line for line in small if re.search(r": [1-4] rows", line)]


def metadata_of(instance: dg.DagsterInstance, asset: str) -> dict[str, object]:
    """What the UI shows of the last partition that was made."""
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_the_catalogue_shows_descriptions_as_they_are_written(flow: Flow) -> None:
    """It does not render Markdown in its lists."""
    graph = build_definitions(flow).resolve_asset_graph()
    assert not [node.key for node in graph.asset_nodes if re.search(r"\*\*|`|\[.*\]\(", node.description or "")]


def test_a_run_that_died_is_seen_and_closed(ran_until: Callable[[str], Flow]) -> None:
    """Killed, it leaves a run that Dagster takes for running, and no end in the ledger."""
    flow = ran_until(SECOND)
    with open_instance(flow.settings.home) as instance:
        job = build_definitions(flow).resolve_job_def("monthly_dvz_flow")
        dead = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={"dvz/month": LAST})
        record_start(flow, [Month.parse(LAST)], dead.run_id)
        assert hold_months(flow.settings, [Month.parse(LAST)], dead.run_id)
        assert close_dead_runs(flow, instance) == []
        assert attempts(flow)[Month.parse(LAST)].outcome is Outcome.RUNNING
        release_months()
        assert attempts(flow)[Month.parse(LAST)].in_words == "died RUN_DIED"
        assert close_dead_runs(flow, instance) == [dead.run_id]
        closed = instance.get_run_by_id(dead.run_id)
        assert closed is not None
        assert closed.status is dg.DagsterRunStatus.FAILURE
    assert [request.partition_key for request in Sensor(flow).tick()[0]] == [LAST]
