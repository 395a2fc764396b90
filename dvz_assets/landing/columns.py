"""The columns of the delivered files, in the order of the contract, and which of them Parquet may type."""

from collections.abc import Sequence
from pathlib import Path

from dvz_assets.landing.received import wrong_file
from dvz_assets.tables.lake import INSZ_REPLACEMENTS, NOVAPRIMA_STATEMENT, REGISTER_SNAPSHOT

COLUMNS = {
    "statement": NOVAPRIMA_STATEMENT.names[1:],
    "persons": REGISTER_SNAPSHOT.names[1:],
    "insz_replacements": INSZ_REPLACEMENTS.names[1:],
}
STATEMENT_DATES = ("eerste_dag", "laatste_dag")
PERSONS_DATES = ("document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op")
DATES = {*STATEMENT_DATES, *PERSONS_DATES, "datum"}
AMOUNT = "bedrag"


def require_columns(path: Path, found: Sequence[str], columns: Sequence[str], at: str = "") -> None:
    """Each column once, and no other; names that are not ours are counted, for they may be data."""
    problems = {
        "missing": [name for name in columns if name not in found],
        "repeated": [name for name in columns if found.count(name) > 1],
    }
    parts = [f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names]
    if unknown := sum(name not in columns for name in found):
        parts.append(f"unknown: {unknown}")
    if parts:
        raise wrong_file(path, f"the columns {', '.join(columns)}, in any order", "; ".join(parts), at)
