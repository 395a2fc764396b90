"""Settings that change what a run may use."""

from collections.abc import Callable

from dvz_assets.flow.cleaned.unverified_codes import UNVERIFIED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.runnable_months import months_of_flow
from dvz_assets.months import Month
from tests.integration.running import run

FIRST = "2018-04"


def test_unverified_codes_stop_a_run_that_asks_for_verified_ones(flow_with: Callable[..., Flow]) -> None:
    strict = flow_with(require_verified_codes=True)
    failure = run(strict, FIRST)
    assert failure is not None
    assert failure.message.startswith("UNVERIFIED_CODES")
    assert "budget_articles PH_" in failure.message
    assert not strict.lake.months("delivery")
    lenient = flow_with()
    assert run(lenient, FIRST) is None
    facts = lenient.lake.manifest("aid_history", Month.parse(FIRST)).facts
    assert "budget_articles PH_" in facts[UNVERIFIED], "they are named"


def test_months_before_the_first_partition_are_not_taken(flow_with: Callable[..., Flow]) -> None:
    later = flow_with(first_month="2018-05")
    assert [str(month) for month in months_of_flow(later)] == ["2018-05", "2018-06"]
    assert run(later, "2018-05") is None
    assert [str(month) for month in later.lake.months("delivery")] == ["2018-05"]
