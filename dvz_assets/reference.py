"""Reference tables and rules: read from CSV, and checked against each other.

What columns a table has is in ``tables.reference``; ``home.reference_archive`` writes the tables for the SQL to join.
This module says what makes a folder wrong: unknown columns, overlapping validity, gaps between regimes, a ground
without its parameter, an export column without a legal basis. No message holds what was found in a cell: somebody may
have put a file of persons in a table's place.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.tables.lake import DVZ_EXPORT
from dvz_assets.tables.reference import (
    CATEGORY_WITHOUT_RULE,
    FOREVER,
    PERIODS_FIELD,
    REFERENCE_TABLES,
    Field,
    ReferenceTable,
)

MAX_BYTES = 64 * 1024**2
# as which spreadsheets save a table in some countries
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}

# numbers of category_rules that count something
COUNTS_OF_RULES = (
    "living_wage_window_months",
    "min_living_wage_days",
    "assistance_before_months",
    "min_assistance_months",
    "max_residence_years_eu_national",
    "max_residence_years_third_country",
)


def _wrong(place: str, expected: str, found: str) -> DvzError:
    return DvzError(
        "INVALID_REFERENCE",
        place=place,
        expected=expected,
        found=found,
        remedy="correct the table; no month runs with it as it is",
    )


@dataclass(frozen=True)
class Reference:
    """All reference tables as typed frames, checked against each other."""

    folder: Path
    tables: dict[str, pl.DataFrame]
    content: dict[str, bytes]

    @classmethod
    def load(cls, folder: Path) -> "Reference":
        """Read and check a folder of today; raises DvzError naming file and line.

        A table of the project's own that the folder does not hold is the project's.
        """
        tables: dict[str, pl.DataFrame] = {}
        contents: dict[str, bytes] = {}
        for name, definition in REFERENCE_TABLES.items():
            path = folder / f"{name}.csv"
            if definition.of_project and not path.exists():
                path = reference_folder() / path.name
            contents[name] = _content(path, MAX_BYTES)
            tables[name] = read_table(path.name, contents[name], definition)
        reference = cls(folder, tables, contents)
        for problem in _problems(reference):
            raise problem
        return reference

    @classmethod
    def load_archived(cls, folder: Path) -> "Reference":
        """Read a folder that was archived with a month, by whichever version: what it lacks means what it meant then.

        It was checked when it was archived, by the rules of that time.
        """
        tables: dict[str, pl.DataFrame] = {}
        contents: dict[str, bytes] = {}
        for name, definition in REFERENCE_TABLES.items():
            path = folder / f"{name}.csv"
            if path.exists():
                contents[name] = _content(path)
            content = contents.get(name, definition.absent.encode())
            tables[name] = read_table(path.name, content, definition, archived=True)
        return cls(folder, tables, contents)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all tables together: the folder name under which they are archived."""
        return hashlib.sha256("".join(sorted(self.sha256.values())).encode()).hexdigest()

    @property
    def sha256(self) -> dict[str, str]:
        """Hash of each table's file."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.content.items()}

    def regime_of(self, month: Month) -> str:
        """Regime in force in a statement month; raises DvzError when there is none."""
        for regime, first, last in self._regimes:
            if first <= str(month) and (last is None or str(month) <= last):
                return regime
        raise DvzError(
            "NO_REGIME",
            place=f"regimes.csv, month {month}",
            expected="a regime in force in that month",
            found="none",
            remedy="nothing may be sent without a legal basis: add the regime, or run another month",
        )

    @cached_property
    def _regimes(self) -> list[tuple[str, str, str | None]]:
        return self.tables["regimes"].select("regime", "first_month", "last_month").rows()

    def counted_kinds(self, *, counts_assistance_employment: bool, selection: str | None = None) -> list[str]:
        """Aid kinds that count for a category, of one sum of selection one (INTEGRATION, ASSISTANCE) or of both."""
        counted = ["EVERYBODY", *(["WHERE_EMPLOYMENT_COUNTS"] if counts_assistance_employment else [])]
        return [
            kind
            for kind, counted_for, sum_of in self._kinds
            if counted_for in counted and (selection is None or sum_of == selection)
        ]

    @cached_property
    def _kinds(self) -> list[tuple[str, str, str | None]]:
        return self.tables["aid_kinds"].select("aid_kind", "counted_for", "selection_one").rows()

    def correction_months(self, month: Month) -> int:
        """Number of months on whose signals a month looks back; 0 where its regime has no corrections."""
        return self._correction_months[self.regime_of(month)]

    @cached_property
    def _correction_months(self) -> dict[str, int]:
        regimes = self.tables["regimes"]
        return {regime: months or 0 for regime, months in regimes.select("regime", "correction_months").iter_rows()}

    def authorised_columns(self, regime: str) -> list[str]:
        """Columns that export_fields lists for at least one category of the regime, in their order there."""
        return [column for each, column in self._authorised_columns if each == regime]

    @cached_property
    def _authorised_columns(self) -> list[tuple[str, str]]:
        fields = self.tables["export_fields"].select("regime", "column")
        return fields.unique(maintain_order=True).rows()

    def authorisations(self, regime: str) -> list[str]:
        """The deliberations that authorise the categories of the regime, in the order of their rules, each once."""
        rules = self.tables["category_rules"].filter(pl.col("regime") == regime)
        return rules["authorisation"].explode(empty_as_null=False).unique(maintain_order=True).to_list()


def _content(path: Path, max_bytes: int | None = None) -> bytes:
    """All bytes of a table; of one that somebody has put there, only from a regular file within its limit."""
    try:
        if max_bytes is not None and path.exists():
            if not path.is_file():
                raise _wrong(str(path), "a regular file", "something else")
            if (size := path.stat().st_size) > max_bytes:
                raise _wrong(str(path), f"a table of at most {max_bytes} bytes", f"{size} bytes")
        return path.read_bytes()
    except OSError as error:
        raise _wrong(str(path), "a readable reference table", type(error).__name__) from None


def read_table(name: str, content: bytes, definition: ReferenceTable, *, archived: bool = False) -> pl.DataFrame:
    """Typed rows of one CSV file; raises DvzError naming file, line and column.

    An archived file may have the columns of any version; one of today has exactly those of today.
    """
    rows = _rows(name, content)
    header = rows[0] if rows else []
    fields = {field.name: field for field in (definition.fields if archived else definition.present_fields)}
    if not archived:
        _require_columns(name, header, list(fields))
    records: list[dict[str, Any]] = []
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise _wrong(f"{name}, line {line}", f"{len(header)} fields", f"{len(row)} fields")
        record = {
            column: _value(f"{name}, line {line}, column {column}", fields[column], text)
            for column, text in zip(header, row, strict=True)
        }
        lacking = {field.name: field.absent(record) for field in definition.fields if field.name not in record}
        records.append({**record, **lacking})
    return pl.DataFrame(records, schema=definition.schema)


def _rows(name: str, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _wrong(f"{name}, line {line}", "text in UTF-8", "another encoding") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _wrong(f"{name}, line {line}", "text", "a NUL byte")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error:
        place = f"{name}, line {reader.line_num}"
        raise _wrong(place, "comma-separated fields of at most 131,072 characters", "something else") from None


def _require_columns(name: str, header: list[str], expected: list[str]) -> None:
    if sorted(header) == sorted(expected):
        return
    missing = [column for column in expected if column not in header]
    found = f"{len(header)} columns"
    for separator, name_of_it in OTHER_SEPARATORS.items():
        if len(header) < len(expected) <= sum(cell.count(separator) + 1 for cell in header):
            raise _wrong(f"{name}, line 1", f"the columns {', '.join(expected)}, separated by commas", name_of_it)
    found += f", without {', '.join(missing)}" if missing else ", some of them others"
    raise _wrong(f"{name}, line 1", f"the columns {', '.join(expected)}, separated by commas", found)


def _value(place: str, field: Field, text: str) -> Any:
    try:
        return field.parse(text)
    except ValueError as error:
        # of the library that reads dates the message would quote the cell
        expected = "a date YYYY-MM-DD" if field.type == pl.Date() else str(error)
        raise _wrong(place, expected, "nothing" if text == "" else "something else") from None


def _problems(reference: Reference) -> Iterator[DvzError]:
    for name, definition in REFERENCE_TABLES.items():
        yield from _overlaps(name, definition, reference.tables[name])
    yield from _regime_problems(reference)
    yield from _rule_problems(reference)
    yield from _kind_problems(reference)
    yield from _export_problems(reference)


def _lines(table: str, rows: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with its place, which is named instead of what stands there."""
    for line, row in enumerate(rows.iter_rows(named=True), start=2):
        yield f"{table}.csv, line {line}", row


def _overlaps(name: str, definition: ReferenceTable, table: pl.DataFrame) -> Iterator[DvzError]:
    placed = table.with_columns(place=pl.Series([place for place, _ in _lines(name, table)], dtype=pl.String))
    last_day: dict[tuple[Any, ...], date] = {}
    for row in placed.sort(*definition.key, *(["valid_from"] if definition.is_dated else [])).iter_rows(named=True):
        key = tuple(row[column] for column in definition.key)
        if definition.is_dated and row["valid_from"] > row["valid_to"]:
            yield _wrong(row["place"], "valid_from not after valid_to", "a row that ends before it begins")
        if key in last_day and (not definition.is_dated or row["valid_from"] <= last_day[key]):
            yield _wrong(row["place"], "one row per code on each day", "a code that another row has on the same day")
        last_day[key] = row["valid_to"] if definition.is_dated else FOREVER


def _regime_problems(reference: Reference) -> Iterator[DvzError]:
    following: Month | None = None
    regimes = sorted(_lines("regimes", reference.tables["regimes"]), key=lambda placed: placed[1]["first_month"])
    for position, (place, row) in enumerate(regimes, start=1):
        first, last = Month.parse(row["first_month"]), row["last_month"]
        if following is not None and first != following:
            found = f"one that begins in {first}, and {following} was due"
            yield _wrong(place, "regimes that follow each other without gap or overlap", found)
        if last is None and position < len(regimes):
            yield _wrong(place, "only the last regime without last_month", "an earlier one")
            return
        following = Month.parse(last).next() if last else None


def _rule_problems(reference: Reference) -> Iterator[DvzError]:
    regimes = set(reference.tables["regimes"]["regime"])
    rules = reference.tables["category_rules"]
    grounds = {row["ground"]: row for row in reference.tables["grounds"].iter_rows(named=True)}
    for place, row in _lines("grounds", reference.tables["grounds"]):
        for column in ("parameter", "optional_parameter"):
            if row[column] not in {None, *rules.columns}:
                yield _wrong(f"{place}, {column}", "a column of category_rules.csv", "another")
                return  # the rules cannot be judged by it
    for place, row in _lines("category_rules", rules):
        if row["regime"] not in regimes:
            yield _wrong(place, "a regime of regimes.csv", "another")
        for name in COUNTS_OF_RULES:
            if row[name] == 0:
                yield _wrong(f"{place}, {name}", "a number above 0, or nothing", "0")
        for ground in row["grounds"]:
            if ground not in grounds:
                yield _wrong(f"{place}, grounds", "grounds of grounds.csv", "another")
            elif (parameter := grounds[ground]["parameter"]) and row[parameter] is None:
                yield _wrong(place, f"{parameter}, which a ground of the rule uses", "nothing")
        for ground, known in grounds.items():
            for parameter in (known["parameter"], known["optional_parameter"]):
                if parameter and ground not in row["grounds"] and row[parameter] is not None:
                    yield _wrong(place, f"nothing in {parameter}, which no ground of the rule uses", "a number")
    known_categories = {*rules["category"], CATEGORY_WITHOUT_RULE}
    for place, row in _lines("residence_motives", reference.tables["residence_motives"]):
        if row["category"] not in known_categories:
            yield _wrong(place, f"a category of category_rules.csv, or {CATEGORY_WITHOUT_RULE}", "another")


def _kind_problems(reference: Reference) -> Iterator[DvzError]:
    kinds = reference.tables["aid_kinds"]["aid_kind"].to_list()
    for table in ("budget_articles", "help_types"):
        for place, row in _lines(table, reference.tables[table]):
            kind = row["aid_kind"]
            if kind is None and table == "budget_articles":
                if row["law"] == "1":
                    yield _wrong(place, "an aid_kind for an article of law 1", "nothing")
            elif kind not in kinds:
                yield _wrong(place, "an aid_kind of aid_kinds.csv", "another")


def _export_problems(reference: Reference) -> Iterator[DvzError]:
    fields = reference.tables["export_fields"]
    exported = {*DVZ_EXPORT.names, PERIODS_FIELD} - {"month", "regime"}
    for column in sorted(exported - set(fields["column"])):
        yield _wrong("export_fields.csv", "a legal reference for every column of the export", f"none for {column}")
    rules = reference.tables["category_rules"]
    with_rule = set(rules.select("regime", "category").iter_rows())
    for place, row in _lines("export_fields", fields):
        if row["column"] not in exported:
            yield _wrong(place, f"columns of the export: {', '.join(sorted(exported))}", "another")
        if row["category"] is not None and (row["regime"], row["category"]) not in with_rule:
            yield _wrong(place, "a category with a rule", "another")
    with_number = set(fields.filter(column="insz").select("regime", "category").iter_rows())
    for place, row in _lines("category_rules", rules):
        if with_number.isdisjoint({(row["regime"], None), (row["regime"], row["category"])}):
            yield _wrong(place, "insz among the columns that export_fields.csv authorises for it", "not there")
