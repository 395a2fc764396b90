"""Codes that are used without their owner having confirmed them: named in the manifest, or refused by a setting."""

from collections.abc import Mapping

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.reference import Reference

# the fact of a manifest that names them
UNVERIFIED = "unverified_codes"


def unverified_codes(
    flow: Flow, month: Month, asset: str, reference: Reference, used: Mapping[str, pl.Series]
) -> dict[str, str]:
    """Return the fact that unverified codes are used, naming them: ``used`` are codes by reference table.

    Raises DvzError when the setting ``require_verified_codes`` asks for verified ones.
    """
    unverified = [f"{table} {code}" for table, codes in used.items() for code in _unverified(reference, table, codes)]
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
