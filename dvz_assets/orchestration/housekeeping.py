"""Dagster: the job that removes old runs and their events from Dagster's own storage.

Runs hold counts, hashes and codes, never a person; they go because nobody needs them. A run that holds the latest
materialisation of a partition stays: without its events Dagster would show the partition as missing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.partitions import TIMEZONE
from dvz_assets.wording import number_of

RUNS_AT_A_TIME = 500
FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def purge_runs(instance: dg.DagsterInstance, older_than: datetime) -> int:
    """Remove finished runs that ended before ``older_than`` and are nobody's latest; how many were removed."""
    needed = set(_runs_of_latest_materialisations(instance))
    finished = dg.RunsFilter(statuses=list(FINISHED), updated_before=older_than)
    old = [record.dagster_run.run_id for record in instance.get_run_records(finished)]
    removed = [run_id for run_id in old if run_id not in needed]
    for run_id in removed:
        instance.delete_run(run_id)
    return len(removed)


def _runs_of_latest_materialisations(instance: dg.DagsterInstance) -> Iterator[str]:
    for key in instance.all_asset_keys():
        latest = instance.get_latest_materialization_event(key)
        if latest is not None:
            yield latest.run_id
        storage_ids = list(
            instance.event_log_storage.get_latest_storage_id_by_partition(
                key, dg.DagsterEventType.ASSET_MATERIALIZATION
            ).values()
        )
        for first in range(0, len(storage_ids), RUNS_AT_A_TIME):
            some = storage_ids[first : first + RUNS_AT_A_TIME]
            records = instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=key, storage_ids=some), limit=len(some)
            ).records
            yield from (record.run_id for record in records)


def housekeeping_job(flow: Flow) -> dg.JobDefinition:
    """Removes old runs from Dagster's storage."""

    @dg.op(description="Removes finished runs older than dagster_retention_days that no partition needs.")
    def remove_old_runs(context: dg.OpExecutionContext) -> None:
        with guarded("purge_dagster_storage"):
            days = flow.settings.dagster_retention_days
            removed = purge_runs(context.instance, datetime.now(UTC) - timedelta(days=days))
            context.log.info(f"{number_of(removed, 'run')} older than {number_of(days, 'day')} removed")

    @dg.job(
        name="purge_dagster_storage",
        executor_def=dg.in_process_executor,
        description="Removes runs and events older than dagster_retention_days from Dagster's own storage; the latest "
        "materialisation of every partition stays.",
    )
    def purge_dagster_storage() -> None:
        remove_old_runs()

    return purge_dagster_storage


def housekeeping_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """On the second of the month, at night in Brussels; off until it is switched on."""
    return dg.ScheduleDefinition(
        name="housekeeping_schedule",
        job=job,
        cron_schedule="30 2 2 * *",
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Runs the job purge_dagster_storage on the second of every month.",
    )
