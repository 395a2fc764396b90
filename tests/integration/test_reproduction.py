"""A delivered month can be computed again from what its manifests record, and differences are found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.reproduction import reproduce
from tests.integration.running import fingerprint, manifest_in, redeliver, run
from tests.integration.test_staleness import drop_a_living_wage_line

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def test_a_month_comes_out_byte_for_byte_and_nothing_is_left_of_it(ran: Flow) -> None:
    before = fingerprint(ran.settings.home)
    found = reproduce(ran, Month.parse(LAST))
    assert found.succeeded
    assert len(found.same) == 13
    assert found.changed_since == ()
    assert fingerprint(ran.settings.home) == before


def test_it_needs_neither_the_landing_zone_nor_the_present_tables(ran: Flow, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    rules = folder / "category_rules.csv"
    rules.write_text(rules.read_text("utf-8").replace(",90,", ",1,"), encoding="utf-8")
    shutil.rmtree(ran.settings.landing)
    changed = Flow(ran.settings.model_copy(update={"reference": folder, "country_of_origin": "it006"}))
    assert reproduce(changed, Month.parse(LAST)).succeeded


def test_a_result_that_was_changed_by_hand_is_found(ran: Flow) -> None:
    path = ran.lake.partition("decisions", Month.parse(LAST))
    frame = pl.read_parquet(path, hive_partitioning=False)
    write_frame(frame.with_columns(outcome=pl.lit("BELGIAN")), path, manifest_in(path))
    found = reproduce(ran, Month.parse(LAST))
    assert found.different == ("decisions",)


def test_an_earlier_month_that_was_run_again_is_named(ran: Flow) -> None:
    redeliver(ran.settings.landing / "novaprima" / FIRST, "statement.csv", drop_a_living_wage_line)
    assert run(ran, FIRST) is None
    assert f"aid_history {FIRST} was run again" in reproduce(ran, Month.parse(LAST)).changed_since


def test_tables_that_are_gone_are_missed(ran: Flow) -> None:
    shutil.rmtree(ran.settings.home / "reference")
    with pytest.raises(DvzError, match="REFERENCE_NOT_KEPT"):
        reproduce(Flow(ran.settings), Month.parse(LAST))
