"""A month is run when all before it are there: which one is missing is said, with what to do."""

from pathlib import Path

import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.runnable_months import months_of_flow, require_delivered, require_earlier_months
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.months import Month
from dvz_assets.settings import Settings

JANUARY, FEBRUARY, MARCH, APRIL = Month.range(Month.parse("2018-01"), Month.parse("2018-04"))


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return Flow(Settings(landing=tmp_path / "landing", home=tmp_path / "home"))


def deliver(flow: Flow, *months: Month) -> None:
    for month in months:
        for source in ("novaprima", "register"):
            folder = flow.settings.landing / source / str(month)
            folder.mkdir(parents=True)
            (folder / "voucher.json").write_text("{}", encoding="utf-8")


def materialise(flow: Flow, *months: Month, assets: tuple[str, ...] = ("delivery",)) -> None:
    for month in months:
        for asset in assets:
            write_frame(pl.DataFrame(), flow.lake.partition(asset, month), Manifest(asset, str(month), {}))


def purge(flow: Flow, month: Month) -> None:
    (flow.settings.home / "purged").mkdir(parents=True)
    (flow.settings.home / "purged" / f"{month}.json").write_text("{}", encoding="utf-8")


def said(flow: Flow, first: Month, *together: Month) -> str:
    try:
        require_earlier_months(flow, "decisions", first, together)
    except DvzError as error:
        return str(error)
    return ""


def test_a_delivered_month_before_it_comes_first(flow: Flow) -> None:
    deliver(flow, JANUARY, FEBRUARY, MARCH, APRIL)
    assert said(flow, JANUARY) == ""
    materialise(flow, JANUARY)
    assert "delivered but not materialised: 2018-02, 2018-03." in said(flow, APRIL)
    assert "dvz run --from 2018-02 --to 2018-04" in said(flow, APRIL)
    assert said(flow, FEBRUARY) == ""


def test_of_months_asked_for_together_a_step_needs_what_it_reads(flow: Flow) -> None:
    deliver(flow, JANUARY, FEBRUARY, MARCH)
    history = ("identity_map", "aid_history")
    materialise(flow, JANUARY, FEBRUARY, assets=history[:1])
    assert "2018-01, 2018-02" in said(flow, MARCH, JANUARY, FEBRUARY)
    materialise(flow, JANUARY, FEBRUARY, assets=history)
    assert said(flow, MARCH, JANUARY, FEBRUARY, MARCH) == ""
    assert "not materialised: 2018-02" in said(flow, MARCH, JANUARY)


def test_a_month_that_nobody_delivered_is_a_gap(flow: Flow) -> None:
    materialise(flow, JANUARY)
    deliver(flow, APRIL)
    assert said(flow, APRIL).startswith("HISTORY_GAP")
    assert "neither delivered nor materialised: 2018-02, 2018-03" in said(flow, APRIL)
    assert said(flow, FEBRUARY) == ""
    assert said(flow, JANUARY) == "", "it may be run again"
    accepted = Flow(flow.settings.model_copy(update={"history_gaps": "accept"}))
    assert said(accepted, APRIL) == ""


def test_a_purged_month_was_there_and_is_not_run_again(flow: Flow) -> None:
    deliver(flow, JANUARY, MARCH)
    purge(flow, JANUARY)
    assert said(flow, JANUARY).startswith("MONTH_PURGED")
    assert said(flow, FEBRUARY) == ""
    assert "HISTORY_GAP" in said(flow, MARCH)


def test_the_first_month_that_is_not_delivered_is_named(flow: Flow) -> None:
    deliver(flow, FEBRUARY, APRIL)
    assert require_delivered(flow, [FEBRUARY, APRIL]) is None
    problem = require_delivered(flow, [FEBRUARY, MARCH, APRIL, APRIL.plus(1)])
    assert problem is not None
    assert (problem[0], problem[1].startswith("MONTH_NOT_DELIVERED")) == (MARCH, True)
    assert months_of_flow(flow) == [FEBRUARY, APRIL]
    later = Flow(flow.settings.model_copy(update={"first_month": str(APRIL)}))
    assert months_of_flow(later) == [APRIL]
    assert require_delivered(later, [FEBRUARY]) is not None
