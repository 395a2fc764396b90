"""Whether a materialised month is current, and the due month there: ``is_current`` and ``is_on_time`` on ``delivery``.

Evaluated at the end of every run, and by a sensor in between, because tables change, deliveries come and deadlines pass
without a run. Dagster's own freshness policy looks at the last materialisation of any month: an old month that is run
again would make it pass.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import StaleMonth, stale_months
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.questions.attempts import attempts
from dvz_assets.questions.awaited import deadline, due_month, is_late

IS_CURRENT, IS_ON_TIME = "is_current", "is_on_time"
DELIVERY = "delivery"
SENSOR_SECONDS = 600


def is_current_spec(partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    """The check; it warns and never blocks, because a stale month stands until it is run again."""
    return dg.AssetCheckSpec(
        IS_CURRENT,
        asset=DELIVERY,
        partitions_def=partitions,
        description="Nothing that the month was made from has changed since: no new delivery, table, rule or earlier "
        "month. Evaluated at the end of every run, and by currency_sensor.",
    )


def is_on_time_spec(partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    """The check; it warns and never blocks."""
    return dg.AssetCheckSpec(
        IS_ON_TIME,
        asset=DELIVERY,
        partitions_def=partitions,
        description="The month whose deadline has passed last is materialised: on the fifth day after that of the "
        "schedule, in the month after its own. Evaluated at the end of every run, and by currency_sensor.",
    )


def punctuality(flow: Flow, now: datetime) -> list[dg.AssetCheckEvaluation]:
    """The evaluation of the due month; none before the first month is due."""
    due, late = due_month(flow.settings, now), is_late(flow, now)
    if due < Month.parse(flow.settings.first_month):
        return []
    by = f"{deadline(flow.settings, due):%Y-%m-%d %H:%M}"
    found = dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(DELIVERY),
        check_name=IS_ON_TIME,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        partition=str(due),
        description=f"{due} was due by {by} and is not materialised" if late else f"{due} is there",
    )
    return [found]


def stale_by_month(flow: Flow) -> dict[str, StaleMonth]:
    """Months that have to be run again."""
    return {str(each.month): each for each in stale_months(flow)}


def currency(month: str, stale: Mapping[str, StaleMonth]) -> dg.AssetCheckEvaluation:
    """The evaluation of one month."""
    problem = stale.get(month)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(DELIVERY),
        check_name=IS_CURRENT,
        passed=problem is None,
        severity=dg.AssetCheckSeverity.WARN,
        partition=month,
        description="current" if problem is None else f"{problem.asset}: {problem.reason}; dvz run --stale",
    )


def currency_sensor(flow: Flow) -> dg.SensorDefinition:
    """Tells of months that have become stale, or current again, since it last looked."""

    @dg.sensor(
        name="currency_sensor",
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Evaluates the check is_current of months that have become stale, or current again, without a run: "
        "a new delivery, a changed table or rule. It starts nothing; `dvz run --stale` does.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with guarded("currency_sensor"):
            # the tables as they are now, not as they were when the code server started
            stale = stale_by_month(Flow(flow.settings))
            on_time = punctuality(flow, datetime.now(UTC))
            # of checks that a failed run was to evaluate, Dagster shows no more than that: they are told again
            failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])
            last_failure = next((run.run_id for run in context.instance.get_runs(failed, limit=1)), "none")
            said = " ".join([*(f"{each.partition} {each.passed}" for each in on_time), f"failed {last_failure}"])
            before: list[str] = json.loads(context.cursor) if context.cursor else []
            changed = stale.keys() ^ {month for month in before if " " not in month}
            if said not in before:
                changed |= {str(month) for month, last in attempts(flow).items() if last.run == last_failure}
            present = {str(month) for month in flow.lake.months(DELIVERY)}
            return dg.SensorResult(
                asset_events=[
                    *(currency(month, stale) for month in sorted(changed & present)),
                    *([] if said in before else on_time),
                ],
                cursor=json.dumps([*sorted(stale), said]),
                skip_reason=f"Stale months: {', '.join(sorted(stale)) or 'none'}.",
            )

    return sensor
