"""Layouts: how a source really writes a file, described in ``layouts/*.toml`` (docs/operations.md, decision 0021).

A layout has a name, holds for one kind of file, and is dated. This module reads and checks descriptions and finds the
one of a month; ``layout_text`` reads files by it. Errors name the file, and the line where there is one.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dvz_assets.errors import DvzError
from dvz_assets.landing.columns import AMOUNT, COLUMNS, DATES, columns_in
from dvz_assets.months import Month

MAX_BYTES = 1024**2
SIGN = "teken"

LayoutName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
MonthText = Annotated[str, AfterValidator(lambda text: str(Month.parse(text)))]
Character = Annotated[str, StringConstraints(pattern=r"^[\t -~]$")]
DateForm = Literal["YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "DDMMYYYY", "DD/MM/YYYY", "DD-MM-YYYY", "DD.MM.YYYY"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Amount(_Strict):
    """How an amount is written: decimals (0: whole EUR), the mark before them (none: implied), and where its sign is.

    ``none``: there is no sign, or it has a column of its own. ``overpunched``: the last digit is a letter that
    holds the sign too (``{``, A to I are +0 to +9; ``}``, J to R are -0 to -9).
    """

    decimals: Literal[0, 1, 2] = 2
    mark: Literal["", ".", ","] = ""
    sign: Literal["none", "leading", "trailing", "overpunched"] = "none"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.mark and not self.decimals:
            raise ValueError("a mark stands before decimals, and there are none")
        return self


class Place(_Strict):
    """Where a value stands in a record: ``first`` and ``length`` in characters, or the ``field``, all from 1."""

    first: Annotated[int, Field(ge=1)] | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    field: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.first is None) != (self.length is None):
            raise ValueError("first and length go together")
        return self


class SourceColumn(Place):
    """One column of the contract: where it stands in the source, or what it is, and what becomes of its text.

    ``name`` is the source's, ``constant`` a text for every row; ``sign_of`` takes the sign of an amount. ``padding``
    is cut from the right of a text, with ``align = "right"`` from the left; ``empty`` are texts that mean nothing.
    ``translate`` names a CSV beside the layout, with the columns ``source`` and ``contract``.
    """

    name: Annotated[str, Field(min_length=1)] | None = None
    constant: str | None = None
    sign_of: Literal["bedrag"] | None = None
    date: DateForm | None = None
    amount: Amount | None = None
    translate: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*\.csv$")] | None = None
    padding: Character | None = None
    align: Literal["left", "right"] = "left"
    empty: list[str] = []

    @property
    def is_read(self) -> bool:
        """Whether it stands in the file."""
        return self.constant is None and self.sign_of is None


class Controls(_Strict):
    """A record before or after the rows: how it begins, and what in it says how many rows there are, and their total.

    ``total`` is the signed sum of all amounts, written as ``amount`` says.
    """

    starts_with: str = ""
    rows: Place | None = None
    total: Place | None = None
    amount: Amount = Amount(sign="leading")


class Description(_Strict):
    """What stands in a TOML file."""

    layout: LayoutName
    kind: Literal["statement", "persons", "insz_replacements"]
    description: str = ""
    first_month: MonthText
    last_month: MonthText | None = None
    format: Literal["delimited", "fixed_width", "parquet"]
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"
    separator: Character | None = None
    quote: Character | None = None
    column_names: bool = True
    fields: Annotated[int, Field(ge=1)] | None = None
    record_length: Annotated[int, Field(ge=1)] | None = None
    padding: Character = " "
    ignore: list[str] = []
    header: Controls | None = None
    trailer: Controls | None = None
    columns: dict[str, SourceColumn]


@dataclass(frozen=True, slots=True)
class Layout:
    """A description that can be used, its code translations (by column), and the hash of all of it."""

    path: Path
    told: Description
    translations: Mapping[str, Mapping[str, str]]
    sha256: str

    @property
    def read_columns(self) -> dict[str, SourceColumn]:
        """The columns that stand in the file."""
        return {name: column for name, column in self.told.columns.items() if column.is_read}

    def require_columns(self, columns: Sequence[str]) -> None:
        """Raise DvzError when it lacks one of the columns of a month: a change of law asks for another layout."""
        if missing := [name for name in columns if name not in self.told.columns]:
            raise _wrong(self.path, "every column of the contract in its months", f"no column {', '.join(missing)}")

    @property
    def record_length(self) -> int:
        """Characters of a record of fixed width."""
        ends = (
            column.first + column.length - 1 for column in self.read_columns.values() if column.first and column.length
        )
        return self.told.record_length or max(ends)

    @property
    def months(self) -> tuple[Month, Month | None]:
        """First and last month for which it holds."""
        last = self.told.last_month
        return Month.parse(self.told.first_month), Month.parse(last) if last else None

    def holds_in(self, month: Month) -> bool:
        """Whether files of a month are written so."""
        first, last = self.months
        return first <= month and (last is None or month <= last)


@dataclass(frozen=True, slots=True)
class Layouts:
    """All layouts of a folder."""

    folder: Path
    all: tuple[Layout, ...]

    @classmethod
    def load(cls, folder: Path) -> "Layouts":
        """Read and check ``*.toml``; raises DvzError that names file and line."""
        found = cls(folder, tuple(_load(path) for path in sorted(folder.glob("*.toml"))))
        for layout in found.all:
            for month in (month for month in layout.months if month is not None):
                if len(found._named(layout.told.layout, layout.told.kind, month)) > 1:
                    told = f"{layout.told.layout}, {layout.told.kind}"
                    raise _wrong(layout.path, f"one layout {told} in a month", f"two in {month}", "first_month")
        return found

    def find(self, name: str, kind: str, month: Month, *, required: bool = True) -> Layout | None:
        """The layout of that name, for a kind of file, in a month; None when it has none for the kind at all.

        Raises DvzError when there is no such layout, or, where one is ``required``, none of it in the month.
        """
        named = self._named(name, kind, month)
        if named:
            return named[0]
        kinds = {layout.told.kind for layout in self.all if layout.told.layout == name}
        if kinds and (kind not in kinds or not required):
            return None
        raise DvzError(
            "NO_LAYOUT",
            place=f"{kind}, month {month}",
            # a name that none has may be anything that was typed
            expected=f"a layout {f'{name} ' if kinds else ''}that holds in this month, in {self.folder}",
            found="none" if kinds else f"a name that none has; there are {', '.join(self.names) or 'no layouts'}",
            remedy="describe the file in a layout (docs/operations.md), or correct the name",
        )

    def of_file(self, name: str, kind: str | None, month: Month) -> Layout:
        """The layout of a name and month; ``kind`` is needed where it is for several. Raises DvzError."""
        kinds = sorted({layout.told.kind for layout in self.all if layout.told.layout == name})
        chosen = kind or (kinds[0] if len(kinds) == 1 else "a file")
        found = self.find(name, chosen, month)
        if found is None:
            raise DvzError(
                "INVALID_ARGUMENT",
                place="--kind",
                expected=" or ".join(kinds),
                found="another, or none",
                remedy="say what the file holds",
            )
        return found

    @property
    def names(self) -> list[str]:
        """Names of all layouts."""
        return sorted({layout.told.layout for layout in self.all})

    def _named(self, name: str, kind: str, month: Month) -> list[Layout]:
        return [
            each for each in self.all if (each.told.layout, each.told.kind) == (name, kind) and each.holds_in(month)
        ]


def _load(path: Path) -> Layout:
    content = _content(path)
    try:
        text = content.decode("utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError:
        raise _wrong(path, "text in UTF-8", "other bytes") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line ([0-9]+)", str(error))
        raise _wrong(path, "TOML", str(error).partition(" (")[0], line=int(place[1]) if place else None) from None
    try:
        told = Description.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _wrong(
            path, "a layout as docs/operations.md describes it", first["msg"], *first["loc"], text=text
        ) from None
    for location, problem in _problems(told):
        raise _wrong(path, "a layout as docs/operations.md describes it", problem, *location, text=text)
    translations, contents = {}, [content]
    for name, column in told.columns.items():
        if column.translate:
            contents.append(_content(path.parent / column.translate))
            translations[name] = _translation(path.parent / column.translate, contents[-1])
    digest = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in contents)).hexdigest()
    return Layout(path, told, translations, digest)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _wrong(path, "a file that can be read", type(error).__name__) from None
    if len(content) > MAX_BYTES:
        raise _wrong(path, f"at most {MAX_BYTES} bytes", "more")
    return content


def _translation(path: Path, content: bytes) -> dict[str, str]:
    """Codes of the source and of the contract; a code of the source once, none that begins as what does not fit."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _wrong(path, "text in UTF-8", "other bytes") from None
    if not lines or lines[0] != "source,contract":
        raise _wrong(path, "the columns source,contract", "something else", line=1)
    translation: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        codes = line.split(",")
        if len(codes) != 2 or '"' in line or codes[0] in translation or codes[1].startswith(UNFIT):
            raise _wrong(path, "two codes without quotes, each code of the source once", "something else", line=number)
        translation[codes[0]] = codes[1]
    return translation


# how a text begins that the layout could not convert: no code, date or amount does
UNFIT = "?"


def _problems(told: Description) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where in the description, and what, is wrong beyond the form of single values."""
    expected = COLUMNS[told.kind]
    if missing := [name for name in columns_in(told.kind, told.first_month) if name not in told.columns]:
        yield ("columns",), f"no column {', '.join(missing)}"
    if told.last_month and told.last_month < told.first_month:
        yield ("last_month",), "it ends before it begins"
    if told.format == "delimited":
        if told.separator is None:
            yield ("format",), "no separator"
        if told.separator is not None and told.separator == told.quote:
            yield ("quote",), "the separator"
        if not told.column_names and told.fields is None:
            yield ("column_names",), "without names, the number of fields is needed"
    for name in ("separator", "quote", "fields"):
        if told.format != "delimited" and getattr(told, name) is not None:
            yield (name,), f"{name} of a file that is not delimited"
    if told.format == "parquet" and (told.header or told.trailer):
        yield ("header" if told.header else "trailer",), "Parquet has no such records"
    taken: dict[int, str] = {}
    for name, column in told.columns.items():
        at = ("columns", name)
        if name not in expected:
            yield at, "no column of the contract"
        yield from ((at, problem) for problem in _column_problems(told, name, column))
        for position in range(column.first or 0, (column.first or 0) + (column.length or 0)):
            if position in taken:
                yield at, f"it overlaps {taken[position]}"
            if told.record_length is not None and position > told.record_length:
                yield at, "it ends after the record"
            taken[position] = name
    for part, controls in (("header", told.header), ("trailer", told.trailer)):
        for value in ("rows", "total") if controls else ():
            place = getattr(controls, value)
            if place is not None and (place.field is not None) != (told.format == "delimited"):
                yield (part, value), "a place of another format"
            if value == "total" and place is not None and told.kind != "statement":
                yield (part, value), "only a statement has amounts"


def _column_problems(told: Description, name: str, column: SourceColumn) -> Iterator[str]:
    given = {
        "first": column.first is not None,
        "name": column.name is not None,
        "field": column.field is not None,
        "constant": column.constant is not None,
        "sign_of": column.sign_of is not None,
    }
    named = told.format == "parquet" or (told.format == "delimited" and told.column_names)
    place = "name" if named else "field" if told.format == "delimited" else "first"
    if [each for each, is_given in given.items() if is_given] not in ([place], ["constant"], ["sign_of"]):
        yield f"it needs {place} (or constant, or sign_of), and one of them alone"
    if column.field is not None and told.fields is not None and column.field > told.fields:
        yield "a field behind the last one"
    if column.date and name not in DATES:
        yield "no date in the contract"
    if column.amount and name != AMOUNT:
        yield "no amount in the contract"
    if column.sign_of:
        amount = told.columns.get(AMOUNT)
        if name != SIGN or amount is None or amount.amount is None or amount.amount.sign == "none":
            yield f"sign_of is for {SIGN}, where {AMOUNT} has a sign"
    if sum(each is not None for each in (column.date, column.amount, column.translate)) > 1:
        yield "one of date, amount and translate alone"


def _wrong(
    path: Path, expected: str, found: str, *location: str | int, text: str = "", line: int | None = None
) -> DvzError:
    line = line or _line_of(text, [str(part) for part in location])
    places = [str(path), *([f"line {line}"] if line else []), *([".".join(map(str, location))] if location else [])]
    return DvzError(
        "INVALID_LAYOUT",
        place=", ".join(places),
        expected=expected,
        found=found,
        remedy="correct the layout; nothing is read with it as it is",
    )


def _line_of(text: str, location: list[str]) -> int | None:
    """The line that gives the longest part of a path of keys: tomllib tells no places."""
    table: list[str] = []
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.fullmatch(r"\s*\[\s*([\w.-]+)\s*\]\s*(#.*)?", line):
            table = heading[1].split(".")
            path = table
        elif key := re.match(r"\s*([\w.-]+)\s*=", line):
            path = [*table, *key[1].split(".")]
        else:
            continue
        if len(path) > depth and path == location[: len(path)]:
            best, depth = number, len(path)
    return best
