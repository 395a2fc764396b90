"""Months of one backfill as runs of their own: what they may do before each other, and what they must wait for."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, earlier_months_of
from dvz_assets.flow.context import Flow
from dvz_assets.flow.runnable_months import require_earlier_months
from dvz_assets.flow.steps import run_step
from dvz_assets.home.locks import hold_months, release_months
from dvz_assets.months import Month
from dvz_assets.orchestration.backfills import MONTH_BY_ITSELF
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from tests.crash.concurrency import CHECKOUT
from tests.crash.test_concurrency import HOLDER
from tests.integration.running import run

FIRST, SECOND = Month.parse("2018-04"), Month.parse("2018-05")
TOGETHER = (FIRST, SECOND)


def test_a_month_alone_waits_for_the_months_before_it_in_its_first_step(flow: Flow) -> None:
    with pytest.raises(DvzError, match="EARLIER_MONTH_NOT_MATERIALISED"):
        require_earlier_months(flow, "novaprima_statement", SECOND)


def test_months_asked_for_together_wait_for_what_they_read(flow: Flow) -> None:
    require_earlier_months(flow, "novaprima_statement", SECOND, TOGETHER)
    with pytest.raises(DvzError, match="EARLIER_MONTH_NOT_MATERIALISED"):
        require_earlier_months(flow, "decisions", SECOND, TOGETHER)
    for asset in ("novaprima_statement", "aid_history", "insz_replacements"):
        run_step(flow, asset, FIRST)
    with pytest.raises(DvzError, match="EARLIER_MONTH_NOT_MATERIALISED"):
        require_earlier_months(flow, "decisions", SECOND, TOGETHER)
    run_step(flow, "identity_map", FIRST)
    require_earlier_months(flow, "decisions", SECOND, TOGETHER)
    with pytest.raises(DvzError, match="EARLIER_MONTH_NOT_MATERIALISED"):
        require_earlier_months(flow, "delivery", SECOND, TOGETHER)
    assert run(flow, str(FIRST)) is None
    require_earlier_months(flow, "delivery", SECOND, TOGETHER)


def test_a_month_waits_for_the_history_that_it_reads_and_for_nothing_else() -> None:
    """An asset that reads its own earlier months, or must be made in their order, waits for itself too."""
    numbers, days = ("identity_map",), ("identity_map", "aid_history")
    signals = (*days, "decisions", "dvz_export", "corrections")
    waits = {
        **dict.fromkeys(
            ("identity_map", "register_persons", "selection_one", "selection_two", "intersection"), numbers
        ),
        **dict.fromkeys(("reimbursed_runs", "decisions", "dvz_export", "dvz_export_periods"), days),
        "threshold_indicator": days,
        "month_measures": (*days, "month_measures"),
        "corrections": signals,
        "delivery": (*signals, "delivery"),
    }
    assert {key: earlier_months_of(key) for key in ASSETS if earlier_months_of(key)} == waits


def single_run_assets(flow: Flow) -> set[str]:
    nodes = build_definitions(flow).resolve_asset_graph().asset_nodes
    return {node.key.to_user_string() for node in nodes if node.is_partitioned and node.backfill_policy is not None}


def test_runs_per_month_are_asked_for_by_a_setting(flow: Flow, flow_with: Callable[..., Flow]) -> None:
    in_one_run = single_run_assets(flow)
    assert in_one_run >= MONTH_BY_ITSELF
    assert single_run_assets(flow_with(run_per_month=True)) == in_one_run - MONTH_BY_ITSELF


def test_deliveries_are_made_in_the_order_of_the_months(flow: Flow) -> None:
    node = build_definitions(flow).resolve_asset_graph().get(dg.AssetKey("delivery"))
    assert dg.AssetKey("delivery") in node.parent_keys


def test_a_run_of_a_backfill_waits_for_its_turn(flow: Flow) -> None:
    held: list[bool] = []
    arguments = [sys.executable, "-c", HOLDER, str(flow.settings.home), str(FIRST)]
    with subprocess.Popen(arguments, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waiting = Thread(target=lambda: held.append(hold_months(flow.settings, [FIRST], "this", wait=True)))
        waiting.start()
        assert held == []
        holder.kill()
    waiting.join()
    release_months()
    assert held == [True]


def test_no_two_connections_spill_into_one_folder(flow: Flow) -> None:
    with flow.connect() as one, flow.connect() as other:
        folders = [each.execute("SELECT current_setting('temp_directory')").fetchone() for each in (one, other)]
    assert folders[0] != folders[1]


def dvz_queue(landing: Path, home: Path, last: str) -> tuple[int, str]:
    options = ["--landing", str(landing), "--home", str(home)]
    result = CliRunner().invoke(app, ["run", "--from", "2018-04", "--to", last, "--queue", *options])
    return result.exit_code, result.output


def test_a_queued_range_is_exactly_the_months_asked_for(flow: Flow) -> None:
    code, said = dvz_queue(flow.settings.landing, flow.settings.home, "2018-05")
    assert code == 0, said
    with open_instance(flow.settings.home) as instance:
        (backfill,) = instance.get_backfills()
    assert backfill.backfill_id in said
    assert backfill.asset_backfill_data is not None
    target = backfill.asset_backfill_data.target_subset
    for subset in target.partitions_subsets_by_asset_key.values():
        assert list(subset.get_partition_keys()) == ["2018-04", "2018-05"]
    assert {key.to_user_string() for key in target.non_partitioned_asset_keys} == {"dvz_database", "analytics_database"}


def test_an_undelivered_month_is_not_queued(flow: Flow) -> None:
    code, said = dvz_queue(flow.settings.landing, flow.settings.home, "2018-07")
    assert code == 1
    assert said.startswith("MONTH_NOT_DELIVERED")
    with open_instance(flow.settings.home) as instance:
        assert instance.get_backfills() == []
