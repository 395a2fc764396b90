"""Row-level rules of the monthly statement, and its typed rows. Contract section 1.2; rules.md sections 1 and 6."""

import polars as pl

from dvz_assets.landing.columns import COLUMNS
from dvz_assets.landing.insz import is_valid_insz
from dvz_assets.landing.row_rules import as_date, first_reason, is_too_long, lacks_form, repeats
from dvz_assets.months import Month
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import AID_HISTORY

LAWS = ("1", "2", "6")
LAW_OF_SOCIAL_ASSISTANCE = "2"
ORGANIC_LAW = "6"
OUT_OF_SCOPE = "OUT_OF_SCOPE"
AMOUNT_FORM = r"^0*[0-9]{1,12}$"
TEXT_FORMS = {
    "ocmw_nis": (r"^[0-9]{5}$", False),
    "suffix": (r"^[0-9]{2}$", True),
    "hoedanigheidscode": (r"^[0-9]{1,3}$", True),
}
TEXT_LENGTHS = {"dossier": 11, "referentie": 12, "naam": 30}


def with_codes(frame: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """The delivered rows with ``first_day`` and ``last_day``, and what the code tables say of them on their first day.

    Null where a day is none, or where a table does not hold the code.
    """
    dated = frame.with_columns(first_day=as_date("eerste_dag"), last_day=as_date("laatste_dag"))
    articles = reference.tables["budget_articles"].select(
        pl.col("code").alias("begrotingsartikel"),
        pl.col("law").alias("wetgeving"),
        "valid_from",
        "valid_to",
        "aid_kind",
        "state_share_pct",
        pl.lit(True).alias("is_known_article"),
    )
    helps = reference.tables["help_types"].select(
        pl.col("code").alias("hulptype"), "valid_from", "valid_to", pl.col("aid_kind").alias("help_aid_kind")
    )
    with_article = _valid_on_first_day(dated, articles, ["begrotingsartikel", "wetgeving"])
    return _valid_on_first_day(with_article, helps, ["hulptype"])


def statement_rejects(coded: pl.DataFrame, month: Month) -> pl.DataFrame:
    """The rows ``with_codes`` with ``reason``: the first rule that a row breaks; null where it is accepted.

    Reading: an amount of more than 12 digits, leading zeros aside, is an ``invalid_amount``, for in EUR it does not
    fit the DECIMAL(12,2) of the export.
    """
    rules = {
        "invalid_insz": ~is_valid_insz("insz"),
        "invalid_date": pl.col("first_day").is_null() | pl.col("last_day").is_null(),
        "invalid_period": pl.col("first_day") > pl.col("last_day"),
        "period_after_statement": pl.col("last_day") > pl.lit(month.last_day),
        "wrong_month": pl.col("jaarmaand") != month.yyyymm,
        "unknown_law": ~pl.col("wetgeving").is_in(LAWS),
        "unknown_amount_type": lacks_form("type_bedrag", r"^[1-6]$"),
        "invalid_sign": lacks_form("teken", r"^[+-]$"),
        "invalid_amount": lacks_form("bedrag", AMOUNT_FORM),
        "unknown_budget_article": pl.col("is_known_article").is_null(),
        "unknown_help_type": (pl.col("wetgeving") == LAW_OF_SOCIAL_ASSISTANCE) & pl.col("help_aid_kind").is_null(),
        "invalid_text": _has_invalid_text(),
        "duplicate_line": repeats(coded, COLUMNS["statement"]),
    }
    return coded.with_columns(first_reason(rules))


def typed_statement(accepted: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Type the accepted lines ``with_codes``: aid kind, signed amount and State share in cents, dates inclusive.

    A law-1 line takes its kind from its budget article, a law-2 line from its help type; law 6 is out of scope. The
    share is rounded half up per line, then signed. What came with a change of law is handed on as it was delivered.
    """
    sign = pl.when(pl.col("teken") == "-").then(-1).otherwise(1)
    amount = pl.col("bedrag").cast(pl.Int128)
    # whole numbers keep the arithmetic exact, whatever decimals a percentage has
    units, units_of_all = _share_units(reference)
    kind = (
        pl.when(pl.col("wetgeving") == ORGANIC_LAW)
        .then(pl.lit(OUT_OF_SCOPE))
        .when(pl.col("wetgeving") == LAW_OF_SOCIAL_ASSISTANCE)
        .then(pl.col("help_aid_kind"))
        .otherwise(pl.col("aid_kind"))
    )
    return accepted.select(
        "line_number",
        pl.col("insz").cast(pl.Int64),
        "ocmw_nis",
        pl.col("wetgeving").cast(pl.Int8),
        pl.col("type_bedrag").cast(pl.Int8),
        pl.col("first_day").alias("eerste_dag"),
        pl.col("last_day").alias("laatste_dag"),
        "begrotingsartikel",
        pl.when(pl.col("wetgeving") == LAW_OF_SOCIAL_ASSISTANCE).then(pl.col("hulptype")).alias("hulptype"),
        kind.alias("aid_kind"),
        "teken",
        (amount * sign).cast(pl.Int64).alias("amount_cents"),
        ((amount * units + units_of_all // 2) // units_of_all * sign).cast(pl.Int64).alias("state_share_cents"),
        "categorie",
        "hoedanigheidscode",
        *AID_HISTORY.later_names,
    )


def _valid_on_first_day(frame: pl.DataFrame, codes: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Left join on the rows of a code table that are valid on the first day; at most one per code and day is."""
    facts = [name for name in codes.columns if name not in (*keys, "valid_from", "valid_to")]
    matches = (
        frame.select("line_number", "first_day", *keys)
        .join(codes, on=keys, how="inner")
        .filter(pl.col("first_day").is_between("valid_from", "valid_to"))
        .select("line_number", *facts)
    )
    return frame.join(matches, on="line_number", how="left", maintain_order="left")


def _share_units(reference: Reference) -> tuple[pl.Expr, int]:
    """The State's share in units of its last decimal, and how many of them are 100 %."""
    data_type = reference.tables["budget_articles"].schema["state_share_pct"]
    assert isinstance(data_type, pl.Decimal)
    return pl.col("state_share_pct").to_physical().cast(pl.Int128), 100 * 10**data_type.scale


def _has_invalid_text() -> pl.Expr:
    forms = [lacks_form(name, form, may_be_empty=empty) for name, (form, empty) in TEXT_FORMS.items()]
    lengths = [is_too_long(name, characters) for name, characters in TEXT_LENGTHS.items()]
    is_law_1 = pl.col("wetgeving") == "1"
    category = (pl.col("categorie").str.len_chars() != 1) | (is_law_1 & ~pl.col("categorie").is_in(["1", "2", "3"]))
    return pl.any_horizontal(*forms, *lengths, category.fill_null(value=False))
