"""What a run's log says on the way, in lines that an engineer wants to read; counts of persons are protected."""

from dvz_assets.flow.assets import CLEANED_FROM, DELIVERED
from dvz_assets.flow.cleaned.quarantine import REJECTED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import StepResult
from dvz_assets.home.deliveries import CHANGES, written_deliveries
from dvz_assets.months import Month
from dvz_assets.questions.overview import shown_rows
from dvz_assets.tables.protection import told
from dvz_assets.wording import number_of


def line_of(flow: Flow, asset: str, month: Month, result: StepResult, place: tuple[int, int], *, again: bool) -> str:
    """One line for one month of one step; ``place`` is which of how many, ``again`` whether it was there before."""
    which = f" ({place[0]} of {place[1]})" if place[1] > 1 else ""
    unchanged = "; unchanged" if again and not result.changed else ""
    return f"{asset} {month}{which}: {_what(flow, asset, month, result)}{unchanged}"


def _what(flow: Flow, asset: str, month: Month, result: StepResult) -> str:
    counts = result.manifest.counts
    if asset in DELIVERED:
        return f"read {number_of(counts['delivered'], 'line')} of {result.manifest.facts['file']}"
    if asset in CLEANED_FROM.values():
        rejected = [
            f"{rows} for {name.removeprefix(REJECTED)}"
            for name, rows in counts.items()
            if name.startswith(REJECTED) and rows
        ]
        accepted = number_of(counts["delivered"], "line")
        return f"of {accepted}, rejected {', '.join(rejected)}" if rejected else f"of {accepted}, none rejected"
    if asset == "delivery":
        return _delivery(flow, month)
    return f"{told(shown_rows(flow, asset, month))} rows"


def _delivery(flow: Flow, month: Month) -> str:
    last = written_deliveries(flow.storage, month)[-1]
    if last.differences is None:
        return f"delivery {last.sequence:04d}"
    counts = {change: last.differences.count(change) for change in CHANGES}
    changes = [f"{change} {told(count)}" for change, count in flow.protection.together(counts).items()]
    return f"delivery {last.sequence:04d} differs from {last.sequence - 1:04d}: {', '.join(changes)}"
