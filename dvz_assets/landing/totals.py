"""The control total of a statement: the signed sum of ``bedrag``. Contract section 1.1."""

import polars as pl

from dvz_assets.landing.columns import AMOUNT

# more digits than any sum of money, and few enough for whole numbers of 128 bits to add up a file
READABLE_AMOUNT = r"^0*[0-9]{1,30}$"


def signed_total(frame: pl.DataFrame) -> int:
    """Signed sum of ``bedrag`` in cents; a row whose sign or amount cannot be read counts 0."""
    sign = pl.col("teken").replace_strict({"+": 1, "-": -1}, default=None, return_dtype=pl.Int128)
    digits = pl.when(pl.col(AMOUNT).str.contains(READABLE_AMOUNT)).then(pl.col(AMOUNT))
    return int(frame.select((sign * digits.cast(pl.Int128)).sum()).item())
