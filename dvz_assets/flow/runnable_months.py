"""Which months may be run: a month is computed from all statements before it, so none of them may be missing.

Contract section 4: a month is not run while an earlier delivered month is not materialised, or while a month is missing
between the first one in the home and it (``history_gaps = accept`` allows the latter). The months of one backfill are
asked for together: of these, a step needs only what it reads, and a month is delivered when those before it are.
"""

from collections.abc import Collection, Sequence

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import earlier_months_of
from dvz_assets.flow.context import Flow
from dvz_assets.landing.zone import delivered_months
from dvz_assets.months import Month


def months_of_flow(flow: Flow) -> list[Month]:
    """Delivered months that the flow takes: from the setting ``first_month`` on, in order."""
    first = Month.parse(flow.settings.first_month)
    return [month for month in delivered_months(flow.settings.landing) if month >= first]


def require_earlier_months(flow: Flow, asset: str, first: Month, together: Collection[Month] = ()) -> None:
    """Raise DvzError, naming the months, when something before ``first`` has to be run or delivered first.

    ``together`` are the months that were asked for in the same backfill.
    """
    purged = flow.lake.purged_months()
    if first in purged:
        raise DvzError(
            "MONTH_PURGED",
            place=f"month {first}",
            expected="a month that is not older than retention_months",
            found="its results were removed, as the ledger says",
            remedy="nothing: it was sent in its time, and is not sent again",
        )
    awaited = earlier_months_of(asset)
    ready = {month for month in together if all(flow.lake.has(each, month) for each in awaited)}
    materialised = {*flow.lake.months("delivery"), *purged, *ready}
    pending = [month for month in months_of_flow(flow) if month < first and month not in materialised]
    if pending:
        raise DvzError(
            "EARLIER_MONTH_NOT_MATERIALISED",
            place=f"month {first}",
            expected="every earlier delivered month materialised, because its days and months count",
            found=f"delivered but not materialised: {_names(pending)}",
            remedy=f"run the range from the first of them: dvz run --from {pending[0]} --to {first}",
        )
    missing = (
        [month for month in Month.range(min(materialised), first) if month not in materialised | {first}]
        if materialised
        else []
    )
    if missing and flow.settings.history_gaps == "refuse":
        raise DvzError(
            "HISTORY_GAP",
            place=f"month {first}",
            expected="no gap between the first month in the home and this one",
            found=f"neither delivered nor materialised: {_names(missing)}",
            remedy="have the month delivered and run it, or set history_gaps = accept to count without it",
        )


def _names(months: list[Month]) -> str:
    return ", ".join(str(month) for month in months)


def require_delivered(flow: Flow, months: Sequence[Month]) -> tuple[Month, str] | None:
    """The first of ``months`` that is not delivered, and what to say of it; None when all are."""
    delivered = set(months_of_flow(flow))
    for month in months:
        if month not in delivered:
            error = DvzError(
                "MONTH_NOT_DELIVERED",
                place=f"{flow.settings.landing}, month {month}",
                expected="voucher.json in novaprima and in register, which mean that the delivery is complete",
                found="a voucher, or the landing zone, is missing",
                remedy="wait for the delivery, or correct --landing",
            )
            return month, str(error)
    return None
