"""What a step reads in a month, and the check that an asset declares exactly what its SQL reads."""

from collections.abc import Set
from dataclasses import replace
from functools import cache

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, RELATIONAL, STATEMENT_MONTH, WITHHELD, Reads
from dvz_assets.flow.sql_files import relations_read, sql_by_month, sql_files, sql_text
from dvz_assets.months import Month


def require_declared_reads() -> None:
    """Raise DvzError, naming the file, when a SQL file reads what is not declared, or not all that is.

    Files that hold one after the other are taken together: each is shown what it reads itself (``reads_in``).
    """
    for asset in RELATIONAL:
        read = frozenset[str]().union(*map(relations_read, sql_by_month(asset).values()))
        declared = names_of(ASSETS[asset].reads)
        if read != declared:
            raise DvzError(
                "UNDECLARED_READ",
                place=", ".join(f"sql/{path.name}" for path in sql_files(asset)),
                expected=f"what dvz_assets/flow/assets.py declares: {', '.join(sorted(declared))}",
                found=_difference(read, declared),
                remedy="declare what the SQL reads, and nothing else",
            )


def reads_in(asset: str, month: Month) -> Reads:
    """Return what an asset reads in a month: of its declaration, what the SQL that holds then names."""
    reads = ASSETS[asset].reads
    if asset not in RELATIONAL or (text := sql_text(asset, month)) == sql_text(asset):
        return reads
    return _named(reads, relations_read(text))


def names_of(reads: Reads) -> set[str]:
    """Return the names that a step can see."""
    facts = [STATEMENT_MONTH] if reads.month_facts else []
    withheld = [WITHHELD] if reads.withheld else []
    return {*reads.relations, *reads.reference, *reads.signals, *facts, *withheld}


@cache
def _named(reads: Reads, names: frozenset[str]) -> Reads:
    """What the declaration has of these names; facts of the month are columns of a relation, and stay."""
    return replace(
        reads,
        relations=tuple(name for name in reads.relations if name in names),
        reference=tuple(name for name in reads.reference if name in names),
        signals=tuple(name for name in reads.signals if name in names),
        withheld=reads.withheld and WITHHELD in names,
    )


def _difference(read: Set[str], declared: Set[str]) -> str:
    parts = {"read and not declared": read - declared, "declared and not read": declared - read}
    return "; ".join(f"{what}: {', '.join(sorted(names))}" for what, names in parts.items() if names)
