"""Monthly partitions in Brussels time, and which months of an input a month reads."""

import warnings
from collections.abc import Sequence

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, STATEMENTS_IN_TWELVE_MONTHS, Months, relation, upstream_of_one_step
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


def whole_history(first_month: str) -> int:
    """Return at least as many months as there are: TimeWindowPartitionMapping knows offsets, not "from the first".

    Not many more: it goes through them one by one, for every dependency of every step.
    """
    return len(Month.range(Month.parse(first_month), Month.current())) + LONGEST_UPTIME


def mappings(first_month: str) -> dict[Months, dg.TimeWindowPartitionMapping]:
    """From the narrowest to the widest: of an asset that is read under several names, the widest counts."""
    whole = whole_history(first_month)
    return {
        Months.SAME: months_back(0),
        Months.TWELVE: months_back(STATEMENTS_IN_TWELVE_MONTHS - 1),
        Months.ALL: months_back(whole),
        Months.LATEST_BEFORE: months_back(whole, end=1),
        Months.ALL_BEFORE: months_back(whole, end=1),
        # the tables say how many they are, and Dagster is told of all that there could be
        Months.LOOKED_BACK_ON: months_back(whole, end=1),
        Months.SINCE_LOOKED_BACK_ON: months_back(whole),
    }


def dependencies(key: str, first_month: str) -> list[dg.AssetDep]:
    """Return what a monthly asset reads, each with the months that it reads of it, as the table of assets says."""
    asset, mapping = ASSETS[key], mappings(first_month)
    width = list(mapping).index
    months = dict.fromkeys(upstream_of_one_step(key), Months.SAME)
    for name in asset.reads.all_relations:
        behind = relation(name)
        months[behind.asset] = max(months[behind.asset], behind.months, key=width)
    read = [dg.AssetDep(each, partition_mapping=mapping[of]) for each, of in months.items()]
    waits = asset.in_sequence and key not in months
    return [*read, *([dg.AssetDep(key, partition_mapping=PREVIOUS_MONTH)] if waits else [])]
