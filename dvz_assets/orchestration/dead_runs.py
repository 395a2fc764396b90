"""Runs whose process has died: Dagster takes them for running until somebody closes them.

The ledger knows their months, and the locks of the home that nobody is at them. A run that has not begun is left alone.
"""

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.questions.attempts import is_alive, months_of_runs

IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
BEGUN = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
MESSAGE = "The process of this run has died; what it had published stands. Run the month again."


def close_dead_runs(flow: Flow, instance: dg.DagsterInstance) -> list[str]:
    """Have Dagster take them for failed, and return their names."""
    open_runs = instance.get_runs(dg.RunsFilter(statuses=BEGUN))
    if not open_runs:
        return []
    months = months_of_runs(flow)
    closed = []
    for run in open_runs:
        # it is asked for its state again after its lock: it may have ended in between
        if run.run_id not in months or is_alive(flow, run.run_id, months[run.run_id]):
            continue
        now = instance.get_run_by_id(run.run_id)
        if now is not None and now.status in BEGUN:
            instance.report_run_failed(now, MESSAGE)
            closed.append(run.run_id)
    return closed
