"""Row-level rules of the replaced identification numbers, and their typed rows. Contract section 1.4."""

import polars as pl

from dvz_assets.landing.insz import is_valid_insz
from dvz_assets.landing.row_rules import first_reason, is_no_date


def replacement_rejects(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with a ``reason``: the code of the first rule that a row breaks; null where it is accepted."""
    rules = {
        "invalid_insz": ~(is_valid_insz("oud_insz") & is_valid_insz("nieuw_insz")),
        "invalid_date": is_no_date("datum", may_be_empty=False),
    }
    return frame.with_columns(first_reason(rules))


def typed_replacements(accepted: pl.DataFrame) -> pl.DataFrame:
    """Typed pairs; ``datum`` is used by no rule and does not go on."""
    return accepted.select(
        "line_number",
        pl.col("oud_insz").cast(pl.Int64).alias("old_insz"),
        pl.col("nieuw_insz").cast(pl.Int64).alias("new_insz"),
    )
