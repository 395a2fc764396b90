"""Reads the text of a delivered CSV file: UTF-8, ``;``, ``"`` for quoting, a header, lines that end LF or CRLF.

Polars fills up short rows and forgives misplaced quotes without a word. So the form of the file is checked first, on
its bytes, and Polars only cuts a file that has exactly one reading: quotes stand around a whole field and are doubled
within it; between quotes, a separator or a line end is text.
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
SEPARATOR = ";"
SEPARATOR_BYTE, QUOTE, LINE_FEED, CARRIAGE_RETURN = b';"\n\r'

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Form:
    """How a file falls into records, the header being the first: the line on which each begins, and its fields."""

    header: bytes
    lines: Positions
    fields: Positions


def read_csv_text(path: Path, content: bytes, columns: Sequence[str]) -> pl.DataFrame:
    """The columns as text (empty = null) and ``line_number``, the header being line 1; raises DeliveryError."""
    body = content.removeprefix(BYTE_ORDER_MARK)
    _require_text(path, body)
    form = _form(path, body)
    names = _header_names(form.header)
    require_columns(path, names, columns, "line 1")
    wrong = np.flatnonzero(form.fields != len(names))
    if wrong.size:
        first = wrong[0]
        raise wrong_file(path, f"{len(names)} fields", f"{form.fields[first]}", f"line {form.lines[first]}")
    frame = pl.read_csv(body, separator=SEPARATOR, infer_schema=False)
    return frame.select(
        pl.Series("line_number", form.lines[1:], dtype=pl.Int64),
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns),
    )


def _require_text(path: Path, body: bytes) -> None:
    if not body:
        raise wrong_file(path, "a header line", "an empty file")
    if not _is_utf8(body):
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _wrong_byte(path, body, error.start, "UTF-8", "other bytes") from None
    if (position := body.find(b"\0")) >= 0:
        raise _wrong_byte(path, body, position, "text", "a NUL byte")


def _is_utf8(body: bytes) -> bool:
    """Ten times as fast as decoding, of which it does not say where it fails."""
    try:
        pl.Series([body], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _form(path: Path, body: bytes) -> Form:
    data = np.frombuffer(body, np.uint8)
    quotes = np.flatnonzero(data == QUOTE)
    _require_whole_fields_quoted(path, body, data, quotes)
    _require_line_ends(path, body, data, quotes)
    line_feeds = np.flatnonzero(data == LINE_FEED)
    ends = _outside(quotes, line_feeds)
    if not ends.size or ends[-1] != len(body) - 1:
        ends = np.append(ends, len(body))
    starts = np.concatenate(([0], ends[:-1] + 1))
    separators = _outside(quotes, np.flatnonzero(data == SEPARATOR_BYTE))
    return Form(
        header=body[: ends[0]],
        lines=np.searchsorted(line_feeds, starts) + 1,
        fields=_fields(separators, ends),
    )


def _fields(separators: Positions, ends: Positions) -> Positions:
    """Fields of each record. Where all have as many as the header, looking at the first and last of each is enough."""
    of_header = int(np.searchsorted(separators, ends[0]))
    if of_header and separators.size == of_header * ends.size:
        by_record = separators.reshape(ends.size, of_header)
        if (by_record[:, -1] < ends).all() and (by_record[1:, 0] > ends[:-1]).all():
            return np.full(ends.size, of_header + 1)
    return np.diff(np.searchsorted(separators, ends), prepend=0) + 1


def _require_whole_fields_quoted(path: Path, body: bytes, data: NDArray[np.uint8], quotes: Positions) -> None:
    """Every other quote opens: it begins a field, or is the second of a doubled one. The others close likewise."""
    opening, closing = quotes[::2], quotes[1::2]
    if opening.size > closing.size:
        raise _wrong_byte(path, body, opening[-1], "a closing quote for each one that opens", "none")
    # at both ends of the file the neighbour is the quote itself, which is allowed
    before, after = data[np.maximum(opening - 1, 0)], data[np.minimum(closing + 1, data.size - 1)]
    begins = np.isin(before, (SEPARATOR_BYTE, LINE_FEED, QUOTE))
    ends = np.isin(after, (SEPARATOR_BYTE, LINE_FEED, CARRIAGE_RETURN, QUOTE))
    misplaced = np.concatenate((opening[~begins], closing[~ends]))
    if misplaced.size:
        raise _wrong_byte(path, body, misplaced.min(), "quotes around a whole field, doubled within it", "others")


def _require_line_ends(path: Path, body: bytes, data: NDArray[np.uint8], quotes: Positions) -> None:
    returns = _outside(quotes, np.flatnonzero(data == CARRIAGE_RETURN))
    alone = returns[data[np.minimum(returns + 1, data.size - 1)] != LINE_FEED]
    if alone.size:
        raise _wrong_byte(path, body, alone[0], "lines that end LF or CRLF", "a carriage return alone")


def _outside(quotes: Positions, positions: Positions) -> Positions:
    """Positions that do not lie between an opening and a closing quote; few fields hold any."""
    opening, closing = (np.searchsorted(positions, each) for each in (quotes[::2], quotes[1::2]))
    holds = np.flatnonzero(closing > opening)
    if not holds.size:
        return positions
    inside = np.concatenate([np.arange(opening[each], closing[each]) for each in holds])
    outside: Positions = np.delete(positions, inside)
    return outside


def _header_names(header: bytes) -> list[str]:
    try:
        return next(csv.reader([header.decode("utf-8")], delimiter=SEPARATOR), [])
    except csv.Error:  # a name longer than the module's limit is none of ours
        return []


def _wrong_byte(path: Path, body: bytes, position: int, expected: str, found: str) -> DeliveryError:
    line = body.count(b"\n", 0, position) + 1
    return wrong_file(path, expected, found, f"line {line}")
