"""Identification numbers: are the check digits right (contract section 3). Nothing else is ever read from a number."""

import polars as pl

FROM_2000 = 2_000_000_000


def is_valid_insz(column: str) -> pl.Expr:
    """Whether a text column holds eleven digits whose check digits fit, for a birth before or from 2000 on."""
    text = pl.col(column)
    has_form = text.str.contains(r"^[0-9]{11}$").fill_null(value=False)
    digits = pl.when(has_form).then(text)
    number, check = digits.str.head(9).cast(pl.Int64), digits.str.tail(2).cast(pl.Int64)
    fits = (check == 97 - number % 97) | (check == 97 - (number + FROM_2000) % 97)
    return has_form & fits.fill_null(value=False)
