"""Runs the job ``monthly_dvz_flow`` here, for one month or for a range as one backfill; or hands months over.

What is handed over is a backfill like one from the UI: Dagster's daemon makes the runs, and its launcher spreads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.records import record_failure
from dvz_assets.flow.runnable_months import require_delivered
from dvz_assets.flow.trouble import INTERRUPTED
from dvz_assets.home.locks import release_months
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import MONTH_KEY
from dvz_assets.orchestration.dagster_private import queue_backfill, range_tags
from dvz_assets.orchestration.dead_runs import close_dead_runs
from dvz_assets.orchestration.definitions import JOB_NAME, build_definitions
from dvz_assets.orchestration.run_tags import run_tags
from dvz_assets.questions.attempts import Outcome, attempts

# the command line says itself what happened; Dagster keeps its events in its storage
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run ended badly, and at which month."""

    message: str
    month: Month | None
    interrupted: bool = False


def run_months(flow: Flow, instance: dg.DagsterInstance, months: Sequence[Month]) -> RunFailure | None:
    """Run consecutive months in one Dagster run; None when all of them are materialised."""
    close_dead_runs(flow, instance)
    job = build_definitions(flow).resolve_job_def(JOB_NAME)
    first, last = str(months[0]), str(months[-1])
    one = len(months) == 1
    try:
        result = job.execute_in_process(
            instance=instance,
            partition_key=first if one else None,
            tags={
                **run_tags(flow, months),
                **({} if one else range_tags(first, last)),
            },
            run_config=QUIET,
            raise_on_error=False,
        )
    finally:
        release_months()
    if not result.success:
        return _interruption(flow, result, months) if _was_interrupted(result) else _failure(result)
    undelivered = require_delivered(flow, [month for month in months if not flow.lake.has("delivery", month)])
    return RunFailure(undelivered[1], undelivered[0]) if undelivered else None


def queue_months(flow: Flow, instance: dg.DagsterInstance, months: Sequence[Month]) -> str:
    """Ask Dagster's daemon for exactly these months of all assets, and return the name of the backfill."""
    keys = [str(month) for month in months]
    title = f"{keys[0]} to {keys[-1]}"
    return queue_backfill(build_definitions(flow), JOB_NAME, instance, keys, run_tags(flow, months), title)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether Ctrl-C ended it: Dagster tells of a run that was ended and that nobody has asked to end."""
    reasons = [event.job_failure_data.failure_reason for event in result.all_events if event.is_job_failure]
    return any(reason is not None and reason.value == "UNEXPECTED_TERMINATION" for reason in reasons)


def _interruption(flow: Flow, result: dg.ExecuteInProcessResult, months: Sequence[Month]) -> RunFailure:
    """What stands of a run that was interrupted, which goes on record where no step has said so."""
    tried = attempts(flow)
    done = [str(month) for month in months if month in tried and tried[month].outcome is Outcome.MATERIALISED]
    if not any(each.run == result.run_id and each.outcome is Outcome.FAILED for each in tried.values()):
        record_failure(flow, "", None if done else months[0], result.run_id, KeyboardInterrupt())
    stands = (
        f"materialised by it: {', '.join(done)}; the published files follow with the next run of any month"
        if done
        else "it has materialised no month"
    )
    message = f"{INTERRUPTED}: ended by Ctrl-C; nothing is half-written, and {stands}.\nTo do: run the others again."
    return RunFailure(message, None, interrupted=True)


def _failure(result: dg.ExecuteInProcessResult) -> RunFailure:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data.user_failure_data
            if data is not None and data.description is not None:
                month = data.metadata.get(MONTH_KEY)
                return RunFailure(data.description, Month.parse(str(month.value)) if month else None)
    return RunFailure(f"The run {result.run_id} failed outside its steps; look at it in the Dagster UI.", None)
