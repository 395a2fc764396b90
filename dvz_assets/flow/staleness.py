"""Which months are stale: made from something that has changed since.

A partition is stale when an input that its manifest records (``flow.provenance``) is no longer what it was, or when a
partition that it reads is stale itself. Stale results stand as they are until they are run again, in the order of the
months.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dvz_assets.flow.assets import ASSETS, DELIVERED
from dvz_assets.flow.code_fingerprints import code_inputs
from dvz_assets.flow.context import Flow
from dvz_assets.flow.provenance import REFERENCE_TABLE, inputs_of
from dvz_assets.flow.raw import delivered_vouchers, layout_now
from dvz_assets.months import Month
from dvz_assets.words.texts import mark, say

STALE = "stale"
MISSING = mark("is missing")
FIRST_VERSION = mark("was made by a version that did not record its code")
IS_STALE = mark("{name} is stale")
HAS_CHANGED = mark("{name} has changed")
TABLE_HAS_CHANGED = mark("reference table {name} has changed")
WORDS = {
    "voucher": mark("a new delivery is there"),
    "layout": mark("the layout in which its file is read has changed"),
    "sql": mark("its SQL has changed"),
    "table": mark("its columns have changed"),
    "python": mark("its code has changed"),
    "country_of_origin": mark("the setting country_of_origin has changed"),
    "withheld": mark("the list of persons withheld has changed"),
    "regime": mark("the regime of the month has changed"),
    "authorised_fields": mark("the columns that the regime authorises have changed"),
    "correction_months": mark("the number of months on whose signals a month looks back has changed"),
    "received_rows": mark("the rows received or rejected have changed"),
    "reference_date": mark("the date of the register snapshot has changed"),
}


@dataclass(frozen=True, slots=True)
class StaleMonth:
    """A month that has to be run again, and the first asset and input that say so.

    ``text`` is what is said of the input, whose name it may have as ``{name}``.
    """

    month: Month
    asset: str
    text: str
    name: str = ""

    @property
    def reason(self) -> str:
        """Why, in the language spoken."""
        return say(self.text, name=self.name)


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
    for asset in ASSETS:
        if not flow.lake.has(asset, month):
            changed.add((asset, month))
            first = first or StaleMonth(month, asset, MISSING)
            continue
        recorded = flow.lake.manifest(asset, month).inputs
        now = _inputs_now(flow, asset, month, vouchers, fingerprint)
        different = [name for name, value in now.items() if recorded.get(name) != value]
        if different:
            changed.add((asset, month))
            name = different[0]
            cause = _cause(name, now[name]) if name == "voucher" or "python" in recorded else (FIRST_VERSION, "")
            first = first or StaleMonth(month, asset, *cause)
    return first


def _inputs_now(
    flow: Flow, asset: str, month: Month, vouchers: dict[str, str], fingerprint: Callable[[str, Month], str]
) -> dict[str, str]:
    if asset in DELIVERED:
        # a delivery that was taken away again (archived) cannot be read again, and is not stale
        if not vouchers[asset]:
            return {}
        return {"voucher": vouchers[asset], **layout_now(flow, asset, month), **code_inputs(asset, month)}
    return inputs_of(flow, asset, month, fingerprint)


def _cause(name: str, value: str) -> tuple[str, str]:
    """What is said of an input that has changed, and its name."""
    if value == STALE:
        return IS_STALE, name
    if name.startswith(REFERENCE_TABLE):
        return TABLE_HAS_CHANGED, name.removeprefix(REFERENCE_TABLE)
    return WORDS.get(name, HAS_CHANGED), name
