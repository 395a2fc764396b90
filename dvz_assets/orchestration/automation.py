"""When the flow runs by itself: the sensor on deliveries, and the monthly schedule.

Both only decide; the run that they ask for is the job ``monthly_dvz_flow``, the same as by hand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from dvz_assets.flow.assets import DELIVERED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import delivered_vouchers
from dvz_assets.flow.runnable_months import months_of_flow
from dvz_assets.home.keys import shown_hash
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.dagster_private import AssetJob, range_tags
from dvz_assets.orchestration.dead_runs import IN_PROGRESS, close_dead_runs
from dvz_assets.orchestration.partitions import TIMEZONE
from dvz_assets.orchestration.run_tags import run_tags
from dvz_assets.questions.attempts import Outcome, attempts

SENSOR_SECONDS = 60
# tags by which the runs of one content of a month are known
MONTH_TAG, CONTENT_TAG = "dvz/month", "dvz/content"
LONGEST_WAIT = timedelta(hours=1)


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
        description="Starts the flow for a month whose two vouchers are there and whose content is not what the month "
        "was made from; an incomplete delivery never. What failed for a cause that passes (disk, store, lock, a killed "
        "process) is started again, later each time; what failed for its content waits for another. A month waits "
        "until every delivered month before it is materialised.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with guarded("deliveries_sensor"):
            close_dead_runs(flow, context.instance)
            return _next_month(flow, context.instance)

    return sensor


def _next_month(flow: Flow, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    """Decided by what is there: the home, the landing zone and the runs; not by what was asked for before."""
    waiting: list[str] = []
    materialised, purged = set(flow.lake.months("delivery")), flow.lake.purged_months()
    for month in months_of_flow(flow):
        content = content_of_delivery(flow, month)
        if month in purged or (month in materialised and _materialised_content(flow, month) == content):
            continue
        tags = {MONTH_TAG: str(month), CONTENT_TAG: content}
        why_not = _why_not(flow, instance, month, tags)
        if why_not is None:
            runs = instance.get_runs(dg.RunsFilter(tags=tags), limit=1)
            # Dagster remembers keys for ever: each attempt has one of its own
            after = runs[0].run_id if runs else "first"
            request = dg.RunRequest(
                run_key=f"{month}:{content}:{after}",
                partition_key=str(month),
                tags={**run_tags(flow, [month]), **tags},
            )
            return dg.SensorResult(run_requests=[request])
        if month not in materialised:
            return dg.SkipReason(f"{month}: {why_not}; later months wait for it.")
        waiting.append(f"{month}: {why_not}")
    if waiting:
        return dg.SkipReason(f"{'; '.join(waiting)}.")
    return dg.SkipReason("Every complete delivery has been taken; nothing new in the landing zone.")


def _why_not(flow: Flow, instance: dg.DagsterInstance, month: Month, tags: Mapping[str, str]) -> str | None:
    """Why a month is not started now; None when it is."""
    if instance.get_runs_count(dg.RunsFilter(tags={MONTH_TAG: str(month)}, statuses=IN_PROGRESS)):
        return "a run of it is in progress"
    last = attempts(flow).get(month)
    if last is not None and last.outcome is Outcome.RUNNING:
        return "a run of it is in progress"
    tried = instance.get_runs_count(dg.RunsFilter(tags=tags))
    if not tried:
        return None
    ended = instance.get_run_records(dg.RunsFilter(tags=tags), limit=1)[0]
    # a run of which the ledger knows nothing did not come so far: what started it failed
    of_the_last = last if last is not None and last.run == ended.dagster_run.run_id else None
    if of_the_last is not None and not of_the_last.may_pass and of_the_last.outcome is not Outcome.MATERIALISED:
        return f"its run has {of_the_last.in_words}; correct the delivery: its new content starts the month again"
    again = ended.update_timestamp + min(timedelta(minutes=2 ** min(tried, 10)), LONGEST_WAIT)
    if of_the_last is not None and of_the_last.went_wrong and datetime.now(UTC) < again:
        told = again.astimezone(ZoneInfo(TIMEZONE))
        return f"its run has {of_the_last.in_words}; it is started again at {told:%H:%M}"
    return None


def _materialised_content(flow: Flow, month: Month) -> str:
    return _content_of(flow, {asset: flow.lake.manifest(asset, month).inputs["voucher"] for asset in DELIVERED})


def _content_of(flow: Flow, vouchers: Mapping[str, str]) -> str:
    """Each file with its voucher, for a month may have been made from files of different deliveries."""
    text = "\n".join(f"{asset} {vouchers[asset]}" for asset in DELIVERED)
    return shown_hash(flow.settings, text)


def monthly_schedule(flow: Flow, job: AssetJob) -> dg.ScheduleDefinition:
    """Runs what is delivered and not materialised on the day of the setting."""
    settings = flow.settings

    @dg.schedule(
        name="monthly_dvz_schedule",
        job=job,
        cron_schedule=f"{settings.schedule_time.minute} {settings.schedule_time.hour} {settings.schedule_day} * *",
        execution_timezone=TIMEZONE,
        description="Runs the newest delivered month that is not materialised, with those before it that are not "
        "either: a statement closes in the month after its own. Nothing where the sensor has run it already.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        with guarded("monthly_dvz_schedule"):
            done = {*flow.lake.months("delivery"), *flow.lake.purged_months()}
            delivered = months_of_flow(flow)
            pending = [month for month in delivered if month not in done]
            if not pending:
                newest = f"the newest is {delivered[-1]}" if delivered else "none is there"
                return dg.SkipReason(f"Every delivered month is materialised; {newest}.")
            first, last = str(pending[0]), str(pending[-1])
            at = context.scheduled_execution_time.astimezone(ZoneInfo(TIMEZONE))
            together = range_tags(first, last) if pending[1:] else {}
            return dg.RunRequest(
                run_key=f"schedule:{at:%Y-%m-%d}:{last}",
                partition_key=None if together else last,
                tags={**run_tags(flow, pending), **together},
            )

    return schedule
