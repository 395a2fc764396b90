"""When the flow runs by itself: the sensor on deliveries, and the monthly schedule.

Both only decide; the run that they ask for is the job ``monthly_dvz_flow``, the same as by hand.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from dvz_assets.flow.assets import DELIVERED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import delivered_vouchers
from dvz_assets.flow.runnable_months import months_of_flow
from dvz_assets.home.keys import shown_hash
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.dagster_private import AssetJob
from dvz_assets.orchestration.partitions import TIMEZONE, regime_tags

SENSOR_SECONDS = 60


def content_of_delivery(flow: Flow, month: Month) -> str:
    """Keyed hash of the vouchers behind all files: they name the hashes of these, so another content is another."""
    return _content_of(flow, delivered_vouchers(flow, month))


def deliveries_sensor(flow: Flow, job: AssetJob) -> dg.SensorDefinition:
    """Starts a month once per content of its delivery, in the order of the months."""

    @dg.sensor(
        name="deliveries_sensor",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts the flow for a month whose two vouchers are there: once per content, a re-delivery again, "
        "an incomplete delivery never. A month waits until every delivered month before it is materialised.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with guarded("deliveries_sensor"):
            return _next_month(flow, context)

    return sensor


def _next_month(flow: Flow, context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    seen: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    not_taken: list[str] = []
    materialised, purged = set(flow.lake.months("delivery")), flow.lake.purged_months()
    for month in months_of_flow(flow):
        if month in purged:
            continue
        content = content_of_delivery(flow, month)
        if _is_new(flow, month, content, seen, materialised):
            seen[str(month)] = content
            tags = regime_tags(flow, [month])
            request = dg.RunRequest(run_key=f"{month}:{content}", partition_key=str(month), tags=tags)
            return dg.SensorResult(run_requests=[request], cursor=json.dumps(seen, sort_keys=True))
        if month not in materialised:
            return dg.SkipReason(
                f"The run of {month} has been asked for and has not ended well yet; later months wait for it. "
                "If it failed, correct the delivery: its new content starts the month again."
            )
        if content != _materialised_content(flow, month):
            not_taken.append(str(month))
    if not_taken:
        return dg.SkipReason(
            f"The run of a new delivery of {', '.join(not_taken)} has been asked for and has not ended well yet. "
            "If it failed, correct the delivery, or run the month by hand."
        )
    return dg.SkipReason("Every complete delivery has been taken; nothing new in the landing zone.")


def _is_new(flow: Flow, month: Month, content: str, seen: dict[str, str], materialised: set[Month]) -> bool:
    if seen.get(str(month)) == content:
        return False
    # a month that somebody ran by hand from this very content needs no second run
    return month not in materialised or _materialised_content(flow, month) != content


def _materialised_content(flow: Flow, month: Month) -> str:
    return _content_of(flow, {asset: flow.lake.manifest(asset, month).inputs["voucher"] for asset in DELIVERED})


def _content_of(flow: Flow, vouchers: Mapping[str, str]) -> str:
    """Each file with its voucher, for a month may have been made from files of different deliveries."""
    text = "\n".join(f"{asset} {vouchers[asset]}" for asset in DELIVERED)
    return shown_hash(flow.settings, text)


def monthly_schedule(flow: Flow, job: AssetJob) -> dg.ScheduleDefinition:
    """Runs the current month on the day of the setting, if it is delivered and not yet materialised."""
    settings = flow.settings

    @dg.schedule(
        name="monthly_dvz_schedule",
        job=job,
        cron_schedule=f"{settings.schedule_time.minute} {settings.schedule_time.hour} {settings.schedule_day} * *",
        execution_timezone=TIMEZONE,
        description="Runs the current month once a month, right after the payments (note of 8 May 2014, 1.4), unless "
        "it is not delivered yet or the sensor has run it already.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        with guarded("monthly_dvz_schedule"):
            now = context.scheduled_execution_time.astimezone(ZoneInfo(TIMEZONE))
            month = Month.parse(f"{now:%Y-%m}")
            if month not in months_of_flow(flow):
                return dg.SkipReason(
                    f"{month} is not delivered yet: a voucher of NOVAPRIMA or the register is missing."
                )
            if flow.lake.has("delivery", month):
                return dg.SkipReason(f"{month} is materialised already.")
            return dg.RunRequest(run_key=f"schedule:{month}", partition_key=str(month), tags=regime_tags(flow, [month]))

    return schedule


def export_freshness(flow: Flow) -> dg.FreshnessPolicy:
    """The export of a month is due within five days after the day of the schedule."""
    day = min(flow.settings.schedule_day + 5, 28)
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 18 {day} * *", lower_bound_delta=timedelta(days=27), timezone=TIMEZONE
    )
