"""Monthly partitions in Brussels time, and which months of an input a month reads."""

import warnings
from collections.abc import Sequence

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.views import STATEMENTS_IN_TWELVE_MONTHS
from dvz_assets.months import Month

TIMEZONE = "Europe/Brussels"
# more months than any history has: TimeWindowPartitionMapping knows offsets, not "from the first"
WHOLE_HISTORY = 12 * 100
FOREVER = "9999-12"


def monthly_partitions(first_month: str) -> dg.MonthlyPartitionsDefinition:
    """One partition per statement month; the current month exists from its first day, as payments come in it."""
    return dg.MonthlyPartitionsDefinition(start_date=first_month, fmt="%Y-%m", timezone=TIMEZONE, end_offset=1)


def regime_tags(flow: Flow, months: Sequence[Month]) -> dict[str, str]:
    """Tag of a run with the legal regimes of its months; none where there is none, or the tables are wrong."""
    try:
        regimes = flow.reference.tables["regimes"].sort("first_month").iter_rows(named=True)
    except DvzError:
        return {}  # the run itself says what is wrong with them
    first, last = str(months[0]), str(months[-1])
    found = [row["regime"] for row in regimes if row["first_month"] <= last and (row["last_month"] or FOREVER) >= first]
    return {"dvz/regime": ", ".join(found)} if found else {}


def months_back(months: int, *, end: int = 0) -> dg.TimeWindowPartitionMapping:
    """From ``months`` months before a month to ``end`` months before it, as far as they exist."""
    with warnings.catch_warnings():
        # allow_nonexistent_upstream_partitions is a beta parameter of this (pinned) Dagster
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        return dg.TimeWindowPartitionMapping(
            start_offset=-months, end_offset=-end, allow_nonexistent_upstream_partitions=True
        )


SAME_MONTH = months_back(0)
PREVIOUS_MONTH = months_back(1, end=1)

# by the name of the relation that a SQL file reads: the asset behind it, and its months
ASSET_BEHIND_VIEW: dict[str, tuple[str, int]] = {
    "aid_history": ("aid_history", WHOLE_HISTORY),
    "recent_lines": ("aid_history", STATEMENTS_IN_TWELVE_MONTHS - 1),
    "statement_lines": ("aid_history", 0),
    "statement_month": ("register_snapshot", 0),
}


def dependencies(views: tuple[str, ...]) -> list[dg.AssetDep]:
    """Upstream assets of a SQL file, each with the widest range of months that it reads."""
    months: dict[str, int] = {}
    for view in views:
        asset, back = ASSET_BEHIND_VIEW.get(view, (view, 0))
        months[asset] = max(back, months.get(asset, 0))
    return [dg.AssetDep(asset, partition_mapping=months_back(back)) for asset, back in months.items()]
