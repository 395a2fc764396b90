"""Cuts records of fixed width: every line has the same number of characters, and a column is always in the same place.

Characters are put into a matrix, a separator is set between the columns, and Polars cuts the lines at it: no row is
looked at by Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dvz_assets.landing.encodings import as_utf8, is_one_byte_per_character
from dvz_assets.landing.received import wrong_file

SEPARATOR = "\x1f"  # of control characters, which text of fixed width does not have
LINE_FEED, FIRST_PRINTABLE, FIRST_BEYOND_ASCII = 0x0A, 0x20, 0x80

# bytes, or code points
Characters = NDArray[np.uint8] | NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class FixedField:
    """Where a column stands, its first character counted from 1, and what pads it on which side."""

    first: int
    length: int
    padding: str = " "
    is_padded_left: bool = False

    @property
    def padded_end(self) -> int:
        """The character that is padding where any is."""
        return self.first - 1 if self.is_padded_left else self.first + self.length - 2


def read_fixed_width(
    path: Path,
    body: bytes,
    encoding: str,
    record_length: int,
    fields: Mapping[str, FixedField],
    *,
    first_line: int = 1,
) -> pl.DataFrame:
    """The columns as text without their padding, and ``line_number``; raises DeliveryError that names the line.

    ``body`` is text of the encoding; ``first_line`` is the line at which it begins.
    """
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")  # a carriage return alone is a control character
    one_byte = is_one_byte_per_character(body, encoding)
    body = body if body.endswith(b"\n") or not body else body + b"\n"
    characters = (
        np.frombuffer(body, np.uint8)
        if one_byte
        else np.frombuffer(body.decode(encoding).encode("utf-32-le"), np.uint32)
    )
    _require_form(path, characters, record_length, first_line)
    rows = characters.reshape(-1, record_length + 1)
    lines = pl.int_range(first_line, first_line + rows.shape[0], dtype=pl.Int64, eager=True)
    if not rows.size:
        return pl.DataFrame(schema={**dict.fromkeys(fields, pl.String), "line_number": pl.Int64})
    # text beyond ASCII takes much longer, and few columns have any
    beyond = np.unique(np.flatnonzero(characters >= FIRST_BEYOND_ASCII) % (record_length + 1)) + 1
    is_ascii = {
        name: not np.any((beyond >= field.first) & (beyond < field.first + field.length))
        for name, field in fields.items()
    }
    parts = [{name: field for name, field in fields.items() if is_ascii[name] is group} for group in (True, False)]
    frame = pl.concat([_cut(rows, part, encoding) for part in parts if part], how="horizontal")
    # looking for padding here is quick, and many columns have none
    padded = [name for name, field in fields.items() if (rows[:, field.padded_end] == ord(field.padding)).any()]
    return frame.select(
        lines.alias("line_number"), pl.all().exclude(padded), *(_unpadded(name, fields[name]) for name in padded)
    )


def _characters_of(rows: Characters, field: FixedField) -> Characters:
    return rows[:, field.first - 1 : field.first - 1 + field.length]


def _cut(rows: Characters, fields: Mapping[str, FixedField], encoding: str) -> pl.DataFrame:
    """The columns with their padding; ``rows`` are bytes of the encoding, or code points."""
    cut = np.full((rows.shape[0], sum(field.length + 1 for field in fields.values())), ord(SEPARATOR), rows.dtype)
    position = 0
    for field in fields.values():
        cut[:, position : position + field.length] = _characters_of(rows, field)
        position += field.length + 1
    cut[:, -1] = LINE_FEED
    content = cut.tobytes()
    text = as_utf8(content, encoding) if rows.dtype == np.uint8 else content.decode("utf-32-le").encode("utf-8")
    return pl.read_csv(
        text, separator=SEPARATOR, quote_char=None, has_header=False, new_columns=list(fields), infer_schema=False
    )


def _unpadded(name: str, field: FixedField) -> pl.Expr:
    text = pl.col(name).str
    return text.strip_chars_start(field.padding) if field.is_padded_left else text.strip_chars_end(field.padding)


def _require_form(path: Path, characters: Characters, record_length: int, first_line: int) -> None:
    """Lines of the right length without control characters; the first that is not is named."""
    low = np.flatnonzero(characters < FIRST_PRINTABLE)
    is_end = characters[low] == LINE_FEED
    ends, control = low[is_end], low[~is_end]
    lengths = np.diff(ends, prepend=-1) - 1
    wrong = np.flatnonzero(lengths != record_length)
    line_of_control = int(np.searchsorted(ends, control[0])) if control.size else None
    if wrong.size and (line_of_control is None or wrong[0] < line_of_control):
        found = f"{lengths[wrong[0]]} characters"
        raise wrong_file(path, f"{record_length} characters", found, f"line {first_line + wrong[0]}")
    if line_of_control is not None:
        raise wrong_file(path, "text", "a control character", f"line {first_line + line_of_control}")
