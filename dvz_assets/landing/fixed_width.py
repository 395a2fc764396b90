"""Cuts records of fixed width: every line has the same number of characters, and a column is always in the same place.

Characters are put into a matrix, a separator is set between the columns, and Polars cuts the lines at it: no row is
looked at by Python.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from dvz_assets.landing.encodings import as_utf8, is_one_byte_per_character
from dvz_assets.landing.received import wrong_file

SEPARATOR = "\x1f"  # of control characters, which text of fixed width does not have
LINE_FEED, FIRST_PRINTABLE = 0x0A, 0x20


def read_fixed_width(
    path: Path,
    body: bytes,
    encoding: str,
    record_length: int,
    places: Mapping[str, tuple[int, int]],
    *,
    first_line: int = 1,
) -> pl.DataFrame:
    """The columns as text with their padding, and ``line_number``; raises DeliveryError that names the line.

    ``body`` is text of the encoding; ``places`` are the first character, from 1, and the length of each column;
    ``first_line`` is the line at which the body begins.
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
    width = sum(length + 1 for _, length in places.values())
    cut = np.full((rows.shape[0], width), ord(SEPARATOR), characters.dtype)
    position = 0
    for first, length in places.values():
        cut[:, position : position + length] = rows[:, first - 1 : first - 1 + length]
        position += length + 1
    cut[:, -1] = LINE_FEED
    text = as_utf8(cut.tobytes(), encoding) if one_byte else cut.tobytes().decode("utf-32-le").encode("utf-8")
    frame = (
        pl.read_csv(
            text, separator=SEPARATOR, quote_char=None, has_header=False, new_columns=list(places), infer_schema=False
        )
        if text
        else pl.DataFrame(schema=dict.fromkeys(places, pl.String))
    )
    lines = pl.int_range(first_line, first_line + frame.height, dtype=pl.Int64, eager=True)
    return frame.with_columns(lines.alias("line_number"))


def _require_form(
    path: Path, characters: np.ndarray[tuple[int], np.dtype[np.unsignedinteger]], record_length: int, first_line: int
) -> None:
    """Lines of the right length without control characters; the first that is not is named."""
    ends = np.flatnonzero(characters == LINE_FEED)
    lengths = np.diff(ends, prepend=-1) - 1
    wrong = np.flatnonzero(lengths != record_length)
    control = np.flatnonzero((characters < FIRST_PRINTABLE) & (characters != LINE_FEED))
    line_of_control = int(np.searchsorted(ends, control[0])) if control.size else None
    if wrong.size and (line_of_control is None or wrong[0] < line_of_control):
        found = f"{lengths[wrong[0]]} characters"
        raise wrong_file(path, f"{record_length} characters", found, f"line {first_line + wrong[0]}")
    if line_of_control is not None:
        raise wrong_file(path, "text", "a control character", f"line {first_line + line_of_control}")


