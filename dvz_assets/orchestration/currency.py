"""Whether a materialised month is current, as the check ``is_current`` on ``delivery``.

Evaluated at the end of every run, and by a sensor in between, because tables change and deliveries come without a run.
"""

import json
from collections.abc import Mapping

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import StaleMonth, stale_months
from dvz_assets.orchestration.boundary import guarded

IS_CURRENT = "is_current"
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
            before: list[str] = json.loads(context.cursor) if context.cursor else []
            changed = sorted(stale.keys() ^ set(before))
            return dg.SensorResult(
                asset_events=[currency(month, stale) for month in changed],
                cursor=json.dumps(sorted(stale)),
                skip_reason=f"Stale months: {', '.join(sorted(stale)) or 'none'}.",
            )

    return sensor
