"""On which months a month looks back, and until when each of them has been looked at before."""

from pathlib import Path

import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.flow.signals import signal_months
from dvz_assets.home.lake import Lake, Manifest
from dvz_assets.months import Month
from dvz_assets.reference import Reference
from dvz_assets.settings import Settings

JUNE = Month.parse("2018-06")
# how many months back the corrections of a month have looked; June and July were run before, and are run again
REACH = {"2018-03": "", "2018-04": "2", "2018-05": "1", "2018-06": "12", "2018-07": "12"}


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A home with more months than any looks back on, later ones among them."""

    def manifest(_: Lake, asset: str, month: Month) -> Manifest:
        reach = {"correction_months": REACH[str(month)]} if str(month) in REACH else {}
        return Manifest(asset, str(month), reach, facts={"snapshot_date": str(month.last_day)})

    there = Month.range(Month.parse("2017-01"), Month.parse("2018-07"))
    monkeypatch.setattr(Lake, "months", lambda *_: list(there))
    monkeypatch.setattr(Lake, "manifest", manifest)
    return Flow(Settings(home=tmp_path))


def looked_at(flow: Flow) -> dict[str, str]:
    return {str(month)[:7]: str(at)[:7] for month, _, at in signal_months(flow, JUNE).iter_rows()}


def test_a_month_looks_back_as_far_as_its_regime_says(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reference, "correction_months", lambda *_: 6)
    assert list(looked_at(flow)) == [str(each) for each in Month.range(JUNE.minus(6), JUNE.previous())]
    assert signal_months(flow, JUNE)["reference_date"].to_list() == [
        each.last_day for each in Month.range(JUNE.minus(6), JUNE.previous())
    ]
    monkeypatch.setattr(Reference, "correction_months", lambda *_: 0)
    assert looked_at(flow) == {}


def test_a_signal_was_looked_at_by_the_last_month_before_that_reaches_it(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own month where none has; neither the month that is made nor a later one counts."""
    monkeypatch.setattr(Reference, "correction_months", lambda *_: 6)
    assert looked_at(flow) == {
        "2017-12": "2017-12",
        "2018-01": "2018-01",
        "2018-02": "2018-04",
        "2018-03": "2018-04",
        "2018-04": "2018-05",
        "2018-05": "2018-05",
    }
