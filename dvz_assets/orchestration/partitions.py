"""Monthly partitions in Brussels time, and which months of an input a month reads."""

import warnings
from collections.abc import Sequence

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import (
    ASSETS,
    STATEMENTS_IN_TWELVE_MONTHS,
    TWO_YEARS,
    Months,
    relation,
    upstream_of_one_step,
)
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month

TIMEZONE = "Europe/Brussels"
# how long a code server may run: Dagster asks for the first month by counting back from the present one, and a server
# that has run for longer would show later ones too few as read (what is computed does not depend on it)
LONGEST_UPTIME = 12 * 5
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


PREVIOUS_MONTH = months_back(1, end=1)
SAME_MONTH = (0, 0)


def whole_history(first_month: str) -> int:
    """Return at least as many months as there are: TimeWindowPartitionMapping knows offsets, not "from the first".

    Not many more: it goes through them one by one, for every dependency of every step.
    """
    return len(Month.range(Month.parse(first_month), Month.current())) + LONGEST_UPTIME


def _read_back(months: Months, first_month: str) -> tuple[int, int]:
    """The first and the last month of a relation, counted back from the month that is made."""
    match months:
        case Months.SAME:
            return SAME_MONTH
        case Months.TWELVE:
            return STATEMENTS_IN_TWELVE_MONTHS - 1, 0
        case Months.TWO_YEARS_BEFORE:
            return TWO_YEARS, 1
        # the tables say how many are looked back on, and Dagster is told of all that there could be
        case Months.ALL | Months.SINCE_LOOKED_BACK_ON:
            return whole_history(first_month), 0
        case Months.LATEST_BEFORE | Months.ALL_BEFORE | Months.LOOKED_BACK_ON:
            return whole_history(first_month), 1


def dependencies(key: str, first_month: str) -> list[dg.AssetDep]:
    """Return what a monthly asset reads, each with the months that it reads of it, as the table of assets says.

    Of an asset that is read under several names, these are the months from the first to the last of all of them; of one
    that it only comes after, the same month.
    """
    asset = ASSETS[key]
    read: dict[str, list[tuple[int, int]]] = {each: [] for each in (*upstream_of_one_step(key), *asset.after)}
    for behind in map(relation, asset.reads.all_relations):
        read[behind.asset].append(_read_back(behind.months, first_month))
    found = []
    for each, months in read.items():
        first, last = zip(*(months or [SAME_MONTH]), strict=True)
        found.append(dg.AssetDep(each, partition_mapping=months_back(max(first), end=min(last))))
    waits = asset.in_sequence and key not in read
    return [*found, *([dg.AssetDep(key, partition_mapping=PREVIOUS_MONTH)] if waits else [])]
