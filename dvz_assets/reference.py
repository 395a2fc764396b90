"""Reference tables and rules: read from CSV and checked. ``home.reference_archive`` writes them for the SQL to join.

Holds the structure of each table and what makes it wrong (unknown columns, overlapping validity, gaps between regimes,
an export column without a legal basis). The values are the owner's: they stand in ``reference/*.csv``, never here.
Dates and months are inclusive at both ends; an empty ``valid_to`` is read as 31 December 9999.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.tables.lake import DVZ_EXPORT

FOREVER = date(9999, 12, 31)
AID_KINDS = (
    "LIVING_WAGE",
    "INTEGRATION_OTHER",
    "INTEGRATION_EMPLOYMENT",
    "ASSISTANCE",
    "ASSISTANCE_EMPLOYMENT",
    "MEDICAL",
    "INSURANCE_CONTRIBUTION",
    "OUT_OF_SCOPE",
)
CRITERIA = {"DAYS_OR_ASSISTANCE": "min_living_wage_days", "ASSISTANCE_MONTHS": "min_assistance_months"}
RESIDENCE_RIGHTS = ("LIMITED", "UNLIMITED", "PERMANENT", "EU_RIGHT", "NONE")
CATEGORY_WITHOUT_RULE = "OTHER"
PERIODS_FIELD = "aid_periods"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a reference table: how its text is read, and whether it may be empty."""

    name: str
    type: pl.DataType
    required: bool = True
    values: tuple[str, ...] = ()

    def parse(self, text: str) -> Any:
        """Value of a cell; raises ValueError with what was expected."""
        if text == "":
            if self.required:
                raise ValueError("a value")
            return FOREVER if self.type == pl.Date() else None
        if self.values and text not in self.values:
            raise ValueError(" or ".join(self.values))
        match self.type:
            case pl.Date():
                return date.fromisoformat(text)
            case pl.Boolean():
                return {"true": True, "false": False}[text]
            case pl.Int32():
                return int(text)
            case pl.Decimal(scale=scale, precision=precision):
                number = Decimal(text)
                # Polars would round what does not fit, or drop it
                if number != round(number, scale) or abs(number) >= 10 ** ((precision or 38) - scale):
                    raise ValueError(f"at most {scale} decimals")
                return number
        return text


def _text(name: str, *, required: bool = True, values: tuple[str, ...] = ()) -> Field:
    return Field(name, pl.String(), required, values)


def _number(name: str, *, required: bool = True) -> Field:
    return Field(name, pl.Int32(), required)


def _flag(name: str) -> Field:
    return Field(name, pl.Boolean())


def _euro(name: str) -> Field:
    return Field(name, pl.Decimal(9, 2))


VALID_FROM = Field("valid_from", pl.Date())
VALID_TO = Field("valid_to", pl.Date(), required=False)
DESCRIPTION = _text("description", required=False)
SOURCE = _text("source", required=False)
VERIFIED = _flag("verified")


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """One reference table: its columns and by which of them a row is unique (on each day, where rows are dated)."""

    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def is_dated(self) -> bool:
        """Whether its rows hold for a period."""
        return VALID_TO in self.fields


REFERENCE_TABLES = {
    "budget_articles": ReferenceTable(
        ("code", "law"),
        (
            _text("code"),
            _text("law", values=("1", "2", "6")),
            VALID_FROM,
            VALID_TO,
            _text("aid_kind", required=False, values=AID_KINDS),
            Field("state_share_pct", pl.Decimal(5, 2)),
            DESCRIPTION,
            SOURCE,
            VERIFIED,
        ),
    ),
    "category_rules": ReferenceTable(
        ("regime", "category"),
        (
            _text("regime"),
            _text("category"),
            _text("criteria", values=tuple(CRITERIA)),
            _number("min_living_wage_days", required=False),
            _number("min_assistance_months", required=False),
            _flag("counts_assistance_employment"),
            _flag("requires_limited_stay"),
            _flag("requires_third_country_nationality"),
            _number("max_residence_years_eu_national", required=False),
            _number("max_residence_years_third_country", required=False),
            _flag("excludes_permanent_card_third_country"),
            _text("legal_reference"),
        ),
    ),
    "countries": ReferenceTable(("nis_code",), (_text("nis_code"), _text("iso2"), _text("name"), SOURCE, VERIFIED)),
    "export_fields": ReferenceTable(
        ("regime", "column"), (_text("regime"), _text("column"), _text("field_in_source"), _text("legal_reference"))
    ),
    "free_movement": ReferenceTable(("iso2",), (_text("iso2"), VALID_FROM, VALID_TO, _text("basis"))),
    "help_types": ReferenceTable(
        ("code",),
        (_text("code"), VALID_FROM, VALID_TO, _text("aid_kind", values=AID_KINDS), DESCRIPTION, SOURCE, VERIFIED),
    ),
    "living_wage_amounts": ReferenceTable(
        ("valid_from",),
        (VALID_FROM, _euro("category_1"), _euro("category_2"), _euro("category_3"), SOURCE, VERIFIED),
    ),
    "regimes": ReferenceTable(
        ("regime",),
        (_text("regime"), _text("first_month"), _text("last_month", required=False), _text("title"), SOURCE),
    ),
    "registers": ReferenceTable(("code",), (_text("code"), _text("register"), DESCRIPTION, SOURCE, VERIFIED)),
    "residence_documents": ReferenceTable(
        ("code",),
        (
            _text("code"),
            _text("residence_right", values=RESIDENCE_RIGHTS),
            VALID_FROM,
            VALID_TO,
            DESCRIPTION,
            VERIFIED,
        ),
    ),
    "residence_motives": ReferenceTable(
        ("code",), (_text("code"), VALID_FROM, VALID_TO, _text("category"), DESCRIPTION, SOURCE, VERIFIED)
    ),
}


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
        """Read and check ``folder``; raises DvzError naming file and line."""
        tables: dict[str, pl.DataFrame] = {}
        contents: dict[str, bytes] = {}
        for name, definition in REFERENCE_TABLES.items():
            path = folder / f"{name}.csv"
            try:
                content = path.read_bytes()
            except OSError as error:
                raise _wrong(str(path), "a readable reference table", type(error).__name__) from None
            contents[name] = content
            tables[name] = _read(path.name, content, definition)
        reference = cls(folder, tables, contents)
        for problem in _problems(reference):
            raise problem
        return reference

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
        for row in self.tables["regimes"].iter_rows(named=True):
            if row["first_month"] <= str(month) and (row["last_month"] is None or str(month) <= row["last_month"]):
                return str(row["regime"])
        raise DvzError(
            "NO_REGIME",
            place=f"regimes.csv, month {month}",
            expected="a regime in force in that month",
            found="none",
            remedy="nothing may be sent without a legal basis: add the regime, or run another month",
        )

    def authorised_columns(self, regime: str) -> list[str]:
        """Columns that the regime lists in export_fields, in their order there."""
        fields = self.tables["export_fields"]
        return fields.filter(pl.col("regime") == regime)["column"].to_list()


def _read(name: str, content: bytes, definition: ReferenceTable) -> pl.DataFrame:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    header = rows[0] if rows else []
    expected = [field.name for field in definition.fields]
    if sorted(header) != sorted(expected):
        raise _wrong(f"{name}, line 1", f"the columns {', '.join(expected)}", ", ".join(header) or "nothing")
    by_name = {field.name: field for field in definition.fields}
    records: list[dict[str, Any]] = []
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise _wrong(f"{name}, line {line}", f"{len(header)} fields", f"{len(row)} fields")
        record = {}
        for column, text in zip(header, row, strict=True):
            try:
                record[column] = by_name[column].parse(text)
            except (ValueError, KeyError, InvalidOperation):
                field = by_name[column]
                wanted = " or ".join(field.values) or f"a value of type {field.type}"
                raise _wrong(f"{name}, line {line}, column {column}", wanted, repr(text)) from None
        records.append(record)
    return pl.DataFrame(records, schema={field.name: field.type for field in definition.fields})


def _problems(reference: Reference) -> Iterator[DvzError]:
    for name, definition in REFERENCE_TABLES.items():
        yield from _overlaps(name, definition, reference.tables[name])
    yield from _regime_problems(reference)
    yield from _rule_problems(reference)
    yield from _export_problems(reference)


def _overlaps(name: str, definition: ReferenceTable, table: pl.DataFrame) -> Iterator[DvzError]:
    last_day: dict[tuple[Any, ...], date] = {}
    for row in table.sort(*definition.key, *(["valid_from"] if definition.is_dated else [])).iter_rows(named=True):
        key = tuple(row[column] for column in definition.key)
        if definition.is_dated and row["valid_from"] > row["valid_to"]:
            yield _wrong(f"{name}.csv", "valid_from not after valid_to", f"{key} ends before it begins")
        if key in last_day and (not definition.is_dated or row["valid_from"] <= last_day[key]):
            yield _wrong(f"{name}.csv", "one row per code on each day", f"{key} twice on the same day")
        last_day[key] = row["valid_to"] if definition.is_dated else FOREVER


def _regime_problems(reference: Reference) -> Iterator[DvzError]:
    following: Month | None = None
    regimes = reference.tables["regimes"].sort("first_month")
    for position, row in enumerate(regimes.iter_rows(named=True)):
        first, last = Month.parse(row["first_month"]), row["last_month"]
        if following is not None and first != following:
            found = f"{row['regime']} begins in {first}, and {following} was due"
            yield _wrong("regimes.csv", "regimes that follow each other without gap or overlap", found)
        if last is None and position < regimes.height - 1:
            yield _wrong("regimes.csv", "only the last regime without last_month", f"{row['regime']} has none")
            return
        following = Month.parse(last).next() if last else None


def _rule_problems(reference: Reference) -> Iterator[DvzError]:
    regimes = set(reference.tables["regimes"]["regime"])
    rules = reference.tables["category_rules"]
    for row in rules.iter_rows(named=True):
        place = f"category_rules.csv, {row['regime']} {row['category']}"
        if row["regime"] not in regimes:
            yield _wrong(place, "a regime of regimes.csv", row["regime"])
        if row[CRITERIA[row["criteria"]]] is None:
            yield _wrong(place, f"{CRITERIA[row['criteria']]} for {row['criteria']}", "nothing")
    known = {*rules["category"], CATEGORY_WITHOUT_RULE}
    for category in sorted(set(reference.tables["residence_motives"]["category"]) - known):
        yield _wrong("residence_motives.csv", "categories of category_rules.csv, or OTHER", category)
    for row in reference.tables["budget_articles"].iter_rows(named=True):
        if row["law"] == "1" and row["aid_kind"] is None:
            yield _wrong(f"budget_articles.csv, {row['code']}", "an aid_kind for an article of law 1", "nothing")


def _export_problems(reference: Reference) -> Iterator[DvzError]:
    fields = reference.tables["export_fields"]
    exported = {*DVZ_EXPORT.names, PERIODS_FIELD} - {"month", "regime"}
    for column in sorted(set(fields["column"]) - exported):
        yield _wrong("export_fields.csv", f"columns of the export: {', '.join(sorted(exported))}", column)
    for column in sorted(exported - set(fields["column"])):
        yield _wrong("export_fields.csv", "a legal reference for every column of the export", f"none for {column}")
    for regime in reference.tables["regimes"]["regime"]:
        if "insz" not in reference.authorised_columns(regime):
            yield _wrong(f"export_fields.csv, {regime}", "insz among the authorised columns", "not there")
