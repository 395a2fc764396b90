"""What in the rules is the letter of the law, and what is a reading of it: ``reference/readings.csv``, typed.

It decides nothing: no step reads it, so a change of it makes no month stale. A reading that has a column in
``category_rules`` names the values that the column could have instead, and for which categories and regimes.
That quotations stand in the documents is checked where the documents are, by ``make check``.
"""

import csv
import io
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.project_files import reference_folder

FILE = "readings.csv"
STATUSES = ("LITERAL", "READING", "CONFIRMED")
DOCUMENTS = ("note", "summary", "deliberation")
REQUIRED = (
    "id",
    "document",
    "paragraph",
    "quotation",
    "question",
    "reading",
    "where",
    "applies_to",
    "status",
    "by",
    "on",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Another value that a column of ``category_rules`` could have; an empty value is an empty cell."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage of the documents, the question that it leaves, and the answer chosen.

    ``status`` is LITERAL (the words decide), READING (chosen by whom ``by`` names, ``on`` that day) or CONFIRMED (by
    whom ``by`` names). ``applies_to`` are outcomes, grounds and columns. ``categories`` and ``regimes`` say for which
    rows the ``settings`` are alternatives; empty means all.
    """

    id: str
    document: str
    paragraph: str
    quotation: str
    question: str
    reading: str
    alternatives: str
    where: tuple[str, ...]
    settings: tuple[Setting, ...]
    categories: tuple[str, ...]
    regimes: tuple[str, ...]
    applies_to: tuple[str, ...]
    status: str
    by: str
    on: date


def readings_of(name: str, folder: Path | None = None) -> tuple[Reading, ...]:
    """The readings behind an outcome, a ground or a column, in the order of the table; none for an unknown name.

    ``folder`` is a folder of reference tables, by default the project's own. Raises DvzError as ``load_readings`` does.
    """
    return tuple(reading for reading in load_readings(folder or reference_folder()) if name in reading.applies_to)


def load_readings(folder: Path) -> tuple[Reading, ...]:
    """All readings of a folder of reference tables; none where the folder is older than the table.

    Raises DvzError INVALID_REFERENCE with the line of the first wrong row.
    """
    path = folder / FILE
    return _parsed(path.read_bytes()) if path.exists() else ()


@cache
def _parsed(content: bytes) -> tuple[Reading, ...]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    expected = [field.name for field in fields(Reading)]
    if sorted(rows.fieldnames or ()) != sorted(expected):
        raise _wrong(1, f"the columns {', '.join(expected)}", "others")
    found: list[Reading] = []
    for row in rows:
        line = rows.line_num
        if None in row or None in row.values():
            raise _wrong(line, f"{len(expected)} fields", "another number")
        found.append(_reading(row, line))
        if found[-1].id in {reading.id for reading in found[:-1]}:
            raise _wrong(line, "an id of its own", "one that another row has")
    return tuple(found)


def _reading(row: dict[str, str], line: int) -> Reading:
    for column in REQUIRED:
        if not row[column]:
            raise _wrong(line, f"a value of {column}", "none")
    for column, allowed in (("status", STATUSES), ("document", DOCUMENTS)):
        if row[column] not in allowed:
            raise _wrong(line, f"{column} {' or '.join(allowed)}", "something else")
    if row["status"] == "READING" and not row["alternatives"]:
        raise _wrong(line, "the alternatives of a reading", "none")
    try:
        on = date.fromisoformat(row["on"])
    except ValueError:
        raise _wrong(line, "a date such as 2026-11-28", "something else") from None
    return Reading(
        **{name: row[name] for name in ("id", "document", "paragraph", "quotation", "question", "reading")},
        alternatives=row["alternatives"],
        where=tuple(part.strip() for part in row["where"].split(";")),
        settings=tuple(_setting(part, line) for part in row["settings"].split(";") if part),
        categories=tuple(row["categories"].split()),
        regimes=tuple(row["regimes"].split()),
        applies_to=tuple(row["applies_to"].split()),
        status=row["status"],
        by=row["by"],
        on=on,
    )


def _setting(text: str, line: int) -> Setting:
    column, equals, value = text.strip().partition("=")
    if not equals or not column.isidentifier():
        raise _wrong(line, "settings of the form column=value, separated by ;", "something else")
    return Setting(column, value)


def _wrong(line: int, expected: str, found: str) -> DvzError:
    return DvzError(
        "INVALID_REFERENCE",
        place=f"{FILE}, line {line}",
        expected=expected,
        found=found,
        remedy="correct the table of readings; no month is computed from it",
    )
