"""Tags by which a run is found in the UI: its months, and the legal regimes of these."""

from collections.abc import Sequence

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.orchestration.partitions import regime_tags

MONTHS_TAG = "dvz/months"


def run_tags(flow: Flow, months: Sequence[Month]) -> dict[str, str]:
    """The tags of a run of these months, which are in order."""
    first, last = str(months[0]), str(months[-1])
    return {**regime_tags(flow, months), MONTHS_TAG: first if first == last else f"{first} to {last}"}
