"""From what a partition is made: the inputs and facts of its manifest.

*Inputs* decide about its rows: the code, the partitions that it reads, the rows of the reference tables and the facts
of the month that it can see. When one of them changes, the partition is stale (``flow.staleness``). *Facts* say how it
came about: versions, and which archived reference tables were in force.
"""

from collections.abc import Callable, Mapping

from dvz_assets.flow.assets import WITHHELD
from dvz_assets.flow.code_fingerprints import code_inputs
from dvz_assets.flow.context import Flow
from dvz_assets.flow.declared_reads import reads_in
from dvz_assets.flow.month_facts import facts_as_text
from dvz_assets.flow.versions import versions
from dvz_assets.flow.views import partitions_behind
from dvz_assets.flow.visible_reference import visible_fingerprint
from dvz_assets.home.lake import REFERENCE, Manifest
from dvz_assets.home.reference_archive import archive
from dvz_assets.months import Month

# how the inputs of a manifest name the visible rows of a table
REFERENCE_TABLE = "reference "


def inputs_of(flow: Flow, asset: str, month: Month, fingerprint: Callable[[str, Month], str]) -> dict[str, str]:
    """Return all that an asset is made from at ``month``; ``fingerprint`` tells that of a partition.

    What changed by itself comes first: it explains more than a partition that is stale because of it.
    """
    reads = reads_in(asset, month)
    return {
        **code_inputs(asset, month),
        **facts_as_text(flow, month, reads.month_facts),
        **({WITHHELD: flow.holds.fingerprint(month)} if reads.withheld else {}),
        **{f"{REFERENCE_TABLE}{table}": visible_fingerprint(flow, asset, month, table) for table in reads.reference},
        **{
            f"{upstream} {each}": fingerprint(upstream, each)
            for name in reads.all_relations
            for upstream, each in partitions_behind(flow, name, month)
        },
    }


def new_manifest(
    flow: Flow,
    asset: str,
    month: Month,
    counts: Mapping[str, int] | None = None,
    facts: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Manifest:
    """Return the manifest of a candidate that is made now; the reference tables in force are archived with the home.

    ``inputs`` are those that only the writer knows.
    """
    archive(flow.reference, flow.settings)
    return Manifest(
        asset,
        str(month),
        {**inputs_of(flow, asset, month, flow.lake.fingerprint), **(inputs or {})},
        counts or {},
        {**versions(flow.settings), REFERENCE: flow.reference.fingerprint, **(facts or {})},
    )
