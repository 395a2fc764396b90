"""Turns the text of a source into that of the contract: dates, amounts with their sign, codes. Expressions of Polars.

A text that does not fit is left as it is where no rule can take it for something else, and else marked with a question
mark in front: so the row-level rules judge it, and it never becomes another date, amount or code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dvz_assets.landing.layouts import UNFIT, Amount

POSITIVE, NEGATIVE = "{ABCDEFGHI", "}JKLMNOPQR"
DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Converted:
    """The text of the contract, and whether the source's fits; an empty text fits, and stays empty."""

    text: pl.Expr
    fits: pl.Expr


def date_of(text: pl.Expr, form: str) -> Converted:
    """YYYYMMDD of a date in another form, such as ``DD/MM/YYYY``; whether there is such a day is judged later."""
    pattern = form.replace("YYYY", "[0-9]{4}").replace("MM", "[0-9]{2}").replace("DD", "[0-9]{2}").replace(".", r"\.")
    fits = text.str.contains(f"^{pattern}$")
    parts = [text.str.slice(form.index(part), len(part)) for part in ("YYYY", "MM", "DD")]
    return _converted(text, fits, pl.concat_str(parts), "^[0-9]{8}$")


def amount_of(text: pl.Expr, amount: Amount) -> Converted:
    """Eurocents without sign and without leading zeros."""
    digits, fits = _digits_of(text, amount)
    cents = digits + "0" * (2 - amount.decimals) if amount.decimals < 2 else digits
    # one that is too long for a number stays as it is, and is an invalid amount like any other
    without_zeros = cents.cast(pl.Int64, strict=False).cast(pl.String).fill_null(cents)
    is_contract = amount == Amount()
    return _converted(text, fits, without_zeros, None if is_contract else "^[0-9]+$")


def sign_of(text: pl.Expr, amount: Amount) -> Converted:
    """``+`` or ``-``, as the amount has it; ``+`` of one that does not fit, which is rejected for itself."""
    match amount.sign:
        case "leading":
            negative = text.str.starts_with("-")
        case "trailing":
            negative = text.str.ends_with("-")
        case _:
            negative = text.str.slice(-1).is_in(list(NEGATIVE))
    sign = pl.when(negative.fill_null(value=False)).then(pl.lit("-")).otherwise(pl.lit("+"))
    return Converted(sign, pl.lit(value=True))


def code_of(text: pl.Expr, translation: Mapping[str, str]) -> Converted:
    """The contract's code for one of the source's; one that is not translated is marked, for it may mean another."""
    known = text.is_in(list(translation))
    codes = text.replace_strict(dict(translation), default=None, return_dtype=pl.String)
    marked = pl.when(text.is_not_null()).then(UNFIT + text)
    return Converted(
        pl.when(known).then(pl.when(codes != "").then(codes)).otherwise(marked), known.fill_null(value=True)
    )


def unchanged(text: pl.Expr) -> Converted:
    """The text as it is."""
    return Converted(text, pl.lit(value=True))


def cents_of(text: str, amount: Amount) -> int | None:
    """A control total in cents, with its sign; None where it is none."""
    frame = pl.DataFrame({"text": [text]})
    converted = amount_of(pl.col("text"), amount)
    cents, fits, sign = frame.select(
        converted.text.alias("cents"), converted.fits.alias("fits"), sign_of(pl.col("text"), amount).text.alias("sign")
    ).row(0)
    if not fits or cents is None:
        return None
    return -int(cents) if amount.sign != "none" and sign == "-" else int(cents)


def _digits_of(text: pl.Expr, amount: Amount) -> tuple[pl.Expr, pl.Expr]:
    """The digits of an amount, and whether it has the form."""
    mark = f"[{amount.mark}][0-9]{{{amount.decimals}}}" if amount.mark else ""
    number = f"[0-9]+{mark}"
    match amount.sign:
        case "none":
            fits = text.str.contains(f"^{number}$")
        case "leading":
            fits = text.str.contains(f"^[+-]?{number}$")
        case "trailing":
            fits = text.str.contains(f"^{number}[+-]?$")
        case _:
            # the last digit has the sign: with a mark it is a decimal like any other
            fits = (
                text.str.contains(r"^[0-9]*[{}A-R]$")
                if not amount.mark
                else text.str.contains(rf"^[0-9]+[{amount.mark}][0-9]{{{amount.decimals - 1}}}[{{}}A-R]$")
            )
    digits = text
    if amount.sign == "overpunched":
        last = text.str.slice(-1).replace_strict(
            dict(zip(POSITIVE + NEGATIVE, DIGITS * 2, strict=True)), default=None, return_dtype=pl.String
        )
        digits = text.str.head(-1) + last
    if amount.mark or amount.sign in ("leading", "trailing"):
        digits = digits.str.replace_all(r"[^0-9]", "")
    return digits, fits


def _converted(text: pl.Expr, fits: pl.Expr, value: pl.Expr, taken_for: str | None) -> Converted:
    """``taken_for`` is the form that the contract would take for a value; None where only what fits has it."""
    unfit = text if taken_for is None else pl.when(text.str.contains(taken_for)).then(UNFIT + text).otherwise(text)
    return Converted(pl.when(fits).then(value).otherwise(unfit), fits.fill_null(value=True))
