"""The columns of the delivered files, in the order of the contract, and which of them Parquet may type.

A column that came with a change of law is dated in its table (``Column.first_month``). A file of an earlier month is
read without it; it may have it all the same, for a source may deliver an old month again as it writes files today.
"""

import re
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


MOST_NAMED = 5
# a name of a column as programs write them; few digits, so that it is nobody's number
COLUMN_NAME = re.compile(r"[a-z][a-z_]{0,29}[0-9]{0,3}")


def columns_in(kind: str, month: str) -> tuple[str, ...]:
    """Return the columns that a file of this month, written YYYY-MM, must have, and that are read."""
    return TABLES[kind].at(month).names[1:]


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
    of_later_months = {name for table in TABLES.values() for name in table.later_names}
    if unknown := [name for name in found if name not in columns and name not in of_later_months]:
        named = [] if problems["missing"] else [name for name in unknown if COLUMN_NAME.fullmatch(name)][:MOST_NAMED]
        parts.append(f"unknown: {len(unknown)}" + (f" ({', '.join(named)})" if named else ""))
    if parts:
        raise wrong_file(path, f"the columns {', '.join(columns)}, in any order", "; ".join(parts), at)
