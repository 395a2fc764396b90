"""Computes a delivered month again from its recorded inputs, and says whether it comes out the same.

A partition that was made of the same by the same code under the same versions has to come out byte for byte. Under
another version of the software or of an engine the same rows may be other bytes, and the manifest differs by itself:
then the rows are compared. A column that came later counts as what its absence means, or not at all where that says
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, COMPUTED
from dvz_assets.flow.code_fingerprints import code_inputs
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import export_files
from dvz_assets.flow.old_partitions import absent_columns, is_absent, partition_of_today
from dvz_assets.flow.versions import versions
from dvz_assets.home.deliveries import read_csv, sent_files, written_deliveries
from dvz_assets.home.lake import REFERENCE, Manifest
from dvz_assets.months import Month
from dvz_assets.questions.recomputation import recomputation, settings_then

VERSIONS = ("software", "duckdb", "polars", "spark")


class Comparison(StrEnum):
    """How two partitions, or two files, were compared."""

    BYTES = "bytes"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Part:
    """One partition or file of a month: whether it came out the same, and by which comparison."""

    name: str
    is_same: bool
    compared: Comparison


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of it, part by part, and what has changed in between."""

    month: Month
    parts: tuple[Part, ...]
    changed_since: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        """Whether every part came out the same."""
        return not self.different

    @property
    def different(self) -> tuple[str, ...]:
        """The names of the parts that did not."""
        return tuple(part.name for part in self.parts if not part.is_same)


def reproduce(flow: Flow, month: Month) -> Reproduction:
    """Recompute ``month`` with the tables, the setting, the list and the delivered files that its manifests record."""
    settings = settings_then(flow, month)
    if not written_deliveries(flow.storage, month):
        raise DvzError(
            "NOT_DELIVERED",
            place=f"month {month}",
            expected="a delivery to compare with",
            found="none",
            remedy="run the month first, or name another",
        )
    with recomputation(flow, settings, [month], archived=True) as recomputed:
        parts = (*_partitions(flow, recomputed, month), *_files(flow, recomputed, month))
    return Reproduction(month, parts, tuple(_changed_since(flow, month)))


def _partitions(flow: Flow, recomputed: Flow, month: Month) -> Iterator[Part]:
    for asset in _recorded_assets(flow, month):
        comparison = _comparison(flow, recomputed, asset, month)
        if comparison is Comparison.BYTES:
            one, other = (each.lake.partition(asset, month).read_bytes() for each in (flow, recomputed))
            yield Part(asset, one == other, comparison)
        else:
            recorded, now = (partition_of_today(each.lake, asset, month) for each in (flow, recomputed))
            unknown = [column.name for column in absent_columns(flow.lake, asset, month) if column.absent == "NULL"]
            yield Part(asset, recorded.drop(unknown).equals(now.drop(unknown)), comparison)


def _recorded_assets(flow: Flow, month: Month) -> list[str]:
    """What there is to compare with: a month of an earlier version has no partition of a younger table."""
    return [asset for asset in COMPUTED if not is_absent(flow.lake, asset, month)]


def _files(flow: Flow, recomputed: Flow, month: Month) -> Iterator[Part]:
    voucher = written_deliveries(flow.storage, month)[-1]
    sent = sent_files(flow.settings.home, month, voucher.sequence)
    comparison = _comparison(flow, recomputed, "dvz_export", month)
    for name, content in export_files(recomputed, month).items():
        is_same = sent[name] == content
        if comparison is Comparison.ROWS:
            is_same = read_csv(sent[name]).equals(read_csv(content))
        yield Part(f"{name} of delivery {voucher.number}", is_same, comparison)


def _comparison(flow: Flow, recomputed: Flow, asset: str, month: Month) -> Comparison:
    one, other = (_made_from(each.lake.manifest(asset, month)) for each in (flow, recomputed))
    return Comparison.BYTES if one == other else Comparison.ROWS


def _made_from(manifest: Manifest) -> tuple[dict[str, str], list[str | None]]:
    """All that stands in the manifest and decides about the bytes: inputs, archived tables and versions."""
    return dict(manifest.inputs), [manifest.facts.get(name) for name in (*VERSIONS, REFERENCE)]


def _changed_since(flow: Flow, month: Month) -> Iterator[str]:
    """What may explain a difference: none of it is used when the recorded inputs are still there."""
    recorded = {asset: flow.lake.manifest(asset, month) for asset in _recorded_assets(flow, month)}
    yield from _other_versions(flow, recorded["decisions"])
    if "python" not in recorded["decisions"].inputs:
        yield "the month was made by a version that did not record its code"
    elif changed := [
        asset for asset in recorded if not code_inputs(asset, month).items() <= recorded[asset].inputs.items()
    ]:
        yield f"the code of {', '.join(changed)} has changed"
    for name, fingerprint in recorded["reimbursed_runs"].inputs.items():
        upstream, _, of_month = name.partition(" ")
        if upstream not in ASSETS or not flow.lake.has(upstream, each := Month.parse(of_month)):
            continue
        if flow.lake.fingerprint(upstream, each) != fingerprint:
            yield f"{name} was run again"


def _other_versions(flow: Flow, manifest: Manifest) -> Iterator[str]:
    now = versions(flow.settings)
    for name in VERSIONS:
        # the first version recorded its own version alone
        before = manifest.facts.get(name)
        if before is not None and before != now.get(name):
            yield f"{name} was {before}, and is {now.get(name, 'not in use')}"
