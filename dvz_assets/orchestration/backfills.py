"""Backfills over many months: how Dagster cuts them into runs, and which months were asked for together.

By default one run takes all months, step by step. With ``run_per_month`` the deliveries are taken in and the history is
made in one run, in order; then each month is a run of its own, which Dagster's queue and launcher spread over workers;
what they found is delivered and published in order again. The dependencies between partitions say what waits for what.
"""

import dagster as dg

from dvz_assets.flow.assets import ASSETS, DELIVERED, read_by_later_months
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.orchestration.dagster_private import partitions_of_backfill

# what reads of other months only what was taken in before, and waits for no month before it
MONTH_BY_ITSELF = frozenset(
    key for key, asset in ASSETS.items() if not asset.in_sequence and key not in {*DELIVERED, *read_by_later_months()}
)


def backfill_policy(flow: Flow, asset: str) -> dg.BackfillPolicy | None:
    """How many months of an asset one run takes: all of them, or (None) one."""
    return None if flow.settings.run_per_month and asset in MONTH_BY_ITSELF else dg.BackfillPolicy.single_run()


def months_of_backfill(context: dg.AssetExecutionContext) -> frozenset[Month]:
    """The months that the backfill of this run is to deliver; empty when the run belongs to none."""
    partitions = partitions_of_backfill(context.instance, context.run.tags, "delivery")
    return frozenset(map(Month.parse, partitions))
