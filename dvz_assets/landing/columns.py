"""The columns of the delivered files, in the order of the contract, and which of them Parquet may type.

A column that came with a change of law is dated in its table (``Column.first_month``). A file of an earlier month is
read without it; it may have it all the same, for a source may deliver an old month again as it writes files today.
"""

from collections.abc import Sequence
from pathlib import Path

from dvz_assets.landing.received import wrong_file
from dvz_assets.tables.lake import INSZ_REPLACEMENTS, NOVAPRIMA_STATEMENT, REGISTER_SNAPSHOT

TABLES = {"statement": NOVAPRIMA_STATEMENT, "persons": REGISTER_SNAPSHOT, "insz_replacements": INSZ_REPLACEMENTS}
COLUMNS = {kind: table.names[1:] for kind, table in TABLES.items()}
STATEMENT_DATES = ("eerste_dag", "laatste_dag")
PERSONS_DATES = ("document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op")
DATES = {*STATEMENT_DATES, *PERSONS_DATES, "datum"}
AMOUNT = "bedrag"


def columns_in(kind: str, month: str) -> tuple[str, ...]:
    """Return the columns that a file of this month, written YYYY-MM, must have, and that are read."""
    return TABLES[kind].at(month).names[1:]


def require_columns(path: Path, found: Sequence[str], columns: Sequence[str], at: str = "") -> None:
    """Each column once, and no other; names that are not ours are counted, for they may be data."""
    problems = {
        "missing": [name for name in columns if name not in found],
        "repeated": [name for name in columns if found.count(name) > 1],
    }
    parts = [f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names]
    of_later_months = {name for table in TABLES.values() for name in table.later_names}
    if unknown := sum(name not in columns and name not in of_later_months for name in found):
        parts.append(f"unknown: {unknown}")
    if parts:
        raise wrong_file(path, f"the columns {', '.join(columns)}, in any order", "; ".join(parts), at)
