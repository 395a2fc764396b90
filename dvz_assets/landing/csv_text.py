"""Reads the text of a delimited file; the contract's CSV is UTF-8, ``;``, ``"`` for quoting, a header, LF or CRLF.

Polars fills up short rows and forgives misplaced quotes without a word. So the form of the file is checked first, on
its bytes, and Polars only cuts a file that has exactly one reading: quotes stand around a whole field and are doubled
within it; between quotes, a separator or a line end is text. Of several errors, the first in the file is the one named.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import require_columns
from dvz_assets.landing.received import wrong_file

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_FEED, CARRIAGE_RETURN = b"\n\r"

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separator of fields, and the sign that quotes them, if any; one ASCII character each."""

    separator: str = ";"
    quote: str | None = '"'


CONTRACT = Delimiters()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong at a byte of the file."""

    position: int
    expected: str
    found: str

    def error(self, path: Path, body: bytes, first_line: int = 1) -> DeliveryError:
        """The error that names the line of the byte."""
        line = body.count(b"\n", 0, self.position) + first_line
        return wrong_file(path, self.expected, self.found, f"line {line}")


@dataclass(frozen=True, slots=True)
class Form:
    """How a file falls into records: where each begins and ends, its line, its fields."""

    starts: Positions
    ends: Positions
    lines: Positions
    fields: Positions


def read_csv_text(path: Path, content: bytes, columns: Sequence[str]) -> pl.DataFrame:
    """The columns as text (empty = null) and ``line_number``, the header being line 1; raises DeliveryError."""
    frame = read_delimited_text(path, content.removeprefix(BYTE_ORDER_MARK), CONTRACT, columns)
    return frame.select(
        "line_number", *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns)
    )


def read_delimited_text(
    path: Path,
    body: bytes,
    delimiters: Delimiters,
    columns: Sequence[str],
    *,
    has_header: bool = True,
    first_line: int = 1,
) -> pl.DataFrame:
    """All columns of a file in UTF-8 as text, and ``line_number``; raises DeliveryError.

    ``columns`` are those that the header names, in any order, or the names that fields without a header have;
    ``first_line`` is the line at which the body begins.
    """
    if not body and has_header:
        raise wrong_file(path, "a header line", "an empty file")
    data = np.frombuffer(body, np.uint8)
    quotes = np.flatnonzero(data == ord(delimiters.quote)) if delimiters.quote else np.empty(0, np.int64)
    trouble = _first_trouble(body, data, quotes, delimiters)
    form = _form(body, data, quotes, delimiters, None if trouble is None else trouble.position)
    names = list(columns)
    if has_header and form.ends.size:
        names = _header_names(body[: form.ends[0]], delimiters)
        require_columns(path, names, columns, f"line {first_line}")
    wrong = np.flatnonzero(form.fields != len(names))
    if wrong.size:
        at = f"line {form.lines[wrong[0]] + first_line - 1}"
        raise wrong_file(path, f"{len(names)} fields", f"{form.fields[wrong[0]]}", at)
    if trouble is not None:
        raise trouble.error(path, body, first_line)
    texts = _cut(body, delimiters, names, has_header=has_header)
    return texts.with_columns(pl.Series("line_number", form.lines[has_header:] + first_line - 1, dtype=pl.Int64))


def _cut(body: bytes, delimiters: Delimiters, names: Sequence[str], *, has_header: bool) -> pl.DataFrame:
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.read_csv(
        body,
        separator=delimiters.separator,
        quote_char=delimiters.quote,
        has_header=has_header,
        new_columns=None if has_header else list(names),
        infer_schema=False,
    )


def _first_trouble(body: bytes, data: NDArray[np.uint8], quotes: Positions, delimiters: Delimiters) -> Trouble | None:
    troubles = (
        _wrong_encoding(body),
        _nul(body),
        _misplaced_quote(data, quotes, ord(delimiters.separator), delimiters.quote),
        _lone_return(data, quotes),
    )
    found = [each for each in troubles if each is not None]
    return min(found, key=lambda each: each.position) if found else None


def _wrong_encoding(body: bytes) -> Trouble | None:
    if is_utf8(body):
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return Trouble(error.start, "UTF-8", "other bytes")
    return None


def _nul(body: bytes) -> Trouble | None:
    position = body.find(b"\0")
    return Trouble(position, "text", "a NUL byte") if position >= 0 else None


def is_utf8(body: bytes) -> bool:
    """Whether bytes are UTF-8: ten times as fast as decoding, of which it does not say where it fails."""
    try:
        pl.Series([body], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _form(body: bytes, data: NDArray[np.uint8], quotes: Positions, delimiters: Delimiters, until: int | None) -> Form:
    """The records of the file, or those that are complete before the byte at which there is trouble."""
    if until is not None:
        data, quotes = data[:until], quotes[quotes < until]
    line_feeds = np.flatnonzero(data == LINE_FEED)
    ends = _outside(quotes, line_feeds)
    if until is None and body and (not ends.size or ends[-1] != len(body) - 1):
        ends = np.append(ends, len(body))
    starts = np.concatenate(([0], ends[:-1] + 1))[: ends.size]
    separators = _outside(quotes, np.flatnonzero(data == ord(delimiters.separator)))
    return Form(
        starts=starts,
        ends=ends,
        lines=np.searchsorted(line_feeds, starts) + 1,
        fields=_fields(separators, ends),
    )


def _fields(separators: Positions, ends: Positions) -> Positions:
    """Fields of each record. Where all have as many as the first, looking at the first and last of each is enough."""
    if not ends.size:
        return ends
    of_first = int(np.searchsorted(separators, ends[0]))
    if of_first and separators.size == of_first * ends.size:
        by_record = separators.reshape(ends.size, of_first)
        if (by_record[:, -1] < ends).all() and (by_record[1:, 0] > ends[:-1]).all():
            return np.full(ends.size, of_first + 1)
    return np.diff(np.searchsorted(separators, ends), prepend=0) + 1


def _misplaced_quote(data: NDArray[np.uint8], quotes: Positions, separator: int, quote: str | None) -> Trouble | None:
    """Every other quote opens: it begins a field, or is the second of a doubled one. The others close likewise."""
    if quote is None or not quotes.size:
        return None
    opening, closing = quotes[::2], quotes[1::2]
    # at both ends of the file the neighbour is the quote itself, which is allowed
    before, after = data[np.maximum(opening - 1, 0)], data[np.minimum(closing + 1, data.size - 1)]
    begins = np.isin(before, (separator, LINE_FEED, ord(quote)))
    ends = np.isin(after, (separator, LINE_FEED, CARRIAGE_RETURN, ord(quote)))
    misplaced = np.concatenate((opening[~begins], closing[~ends]))
    if misplaced.size:
        return Trouble(int(misplaced.min()), "quotes around a whole field, doubled within it", "others")
    if opening.size > closing.size:
        # the field begins with a quote that is not the second of a doubled one
        begins_field = opening[(opening == 0) | (before != ord(quote))]
        return Trouble(int(begins_field[-1]), "a closing quote for each one that opens", "none")
    return None


def _lone_return(data: NDArray[np.uint8], quotes: Positions) -> Trouble | None:
    returns = _outside(quotes, np.flatnonzero(data == CARRIAGE_RETURN))
    alone = returns[data[np.minimum(returns + 1, data.size - 1)] != LINE_FEED]
    return Trouble(int(alone[0]), "lines that end LF or CRLF", "a carriage return alone") if alone.size else None


def _outside(quotes: Positions, positions: Positions) -> Positions:
    """Positions that do not lie between an opening and a closing quote; few fields hold any.

    What follows a quote that never closes lies inside.
    """
    opening, closing = quotes[::2], quotes[1::2]
    first = np.searchsorted(positions, opening)
    last = np.full(opening.size, positions.size)
    last[: closing.size] = np.searchsorted(positions, closing)
    holds = np.flatnonzero(last > first)
    if not holds.size:
        return positions
    inside = np.concatenate([np.arange(first[each], last[each]) for each in holds])
    outside: Positions = np.delete(positions, inside)
    return outside


def _header_names(header: bytes, delimiters: Delimiters) -> list[str]:
    try:
        text = header.decode("utf-8").removesuffix("\r")
        rows = csv.reader(
            [text],
            delimiter=delimiters.separator,
            quotechar=delimiters.quote,
            quoting=csv.QUOTE_MINIMAL if delimiters.quote else csv.QUOTE_NONE,
        )
        return next(rows, [])
    except csv.Error:  # a name longer than the module's limit is none of ours
        return []
