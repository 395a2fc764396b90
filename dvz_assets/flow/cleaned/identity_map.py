"""The identity map: from every replaced number to the number that its holder has now. Contract section 1.4."""

from dvz_assets.flow.cleaned.quarantine import accepted, count_rejected, write_quarantine
from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import partition_of_today
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.flow.views import partitions_behind
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.landing.identity import identity_map
from dvz_assets.landing.replacement_rows import replacement_rejects, typed_replacements
from dvz_assets.months import Month
from dvz_assets.tables.lake import IDENTITY_MAP

ASSET, DELIVERED = "identity_map", "insz_replacements"


def write_candidate(flow: Flow, month: Month) -> Manifest:
    """Write all replacements known at ``month``: those of the map before it, and those of this month's file."""
    raw = partition_of_today(flow.lake, DELIVERED, month)
    judged = replacement_rejects(raw)
    replacements = typed_replacements(accepted(judged))
    earlier = partitions_behind(flow, "earlier_identity_map", month)
    previous = partition_of_today(flow.lake, *earlier[0]) if earlier else None
    place = f"{flow.lake.manifest(DELIVERED, month).facts['file']}, month {month}"
    links = identity_map(previous, replacements, place=place)
    counts = {"delivered": raw.height, "kept": replacements.height, **count_rejected(judged)}
    manifest = new_manifest(flow, ASSET, month, counts)
    write_quarantine(flow, DELIVERED, month, judged)
    write_frame(links.select(IDENTITY_MAP.names).sort("old_insz"), flow.lake.candidate(ASSET, month), manifest)
    return manifest
