"""Runs the job ``monthly_dvz_flow`` here, for one month or for a range as one backfill; or hands months over.

What is handed over is a backfill like one from the UI: Dagster's daemon makes the runs, and its launcher spreads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.home.locks import release_months
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import MONTH_KEY
from dvz_assets.orchestration.dagster_private import queue_backfill, range_tags
from dvz_assets.orchestration.definitions import JOB_NAME, build_definitions
from dvz_assets.orchestration.partitions import regime_tags

# the command line says itself what happened; Dagster keeps its events in its storage
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run ended badly, and at which month."""

    message: str
    month: Month | None


def run_months(flow: Flow, instance: dg.DagsterInstance, months: Sequence[Month]) -> RunFailure | None:
    """Run consecutive months in one Dagster run; None when all of them are materialised."""
    job = build_definitions(flow).resolve_job_def(JOB_NAME)
    first, last = str(months[0]), str(months[-1])
    one = len(months) == 1
    try:
        result = job.execute_in_process(
            instance=instance,
            partition_key=first if one else None,
            tags={
                **regime_tags(flow, months),
                **({} if one else range_tags(first, last)),
            },
            run_config=QUIET,
            raise_on_error=False,
        )
    finally:
        release_months()
    return None if result.success else _failure(result)


def queue_months(flow: Flow, instance: dg.DagsterInstance, months: Sequence[Month]) -> str:
    """Ask Dagster's daemon for exactly these months of all assets, and return the name of the backfill."""
    keys = [str(month) for month in months]
    title = f"{keys[0]} to {keys[-1]}"
    return queue_backfill(build_definitions(flow), instance, keys, regime_tags(flow, months), title)


def _failure(result: dg.ExecuteInProcessResult) -> RunFailure:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data.user_failure_data
            if data is not None and data.description is not None:
                month = data.metadata.get(MONTH_KEY)
                return RunFailure(data.description, Month.parse(str(month.value)) if month else None)
    return RunFailure(f"The run {result.run_id} failed outside its steps; look at it in the Dagster UI.", None)
