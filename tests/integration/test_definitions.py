"""What Dagster shows: every asset described, in its group, with its check and the months that it really reads."""

from collections.abc import Callable, Mapping
from pathlib import Path

import dagster as dg
import pytest

from dvz_assets.flow.assets import ASSETS, PUBLISHED
from dvz_assets.flow.checks import check_name
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.partitions import whole_history
from dvz_assets.project_files import expectations_folder
from dvz_assets.tables.lake import LAKE_TABLES

SNAPSHOT = Path(__file__).with_name("assets.txt")


@pytest.fixture
def specs(flow: Flow) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_definitions(flow).resolve_all_asset_specs()}


def in_words(mapping: dg.PartitionMapping | None, whole_history: int) -> str:
    """Which months of an upstream asset a month reads."""
    if not isinstance(mapping, dg.TimeWindowPartitionMapping):
        return "all of it"
    first, last = -mapping.start_offset, -mapping.end_offset
    until = {0: "to the same month", 1: "to the month before"}[last]
    if first == whole_history:
        return f"from the first month {until}"
    return until.removeprefix("to ") if first == last else f"from {first} months before {until}"


def snapshot(specs: Mapping[str, dg.AssetSpec], first_month: str) -> str:
    """Keys, groups, dependencies and months of all assets, one dependency a line."""
    lines, whole = [], whole_history(first_month)
    for name in (*ASSETS, *PUBLISHED):
        spec = specs[name]
        lines.append(f"{name} ({spec.group_name}{', monthly' if spec.partitions_def else ''})")
        lines += [
            f"    {dep.asset_key.to_user_string()}: {in_words(dep.partition_mapping, whole)}" for dep in spec.deps
        ]
    return "\n".join(lines) + "\n"


def test_a_change_of_keys_groups_dependencies_or_months_is_seen(flow: Flow, specs: dict[str, dg.AssetSpec]) -> None:
    """A change that is meant is written into the file: the failure shows its new content."""
    assert snapshot(specs, flow.settings.first_month) == SNAPSHOT.read_text("utf-8")


def test_the_table_of_assets_and_the_tables_of_the_lake_are_the_same(specs: dict[str, dg.AssetSpec]) -> None:
    assert list(ASSETS) == list(WRITERS) == list(LAKE_TABLES)
    assert specs.keys() == {*ASSETS, *PUBLISHED}


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
    # the latest one before it that there is: every month before it may be that one
    earlier = upstream(flow, "identity_map", "identity_map", "2015-04")
    assert (earlier[0], earlier[-1], len(earlier)) == ("2014-05", "2015-03", 11)
    assert upstream(flow, "delivery", "delivery", "2015-04") == ["2015-03"]


def test_the_whole_history_is_counted_from_the_first_month_to_years_ahead(flow: Flow) -> None:
    months = [str(month) for month in Month.range(Month.parse("2014-05"), Month.current())]
    assert upstream(flow, "corrections", "aid_history", months[-1])[0] == months[0]
    assert len(months) + 12 * 5 == whole_history("2014-05")


def test_partitions_are_months_in_brussels_up_to_the_current_one(flow: Flow) -> None:
    graph = build_definitions(flow).resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("decisions")).partitions_def
    assert isinstance(partitions, dg.MonthlyPartitionsDefinition)
    assert partitions.timezone == "Europe/Brussels"
    assert partitions.get_first_partition_key() == "2014-05"
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
