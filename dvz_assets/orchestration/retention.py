"""Dagster: the job ``retention`` and its monthly schedule."""

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.retention import purge
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.currency import DELIVERY
from dvz_assets.orchestration.partitions import TIMEZONE
from dvz_assets.wording import number_of


def retention_job(flow: Flow) -> dg.JobDefinition:
    """Removes what is due; a purged month gets an observation on ``delivery`` that says so."""

    @dg.op(
        name="remove_what_is_due", description="Removes what is older than it may be kept (deliberation 18/055, 34)."
    )
    def remove_what_is_due(context: dg.OpExecutionContext) -> None:
        with guarded("retention"):
            for removal in purge(flow):
                found = removal.as_json()
                context.log.info(
                    f"{found['what']}: {number_of(found['files'], 'file')}, {number_of(found['bytes'], 'byte')}"
                )
                if removal.what == "results":
                    context.log_event(
                        dg.AssetObservation(
                            DELIVERY,
                            partition=found["month"],
                            description="purged: older than retention_months",
                            metadata={"purged": True, "files": found["files"], "bytes": found["bytes"]},
                        )
                    )

    @dg.job(
        name="retention",
        executor_def=dg.in_process_executor,
        description="Removes exports, decisions, indicators, deliveries and answers older than retention_months, "
        "leftovers older than quarantine_days, and source history by its own setting; evidence goes to the ledger.",
    )
    def retention() -> None:
        remove_what_is_due()

    return retention


def retention_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """On the first of the month, at night in Brussels; off until it is switched on."""
    return dg.ScheduleDefinition(
        name="retention_schedule",
        job=job,
        cron_schedule="30 2 1 * *",
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Runs the job retention on the first of every month.",
    )
