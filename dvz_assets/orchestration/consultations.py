"""Dagster: requests for consultation that arrive as files; a sensor that finds them, and the job that answers one.

A request is called by a keyed hash of its content everywhere: nobody can try a content on run key or configuration.
"""

import dagster as dg

from dvz_assets.a036.answer import answer, name_of, open_requests, received_requests
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import publish_analytics
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.wording import number_of

SENSOR_SECONDS = 30
REQUESTS_A_TICK = 20
UNREADABLE_REQUESTS = "Not answered, because they are no regular files of at most 1 MiB in a036/requests"


def consultation_job(flow: Flow) -> dg.JobDefinition:
    """Answers one request of the landing zone."""

    @dg.op(
        config_schema={"request": dg.Field(str, description="Keyed hash by which the request is called.")},
        description="Answers one request; refuses what rules.md section 7 does not allow.",
    )
    def answer_request(context: dg.OpExecutionContext) -> None:
        with guarded("a036_consultation"):
            name = context.op_config["request"]
            for content in received_requests(flow):
                if content is not None and name_of(flow, content) == name:
                    given = answer(flow, content)
                    publish_analytics(flow)
                    context.log.info(f"{given.status}, {number_of(given.attestations, 'attestation')}")
                    return
            raise DvzError(
                "REQUEST_GONE",
                place="landing zone, a036/requests",
                expected="the request for which the run was started",
                found="no file with that content",
                remedy="put the request back; a changed one is a request of its own",
            )

    @dg.job(
        name="a036_consultation",
        executor_def=dg.in_process_executor,
        description="Answers one request for consultation of A036 attestations (deliberation 18/055, 2 and 9).",
    )
    def a036_consultation() -> None:
        answer_request()

    return a036_consultation


def consultation_sensor(flow: Flow, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Starts one run per request that has no answer."""

    @dg.sensor(
        name="a036_requests_sensor",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts the consultation of every request in <landing>/a036/requests that has no answer yet.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with guarded("a036_requests_sensor"):
            found, unreadable = open_requests(flow)
        names = sorted(found)[:REQUESTS_A_TICK]
        said = f"{UNREADABLE_REQUESTS}: {unreadable}." if unreadable else ""
        if not names:
            return dg.SkipReason(said or "Every request has its answer.")
        if said:
            context.log.warning(said)
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=name, run_config={"ops": {"answer_request": {"config": {"request": name}}}})
                for name in names
            ]
        )

    return sensor
