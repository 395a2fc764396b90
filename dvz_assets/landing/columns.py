"""The columns of the delivered files, in the order of the contract, and which of them Parquet may type."""

import re
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


MOST_NAMED = 5
# a name of a column as programs write them; few digits, so that it is nobody's number
COLUMN_NAME = re.compile(r"[a-z][a-z_]{0,29}[0-9]{0,3}")


def require_columns(path: Path, found: Sequence[str], columns: Sequence[str], at: str = "") -> None:
    """Each column once, and no other.

    A name that is not ours may be data: of a file without a header the first row stands in its place. So it is counted,
    and quoted only where all of ours are there and it looks like one.
    """
    problems = {
        "missing": [name for name in columns if name not in found],
        "repeated": [name for name in columns if found.count(name) > 1],
    }
    parts = [f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names]
    if unknown := [name for name in found if name not in columns]:
        named = [] if problems["missing"] else [name for name in unknown if COLUMN_NAME.fullmatch(name)][:MOST_NAMED]
        parts.append(f"unknown: {len(unknown)}" + (f" ({', '.join(named)})" if named else ""))
    if parts:
        raise wrong_file(path, f"the columns {', '.join(columns)}, in any order", "; ".join(parts), at)
