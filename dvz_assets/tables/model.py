"""What a table and a column are: name, type, meaning, privacy level and legal basis."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

FIRST_VERSION = "0.1.0"
SECOND_VERSION = "0.2.0"


class Privacy(StrEnum):
    """Who may see a column, from strict to open."""

    PERSONAL = "personal"  # says something about one person
    AGGREGATE = "aggregate"  # about a month, never about one person
    TECHNICAL = "technical"  # about the flow itself


@dataclass(frozen=True, slots=True)
class Column:
    """One column: DuckDB type, meaning in plain English, unit where it has one.

    ``since`` is the version of the software that first wrote it; a column that is younger than its table says in
    ``absent``, as an SQL literal, what it means where a file lacks it. ``first_month``, written YYYY-MM, is that of a
    change of law: files of earlier months, received or made, are without the column whoever writes them.
    """

    name: str
    type: str
    meaning: str
    privacy: Privacy = Privacy.PERSONAL
    unit: str | None = None
    nullable: bool = False
    legal_basis: str | None = None
    since: str = FIRST_VERSION
    absent: str | None = None
    first_month: str | None = None

    @property
    def comment(self) -> str:
        """The meaning with its unit and legal basis, as it stands in the published files."""
        parts = [self.meaning]
        if self.unit:
            parts.append(f"Unit: {self.unit}.")
        if self.legal_basis:
            parts.append(f"Legal basis: {self.legal_basis}.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is (grain), by which columns it is unique and in which order it is written.

    Of a month that was made by a version older than ``since`` it has no rows.
    """

    name: str
    meaning: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    legal_basis: str | None = None
    since: str = FIRST_VERSION
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Refuse a definition whose key is no column of it."""
        names = tuple(column.name for column in self.columns)
        if len(set(names)) != len(names) or not set(self.key) <= set(names):
            raise ValueError(f"table {self.name}: repeated column, or a key that is no column")
        if undefined := [column.name for column in self.columns if column.first_month and column.absent is None]:
            raise ValueError(f"table {self.name}: no meaning of the absence of {', '.join(undefined)} before a month")
        object.__setattr__(self, "names", names)

    def at(self, month: str) -> "Table":
        """The table with the columns that there are in a month, written YYYY-MM."""
        there = tuple(column for column in self.columns if (column.first_month or "") <= month)
        return self if len(there) == len(self.columns) else replace(self, columns=there)

    @property
    def later_names(self) -> tuple[str, ...]:
        """The columns that came with a change of law."""
        return tuple(column.name for column in self.columns if column.first_month)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return self.columns[self.names.index(name)]

    def projection(self) -> str:
        """SELECT list that casts a relation to the types of this table, in its column order."""
        return ", ".join(f'CAST("{column.name}" AS {column.type}) AS "{column.name}"' for column in self.columns)

    def ordering(self) -> str:
        """ORDER BY list: the key, so that the same rows are always the same bytes."""
        return ", ".join(f'"{name}"' for name in self.key)
