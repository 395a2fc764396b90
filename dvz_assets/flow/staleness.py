"""Which months are stale: made from something that has changed since.

A partition is stale when an input that its manifest records (the delivered files, an upstream partition, the reference
tables, the SQL) is no longer what it was, or when a partition that it reads is stale itself. Stale results stand as
they are until they are run again, in the order of the months.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dvz_assets.flow import cleaned, relational
from dvz_assets.flow.context import Flow
from dvz_assets.flow.raw import DELIVERED, delivered_vouchers
from dvz_assets.months import Month

STALE = "stale"


@dataclass(frozen=True, slots=True)
class StaleMonth:
    """A month that has to be run again, and the first asset and input that say so."""

    month: Month
    asset: str
    reason: str


def stale_months(flow: Flow) -> list[StaleMonth]:
    """Materialised months that have to be run again, in order."""
    flow = flow.snapshot()
    changed: set[tuple[str, Month]] = set()

    def fingerprint(asset: str, month: Month) -> str:
        """Of a partition as it will be: a stale one is not what it was."""
        if (asset, month) in changed:
            return STALE
        return flow.lake.fingerprint(asset, month) if flow.lake.has(asset, month) else ""

    found = []
    for month in flow.lake.months("delivery"):
        problem = _first_change(flow, month, fingerprint, changed)
        if problem is not None:
            found.append(problem)
    return found


def _first_change(
    flow: Flow,
    month: Month,
    fingerprint: Callable[[str, Month], str],
    changed: set[tuple[str, Month]],
) -> StaleMonth | None:
    first: StaleMonth | None = None
    vouchers = delivered_vouchers(flow, month)
    for asset in (*DELIVERED, *cleaned.UPSTREAM, *relational.INPUTS):
        if not flow.lake.has(asset, month):
            changed.add((asset, month))
            first = first or StaleMonth(month, asset, "is missing")
            continue
        recorded = flow.lake.manifest(asset, month).inputs
        now = _inputs_now(flow, asset, month, vouchers, fingerprint)
        different = [name for name, value in now.items() if recorded.get(name) != value]
        # what changed by itself explains more than a partition that is stale because of it
        different.sort(key=lambda name: (" " in name, name))
        if different:
            changed.add((asset, month))
            first = first or StaleMonth(month, asset, _in_words(different[0], now[different[0]]))
    return first


def _inputs_now(
    flow: Flow, asset: str, month: Month, vouchers: dict[str, str], fingerprint: Callable[[str, Month], str]
) -> dict[str, str]:
    if asset in DELIVERED:
        # a delivery that was taken away again (archived) changes nothing
        return {"voucher": vouchers[asset]} if vouchers[asset] else {}
    if asset in cleaned.UPSTREAM:
        return cleaned.inputs_of(flow, asset, month, fingerprint)
    return relational.inputs_of(flow, asset, month, fingerprint)


def _in_words(name: str, value: str) -> str:
    match name:
        case "voucher":
            return "a new delivery is there"
        case "reference":
            return "a reference table has changed"
        case "withheld":
            return "the list of persons withheld has changed"
        case "sql" | "software" | "country_of_origin":
            return f"{name} has changed"
    return f"{name} {'is stale' if value == STALE else 'has changed'}"
