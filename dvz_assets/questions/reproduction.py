"""Computes a delivered month again from its recorded inputs, and says byte for byte whether it is the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from dvz_assets import __version__
from dvz_assets.errors import DvzError
from dvz_assets.flow import cleaned, relational
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import files_now
from dvz_assets.home.deliveries import sent_files, written_deliveries
from dvz_assets.home.reference_archive import archived_reference
from dvz_assets.months import Month
from dvz_assets.questions.recomputation import shadow


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of it: the parts that are the same and those that are not, and what has changed in between."""

    month: Month
    same: tuple[str, ...]
    different: tuple[str, ...]
    changed_since: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        """Whether every part came out byte for byte."""
        return not self.different


def reproduce(flow: Flow, month: Month) -> Reproduction:
    """Recompute ``month`` with the tables, the setting and the delivered files that its manifests record."""
    recorded = flow.lake.manifest("decisions", month).inputs
    settings = flow.settings.model_copy(
        update={
            "reference": archived_reference(flow.settings.home, recorded["reference"]),
            "country_of_origin": recorded["country_of_origin"],
        }
    )
    vouchers = written_deliveries(flow.storage, month)
    if not vouchers:
        raise DvzError(
            "NOT_DELIVERED",
            place=f"month {month}",
            expected="a delivery to compare with",
            found="none",
            remedy="run the month first, or name another",
        )
    same: list[str] = []
    different: list[str] = []
    with shadow(flow, settings, [month]) as beside:
        for asset in (*cleaned.UPSTREAM, *relational.INPUTS):
            equal = beside.lake.partition(asset, month).read_bytes() == flow.lake.partition(asset, month).read_bytes()
            (same if equal else different).append(asset)
        sent = sent_files(flow.settings.home, month, vouchers[-1].sequence)
        for name, content in files_now(beside, month).items():
            (same if sent[name] == content else different).append(f"{name} of delivery {vouchers[-1].number}")
    return Reproduction(month, tuple(same), tuple(different), tuple(_changed_since(flow, month, recorded)))


def _changed_since(flow: Flow, month: Month, recorded: Mapping[str, str]) -> list[str]:
    """What may explain a difference: none of it is used when the recorded inputs are still there."""
    changes = []
    if flow.lake.manifest("aid_history", month).inputs["software"] != __version__:
        changes.append("the software is another version")
    now = relational.inputs_of(flow, "decisions", month, flow.lake.fingerprint)
    if now["sql"] != recorded["sql"]:
        changes.append("sql/decisions.sql has changed")
    runs = flow.lake.manifest("reimbursed_runs", month).inputs
    present = relational.inputs_of(flow, "reimbursed_runs", month, flow.lake.fingerprint)
    changes += [
        f"{name} was run again" for name in runs if name in present and " " in name and runs[name] != present[name]
    ]
    return changes
