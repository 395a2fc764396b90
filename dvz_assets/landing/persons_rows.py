"""Row-level rules of the register snapshot, and its typed rows. Contract section 1.3."""

import polars as pl

from dvz_assets.landing.columns import COLUMNS, PERSONS_DATES
from dvz_assets.landing.insz import is_valid_insz
from dvz_assets.landing.row_rules import as_date, first_reason, is_no_date, lacks_form
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import REGISTER_PERSONS


def persons_rejects(frame: pl.DataFrame, reference: Reference, links: pl.DataFrame) -> pl.DataFrame:
    """The rows with a ``reason``: the code of the first rule that a row breaks; null where it is accepted.

    ``links`` is the identity map of the month. Rows with the same number: when all are equal the first stays,
    otherwise none; rows rejected for another reason count among them.
    """
    number, origin = pl.col("insz"), pl.col("land_van_herkomst")
    replaced = links["old_insz"].cast(pl.String).str.zfill(11).implode()
    rules = {
        "invalid_insz": ~is_valid_insz("insz"),
        "invalid_date": pl.any_horizontal(is_no_date(name, may_be_empty=True) for name in PERSONS_DATES),
        "invalid_text": pl.col("naam").is_null(),
        "duplicate_person": _is_duplicate(frame),
        "unknown_country": lacks_form("nationaliteit", r"^[0-9]{3}$")
        | (origin.is_not_null() & ~origin.is_in(reference.tables["countries"]["nis_code"].implode())),
        "replaced_number": number.is_in(replaced),
    }
    return frame.with_columns(first_reason(rules))


def _is_duplicate(frame: pl.DataFrame) -> pl.Expr:
    """Looks closely at the rows of the few numbers that come more than once."""
    number, row = pl.col("insz"), pl.struct(COLUMNS["persons"])
    several = frame.filter(number.is_duplicated())
    duplicates = several.filter((row.n_unique().over("insz") > 1) | ~number.is_first_distinct())
    return pl.col("line_number").is_in(duplicates["line_number"].implode())


def typed_persons(accepted: pl.DataFrame) -> pl.DataFrame:
    """Typed rows of the accepted persons, with the facts that a rule looks at and no others.

    Names and ``land_van_herkomst`` are needed of the persons sent alone, who are not known yet; no rule uses
    ``motief_datum``. Deliberation 18/055, 29. What came with a change of law is handed on as it was delivered.
    """
    return accepted.select(
        pl.col("insz").cast(pl.Int64),
        "nationaliteit",
        "register",
        "verblijfsdocument",
        as_date("document_geldig_tot").alias("document_geldig_tot"),
        "verblijfsmotief",
        as_date("verblijf_sinds").alias("verblijf_sinds"),
        as_date("overleden_op").alias("overleden_op"),
        *REGISTER_PERSONS.later_names,
    )
