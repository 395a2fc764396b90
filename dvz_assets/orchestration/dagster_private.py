"""The one module that uses names of Dagster that are not public, each with the reason.

They may change with any release: ``tests/unit/test_dagster_private.py`` fails when Dagster is upgraded, until somebody
has looked at them again.
"""

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.instance.ref import InstanceRef as InstanceRef
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage as ConsolidatedSqliteEventLogStorage
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    BACKFILL_ID_TAG,
)
from dagster._core.utils import make_new_backfill_id
from dagster._core.workspace.context import WorkspaceProcessContext as WorkspaceProcessContext
from dagster._core.workspace.context import WorkspaceRequestContext as WorkspaceRequestContext
from dagster._core.workspace.load_target import WorkspaceFileTarget as WorkspaceFileTarget
from dagster._time import get_current_timestamp
from dagster_shared.serdes import serialize_value as serialize_value

# the workspace of a web server (``web_server``) is loaded by its command line alone: nothing public does it
# an instance (``instance``) is opened by its reference: what is public looks for its configuration with a pattern
# what dg.define_asset_job returns has no public name, and our functions are typed
AssetJob = UnresolvedAssetJobDefinition
# what keeps events in SQLite has no public name, though a configuration may name another (``event_storage``)
# a configuration names classes by their modules, and these have no public ones
COMPUTE_LOGS_MODULE = "dagster._core.storage.noop_compute_log_manager"
EVENT_LOG_MODULE = "dagster._core.storage.event_log"


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags that make one run take a range of partitions: nothing public runs a range in this process."""
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def queue_backfill(
    definitions: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    partitions: Sequence[str],
    tags: Mapping[str, str],
    title: str,
) -> str:
    """Ask Dagster's daemon for exactly these partitions of the assets of a job, and return the name of the backfill.

    The public way is GraphQL. A range of the first assets alone, as its ``partitionNames`` means it, would drag in
    every later month: what they count depends on these.
    """
    graph = definitions.resolve_asset_graph()
    wanted = {
        AssetKeyPartitionKey(asset, key)
        for asset in definitions.resolve_job_def(job).asset_layer.executable_asset_keys
        for key in (partitions if graph.get(asset).is_partitioned else [None])
    }
    name: str = make_new_backfill_id()
    backfill = PartitionBackfill.from_asset_graph_subset(
        backfill_id=name,
        backfill_timestamp=get_current_timestamp(),
        tags=tags,
        dynamic_partitions_store=instance,
        asset_graph_subset=AssetGraphSubset.from_asset_partition_set(wanted, graph),
        title=title,
        description=None,
        run_config=None,
    )
    instance.add_backfill(backfill)
    return name


def partitions_of_backfill(instance: dg.DagsterInstance, run_tags: Mapping[str, str], asset: str) -> Iterable[str]:
    """Return the partitions of an asset that the backfill of a run is to make; none when it belongs to no backfill.

    Nothing public tells a run what else was asked for together with it.
    """
    backfill_id = run_tags.get(BACKFILL_ID_TAG)
    backfill = instance.get_backfill(backfill_id) if backfill_id else None
    if backfill is None or backfill.asset_backfill_data is None:
        return ()
    subset = backfill.asset_backfill_data.target_subset.partitions_subsets_by_asset_key.get(dg.AssetKey(asset))
    return subset.get_partition_keys() if subset else ()


def failed_automation(instance: dg.DagsterInstance) -> list[str]:
    """Return the sensors and schedules that are on and whose last look failed: nothing public tells of ticks."""
    found = []
    for state in instance.all_instigator_state():
        if state.status is InstigatorStatus.STOPPED:
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if ticks and ticks[0].status is TickStatus.FAILURE:
            found.append(state.instigator_name)
    return sorted(set(found))
