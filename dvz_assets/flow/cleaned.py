"""Cleaned layer: typed rows that keep every row-level rule; the others go to quarantine with their reason.

Row-level rules apply to the whole file first, minimisation afterwards (contract section 1.5): of a rejected person
without a statement line only file, line and reason are kept. Legal source of the minimisation: deliberation 18/055, 29.
"""

from collections.abc import Callable

import duckdb
import polars as pl

from dvz_assets import __version__
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.frames import registered
from dvz_assets.home.lake import Manifest, write_frame, write_query
from dvz_assets.home.write_steps import reached
from dvz_assets.landing.identity import identity_map
from dvz_assets.landing.insz import as_number
from dvz_assets.landing.persons_rows import persons_rejects, typed_persons
from dvz_assets.landing.replacement_rows import replacement_rejects, typed_replacements
from dvz_assets.landing.statement_rows import statement_rejects, typed_statement, with_codes
from dvz_assets.months import Month
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import AID_HISTORY, IDENTITY_MAP, REGISTER_PERSONS

# how a manifest names the rejected rows of one reason
REJECTED = "rejected: "
# and the codes that are used without their owner having confirmed them
UNVERIFIED = "unverified_codes"
# every later month reads it: sorted numbers as differences are as small as compressed ones, and read in half the time
HISTORY_LAYOUT = "PARQUET_VERSION v2, COMPRESSION uncompressed"
UPSTREAM = {
    "identity_map": ("insz_replacements",),
    "aid_history": ("novaprima_statement",),
    "register_persons": ("register_snapshot", "aid_history", "identity_map"),
}


def inputs_of(flow: Flow, asset: str, month: Month, fingerprint: Callable[[str, Month], str]) -> dict[str, str]:
    """Fingerprints of all that a cleaned asset is made from; ``fingerprint`` tells that of a partition."""
    upstream = dict.fromkeys(UPSTREAM[asset], month)
    inputs = {f"{name} {each}": fingerprint(name, each) for name, each in upstream.items()}
    if asset == "identity_map":
        earlier = [each for each in flow.lake.months(asset) if each < month]
        inputs |= {f"{asset} {each}": fingerprint(asset, each) for each in earlier[-1:]}
    else:
        inputs["reference"] = flow.reference.fingerprint
    return {**inputs, "software": __version__}


def write_identity_map(flow: Flow, month: Month) -> Manifest:
    """All replacements known at ``month``: those of the month before, and those of this month's file."""
    raw = _raw(flow, "insz_replacements", month)
    judged = replacement_rejects(raw)
    kept = typed_replacements(judged.filter(pl.col("reason").is_null()))
    earlier = [each for each in flow.lake.months("identity_map") if each < month]
    previous = _partition(flow, "identity_map", earlier[-1]) if earlier else None
    links = identity_map(previous, kept, place=_place(flow, "insz_replacements", month))
    counts = {"delivered": raw.height, "kept": kept.height, **_rejected(judged)}
    manifest = Manifest(
        "identity_map", str(month), inputs_of(flow, "identity_map", month, flow.lake.fingerprint), counts
    )
    _quarantine(flow, "insz_replacements", month, judged)
    write_frame(links.select(IDENTITY_MAP.names).sort("old_insz"), flow.lake.candidate("identity_map", month), manifest)
    return manifest


def write_aid_history(flow: Flow, connection: duckdb.DuckDBPyConnection, month: Month) -> Manifest:
    """Typed statement lines with aid kind and State share; numbers stay as printed (contract 1.2)."""
    raw = _raw(flow, "novaprima_statement", month)
    judged = statement_rejects(with_codes(raw, flow.reference), month)
    kept = typed_statement(judged.filter(pl.col("reason").is_null()), flow.reference)
    kept = kept.with_columns(pl.lit(month.first_day).alias("month")).select(AID_HISTORY.names)
    used = {"budget_articles": kept["begrotingsartikel"], "help_types": kept["hulptype"]}
    facts = _unverified_codes(flow, month, "aid_history", used)
    counts = {"delivered": raw.height, "kept": kept.height, **_rejected(judged)}
    inputs = inputs_of(flow, "aid_history", month, flow.lake.fingerprint)
    manifest = Manifest("aid_history", str(month), inputs, counts, facts)
    _quarantine(flow, "novaprima_statement", month, judged.select(*raw.columns, "reason"))
    with registered(connection, "kept_lines", kept):
        query = f"SELECT {AID_HISTORY.projection()} FROM kept_lines ORDER BY {AID_HISTORY.ordering()}"
        write_query(connection, query, flow.lake.candidate("aid_history", month), manifest, HISTORY_LAYOUT)
    return manifest


def write_register_persons(flow: Flow, month: Month) -> Manifest:
    """Typed register rows of the persons of the statement; all others are dropped and only counted."""
    raw = _raw(flow, "register_snapshot", month)
    links = _partition(flow, "identity_map", month)
    judged = persons_rejects(raw, flow.reference, links)
    persons = typed_persons(judged.filter(pl.col("reason").is_null()))
    of_statement = _persons_of_statement(flow, month, links)
    kept = persons.join(of_statement, on="insz", how="semi").select(REGISTER_PERSONS.names)
    used = {
        "countries": kept["nationaliteit"],
        "registers": kept["register"],
        "residence_documents": kept["verblijfsdocument"],
        "residence_motives": kept["verblijfsmotief"],
    }
    facts = _unverified_codes(flow, month, "register_persons", used)
    counts = {
        "delivered": raw.height,
        "kept": kept.height,
        "dropped": persons.height - kept.height,
        **_rejected(judged),
    }
    inputs = inputs_of(flow, "register_persons", month, flow.lake.fingerprint)
    manifest = Manifest("register_persons", str(month), inputs, counts, facts)
    _quarantine(flow, "register_snapshot", month, judged, keep_content_of=_all_numbers(of_statement, links))
    write_frame(kept.sort("insz"), flow.lake.candidate("register_persons", month), manifest)
    return manifest


def _raw(flow: Flow, asset: str, month: Month) -> pl.DataFrame:
    flow.lake.manifest(asset, month)  # says what to do when the partition is missing
    return _partition(flow, asset, month)


def _partition(flow: Flow, asset: str, month: Month) -> pl.DataFrame:
    return flow.lake.scan(asset, month).collect()


def _place(flow: Flow, asset: str, month: Month) -> str:
    return f"{flow.lake.manifest(asset, month).facts['file']}, month {month}"


def _rejected(judged: pl.DataFrame) -> dict[str, int]:
    """Rejected rows in all, and by reason."""
    reasons = judged.filter(pl.col("reason").is_not_null()).group_by("reason").len().sort("reason")
    by_reason = {f"{REJECTED}{reason}": count for reason, count in reasons.iter_rows()}
    return {"rejected": sum(by_reason.values()), **by_reason}


def _persons_of_statement(flow: Flow, month: Month, links: pl.DataFrame) -> pl.DataFrame:
    """Present numbers of the persons with an accepted line in the statement."""
    printed = _partition(flow, "aid_history", month).select("insz").unique()
    present = printed.join(links, left_on="insz", right_on="old_insz", how="left")
    return present.select(pl.coalesce("present_insz", "insz").alias("insz")).unique()


def _all_numbers(present: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Every number, present or former, of these persons."""
    former = links.join(present, left_on="present_insz", right_on="insz", how="semi")
    return pl.concat([present, former.select(pl.col("old_insz").alias("insz"))])


def _quarantine(
    flow: Flow, asset: str, month: Month, judged: pl.DataFrame, keep_content_of: pl.DataFrame | None = None
) -> None:
    """Write the rejected rows of a file; with ``keep_content_of``, content only of these persons."""
    rejected = judged.filter(pl.col("reason").is_not_null())
    if keep_content_of is not None:
        keep = as_number("insz").is_in(keep_content_of["insz"].implode()).fill_null(value=False)
        content = [name for name in rejected.columns if name not in ("line_number", "reason")]
        rejected = rejected.with_columns(pl.when(keep).then(pl.col(name)).alias(name) for name in content)
    raw = flow.lake.manifest(asset, month)
    rows = rejected.select(
        pl.lit(raw.facts["file"]).alias("file"),
        "line_number",
        "reason",
        pl.exclude("line_number", "reason"),
    )
    candidate = flow.lake.quarantine_candidate(asset, month)
    write_frame(rows, candidate, Manifest(f"{asset}_quarantine", str(month), {"raw": raw.fingerprint}))
    reached(f"quarantine of {asset}: written")
    flow.storage.replace_file(candidate, flow.lake.quarantine(asset, month))
    reached(f"quarantine of {asset}: renamed")


def _unverified_codes(flow: Flow, month: Month, asset: str, used: dict[str, pl.Series]) -> dict[str, str]:
    """The fact that unverified codes are used, naming them; raises DvzError when the setting asks for verified ones."""
    unverified = [
        f"{table} {code}" for table, codes in used.items() for code in _unverified(flow.reference, table, codes)
    ]
    if unverified and flow.settings.require_verified_codes:
        raise DvzError(
            "UNVERIFIED_CODES",
            place=f"{asset}, month {month}",
            expected="only codes with verified = true, as require_verified_codes asks",
            found=", ".join(unverified),
            remedy="have the owner of the code list confirm these rows, or set require_verified_codes = false",
        )
    return {UNVERIFIED: ", ".join(unverified)} if unverified else {}


def _unverified(reference: Reference, table: str, codes: pl.Series) -> list[str]:
    rows = reference.tables[table]
    key = "nis_code" if table == "countries" else "code"
    return rows.filter(~pl.col("verified") & pl.col(key).is_in(codes.implode()))[key].unique().sort().to_list()
