"""Identification numbers: are the check digits right (contract section 3). Nothing else is ever read from a number."""

import polars as pl

from dvz_assets.errors import DvzError

FORM = r"^[0-9]{11}$"
FROM_2000 = 2_000_000_000


def is_valid_insz(column: str) -> pl.Expr:
    """Whether a text column holds eleven digits whose check digits fit, for a birth before or from 2000 on."""
    text = pl.col(column)
    has_form = text.str.contains(FORM).fill_null(value=False)
    digits = text.cast(pl.Int64, strict=False)
    number, check = digits // 100, digits % 100
    fits = (check == 97 - number % 97) | (check == 97 - (number + FROM_2000) % 97)
    return has_form & fits.fill_null(value=False)


def as_number(column: str) -> pl.Expr:
    """A text of eleven digits as a number; null for every other text."""
    return pl.when(pl.col(column).str.contains(FORM)).then(pl.col(column)).cast(pl.Int64, strict=False)


def read_insz(text: str) -> str:
    """The number, when its form and check digits are right; raises DvzError, which does not quote it, otherwise."""
    number = text.strip().replace(".", "").replace("-", "").replace(" ", "")
    fits = pl.DataFrame({"insz": [number]}).select(is_valid_insz("insz")).item()
    if not fits:
        raise DvzError(
            "INVALID_INSZ",
            expected="an identification number of 11 digits whose check digits fit",
            found=f"{len(number)} characters that are none",
            remedy="give the number on standard input, or at the prompt",
        )
    return number
