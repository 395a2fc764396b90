"""What row-level rules share: how a text column is judged, and how the first reason that fits is found.

Contract section 1.5: a row broken in several ways carries the first reason in the order of that section.
"""

from collections.abc import Mapping, Sequence

import polars as pl

DATE_FORM = r"^[0-9]{8}$"


def first_reason(rules: Mapping[str, pl.Expr]) -> pl.Expr:
    """Name of the first rule, in order, that a row breaks; null when it keeps all of them."""
    broken = [pl.when(rule.fill_null(value=True)).then(pl.lit(reason)) for reason, rule in rules.items()]
    return pl.coalesce(broken).alias("reason")


def repeats(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Expr:
    """Whether a row is equal in ``columns`` to one before it; only rows with the same hash are compared."""
    alike = frame.filter(frame.select(columns).hash_rows().is_duplicated())
    repeated = alike.filter(~pl.struct(columns).is_first_distinct())
    return pl.col("line_number").is_in(repeated["line_number"].implode())


def as_date(column: str) -> pl.Expr:
    """A text YYYYMMDD as date; null when it is no date of the calendar. There is no year 0000."""
    text = pl.col(column)
    has_form = text.str.contains(DATE_FORM) & ~text.str.starts_with("0000")
    return pl.when(has_form).then(text).str.to_date("%Y%m%d", strict=False)


def is_no_date(column: str, *, may_be_empty: bool) -> pl.Expr:
    """Whether a column breaks ``invalid_date``."""
    if may_be_empty:
        return pl.col(column).is_not_null() & as_date(column).is_null()
    return as_date(column).is_null()


def lacks_form(column: str, form: str, *, may_be_empty: bool = False) -> pl.Expr:
    """Whether a text does not have the form of a regular expression (only ASCII digits are digits)."""
    return (~pl.col(column).str.contains(form)).fill_null(value=not may_be_empty)


def is_too_long(column: str, characters: int) -> pl.Expr:
    """Whether a required text is empty or longer than so many characters."""
    return (pl.col(column).str.len_chars() > characters).fill_null(value=True)
