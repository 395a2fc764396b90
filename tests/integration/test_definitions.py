"""What Dagster shows: every asset described, in its group, with its check and the months that it really reads."""

from collections.abc import Callable

import dagster as dg
import pytest

from dvz_assets.flow.checks import check_name
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.project_files import expectations_folder
from dvz_assets.tables.lake import LAKE_TABLES

GROUPS = {
    "raw": {"novaprima_statement", "register_snapshot", "insz_replacements"},
    "cleaned": {"identity_map", "aid_history", "register_persons"},
    "selections": {"selection_one", "selection_two", "intersection", "reimbursed_runs", "decisions"},
    "control": {"threshold_indicator"},
    "export": {"dvz_export", "dvz_export_periods", "delivery"},
    "published": {"dvz_database", "analytics_database", "monthly_report"},
}


@pytest.fixture
def specs(flow: Flow) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_definitions(flow).resolve_all_asset_specs()}


def test_assets_and_groups_are_those_of_the_design(specs: dict[str, dg.AssetSpec]) -> None:
    found: dict[str, set[str]] = {}
    for name, spec in specs.items():
        found.setdefault(str(spec.group_name), set()).add(name)
    assert found == GROUPS
    assert list(WRITERS) == list(LAKE_TABLES)


def test_every_asset_says_what_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.tags["privacy"], name
    for name in LAKE_TABLES:
        schema = specs[name].metadata["dagster/column_schema"]
        assert all(column.description for column in schema.columns), name
        assert (expectations_folder() / f"{name}.json").exists(), name


def upstream(flow: Flow, asset: str, of: str, month: str) -> list[str]:
    graph = build_definitions(flow).resolve_asset_graph()
    mapping = graph.get_partition_mapping(dg.AssetKey(asset), dg.AssetKey(of))
    partitions = graph.get(dg.AssetKey(asset)).partitions_def
    assert isinstance(partitions, dg.MonthlyPartitionsDefinition)
    result = mapping.get_upstream_mapped_partitions_result_for_partitions(
        partitions.subset_with_partition_keys([month]), partitions, partitions
    )
    return sorted(result.partitions_subset.get_partition_keys())


def test_partition_mappings_say_which_months_are_read(flow: Flow) -> None:
    assert upstream(flow, "selection_one", "aid_history", "2015-04") == ["2015-04"]
    assert upstream(flow, "dvz_export", "aid_history", "2015-06")[0] == "2014-07"
    assert len(upstream(flow, "dvz_export", "aid_history", "2015-06")) == 12
    history = upstream(flow, "reimbursed_runs", "aid_history", "2015-04")
    assert (history[0], history[-1], len(history)) == ("2014-05", "2015-04", 12)
    assert upstream(flow, "identity_map", "identity_map", "2015-04") == ["2015-03"]


def test_partitions_are_months_in_brussels_up_to_the_current_one(flow: Flow) -> None:
    graph = build_definitions(flow).resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("decisions")).partitions_def
    assert isinstance(partitions, dg.MonthlyPartitionsDefinition)
    assert partitions.timezone == "Europe/Brussels"
    assert partitions.get_first_partition_key() == "2014-05"
    from dvz_assets.months import Month

    assert partitions.get_last_partition_key() == str(Month.current())


def test_checks_are_those_of_the_partition_and_carry_counts(ran_until: Callable[[str], Flow]) -> None:
    from dvz_assets.orchestration.instance import open_instance

    flow = ran_until("2018-05")
    with open_instance(flow.settings.home) as instance:
        for asset in WRITERS:
            key = dg.AssetCheckKey(dg.AssetKey(asset), check_name(asset))
            records = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
            evaluations = [record.evaluation for record in records]
            assert {each.partition for each in evaluations if each} == {"2018-04", "2018-05"}, asset
            assert all(each.passed and each.blocking for each in evaluations if each), asset
