"""Literals of SQL: a text, a name, a file and a folder, whatever characters they have.

DuckDB takes no parameter where it attaches, copies or sets, and reads a file whose name it takes for a pattern.
"""

from pathlib import Path

# what DuckDB takes for a pattern where it reads a file, when a file of that very name is not all that it finds
PATTERN_CHARACTERS = "*?["


def literal(text: object) -> str:
    """A text as SQL has it."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name, such as that of a column, as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def file_to_read(path: Path) -> str:
    """A file that is read, by its name and never by a pattern."""
    return literal("".join(f"[{each}]" if each in PATTERN_CHARACTERS else each for each in str(path)))
