"""An upgrade of Dagster is looked at: the private names that we use are gathered, and are those that were tried."""

import importlib
import inspect

import dagster as dg

from dvz_assets.orchestration import dagster_private

TRIED_WITH = "1.13.27"
PARAMETERS = {
    "AssetGraphSubset.from_asset_partition_set": ["asset_partitions_set", "asset_graph", "validate_time_range"],
    "AssetKeyPartitionKey": ["asset_key", "partition_key"],
    "PartitionBackfill.from_asset_graph_subset": [
        "backfill_id",
        "backfill_timestamp",
        "tags",
        "dynamic_partitions_store",
        "asset_graph_subset",
        "title",
        "description",
        "run_config",
    ],
    "get_current_timestamp": [],
    "make_new_backfill_id": [],
}
TAGS = {
    "ASSET_PARTITION_RANGE_START_TAG": "dagster/asset_partition_range_start",
    "ASSET_PARTITION_RANGE_END_TAG": "dagster/asset_partition_range_end",
    "BACKFILL_ID_TAG": "dagster/backfill",
}


def test_an_upgrade_is_looked_at() -> None:
    """Read the release notes, run tests/integration/test_backfills.py and tests/production, then raise the version."""
    assert dg.__version__ == TRIED_WITH


def test_private_names_take_what_we_give_them() -> None:
    found = {}
    for name in PARAMETERS:
        what = dagster_private
        for part in name.split("."):
            what = getattr(what, part)
        found[name] = list(inspect.signature(what).parameters)  # type: ignore[arg-type]
    assert found == PARAMETERS


def test_tags_are_those_that_stand_in_the_storage() -> None:
    assert {name: getattr(dagster_private, name) for name in TAGS} == TAGS


def test_what_has_no_public_name_is_where_it_was() -> None:
    assert type(dg.define_asset_job("any")) is dagster_private.AssetJob
    assert hasattr(importlib.import_module(dagster_private.COMPUTE_LOGS_MODULE), "NoOpComputeLogManager")
    replaced = {"index_connection", "run_connection", "get_db_path", "dispose"}
    assert replaced <= set(dir(dagster_private.ConsolidatedSqliteEventLogStorage))
    assert {"add_backfill", "get_backfill"} <= set(dir(dg.DagsterInstance))
    assert list(dagster_private.WorkspaceFileTarget(paths=["workspace.yaml"]).paths) == ["workspace.yaml"]
