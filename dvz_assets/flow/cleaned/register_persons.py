"""Typed register rows of the persons of the statement; all others are dropped and only counted. Contract section 1.3.

Legal source of the minimisation: deliberation 18/055, 29.
"""

import polars as pl

from dvz_assets.flow.cleaned.quarantine import accepted, count_rejected, write_quarantine
from dvz_assets.flow.cleaned.unverified_codes import unverified_codes
from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import partition_of_today
from dvz_assets.flow.one_delivery import require_one_delivery
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.flow.visible_reference import visible_reference
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.landing.persons_rows import persons_rejects, typed_persons
from dvz_assets.months import Month
from dvz_assets.tables.lake import REGISTER_PERSONS

ASSET, DELIVERED = "register_persons", "register_snapshot"


def write_candidate(flow: Flow, month: Month) -> Manifest:
    """Write the register rows of the persons with an accepted line in the statement of ``month``."""
    # the first to read of both files of the register
    require_one_delivery(flow.lake, "register", (DELIVERED, "insz_replacements"), month)
    reference = visible_reference(flow, ASSET, month)
    raw = partition_of_today(flow.lake, DELIVERED, month)
    links = partition_of_today(flow.lake, "identity_map", month)
    judged = persons_rejects(raw, reference, links)
    persons = typed_persons(accepted(judged))
    of_statement = _persons_of_statement(flow, month, links)
    rows = persons.join(of_statement, on="insz", how="semi").select(REGISTER_PERSONS.at(str(month)).names)
    used = {
        "countries": rows["nationaliteit"],
        "registers": rows["register"],
        "residence_documents": rows["verblijfsdocument"],
        "residence_motives": rows["verblijfsmotief"],
    }
    facts = unverified_codes(flow, month, ASSET, reference, used)
    counts = {
        "delivered": raw.height,
        "kept": rows.height,
        "dropped": persons.height - rows.height,
        **count_rejected(judged),
    }
    manifest = new_manifest(flow, ASSET, month, counts, facts)
    write_quarantine(flow, DELIVERED, month, judged, content_of=_all_numbers(of_statement, links))
    write_frame(rows.sort("insz"), flow.lake.candidate(ASSET, month), manifest)
    return manifest


def _persons_of_statement(flow: Flow, month: Month, links: pl.DataFrame) -> pl.DataFrame:
    """Present numbers of the persons with an accepted line in the statement."""
    printed = flow.lake.scan("aid_history", month).select("insz").unique().collect()
    present = printed.join(links, left_on="insz", right_on="old_insz", how="left")
    return present.select(pl.coalesce("present_insz", "insz").alias("insz")).unique()


def _all_numbers(present: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Every number, present or former, of these persons."""
    former = links.join(present, left_on="present_insz", right_on="insz", how="semi")
    return pl.concat([present, former.select(pl.col("old_insz").alias("insz"))])
