"""What follows from the table of assets, written out: a month waits for it, looks back on it, or keeps it."""

import pytest

from dvz_assets.flow.assets import (
    ASSETS,
    CLEANED_FROM,
    COMPUTED,
    LOOKED_BACK_ON,
    RELATIONAL,
    Retention,
    earlier_months_of,
    read_by_later_months,
    stored_for,
    upstream,
)

HISTORY = {"identity_map", "aid_history"}
RESULTS_LOOKED_BACK_ON = {"decisions", "dvz_export", "corrections"}
OF_ONE_MONTH = {"selection_one", "selection_two", "intersection", "reimbursed_runs", "decisions", "dvz_export"}
EARLIER = {
    "novaprima_statement": set(),
    "aid_history": set(),
    "identity_map": {"identity_map"},
    "register_persons": {"identity_map"},
    "selection_two": {"identity_map"},
    "reimbursed_runs": HISTORY,
    "dvz_export": HISTORY,
    "month_measures": HISTORY | {"month_measures"},
    "corrections": HISTORY | RESULTS_LOOKED_BACK_ON,
    "delivery": HISTORY | RESULTS_LOOKED_BACK_ON | {"delivery"},
}


@pytest.mark.parametrize("asset", EARLIER)
def test_these_assets_of_earlier_months_have_to_be_there(asset: str) -> None:
    assert set(earlier_months_of(asset)) == EARLIER[asset]


def test_a_month_is_computed_again_from_these_assets_of_other_months() -> None:
    assert set(read_by_later_months()) == HISTORY | RESULTS_LOOKED_BACK_ON | {"month_measures"}
    assert set(LOOKED_BACK_ON) == RESULTS_LOOKED_BACK_ON | {"month_measures", "identity_map"}


def test_an_asset_is_made_from_these() -> None:
    delivered = {"novaprima_statement", "register_snapshot", "insz_replacements"}
    cleaned = HISTORY | {"register_persons"}
    assert upstream("novaprima_statement") == {"novaprima_statement"}
    assert upstream("selection_one") == HISTORY | {"novaprima_statement", "insz_replacements", "selection_one"}
    assert upstream("corrections") == delivered | cleaned | OF_ONE_MONTH | {"corrections"}
    assert {CLEANED_FROM[each] for each in delivered} == cleaned
    assert set(COMPUTED) == cleaned | set(RELATIONAL)


def test_every_partition_is_removed_by_one_setting() -> None:
    kept_as_history = {"novaprima_statement", "register_snapshot", "insz_replacements", "aid_history"}
    assert set(stored_for(Retention.HISTORY)) == kept_as_history | {"register_persons", "month_measures"}
    assert stored_for(Retention.NEVER) == ("identity_map",)
    assert sorted(each for retention in Retention for each in stored_for(retention)) == sorted(ASSETS)
