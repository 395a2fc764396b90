"""Text of the encodings that a layout may name, as UTF-8. An encoding is never guessed, and bytes that it lacks are errors.

ISO-8859-1 gives every byte a meaning, but no text has its control characters 128 to 159: a file that has them is in
another encoding, most often Windows-1252, and saying so keeps names from being spoiled without a word.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dvz_assets.landing.csv_text import BYTE_ORDER_MARK, Trouble, is_utf8

FIRST_CONTROL, LAST_CONTROL = 0x80, 0x9F
UNDEFINED_IN_WINDOWS_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
PYTHON_NAMES = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}
NAMES = {"utf-8": "UTF-8", "iso-8859-1": "ISO-8859-1", "windows-1252": "Windows-1252"}


def body_of(path: Path, content: bytes, encoding: str) -> bytes:
    """The bytes without a byte order mark, once they are text of the encoding; raises DeliveryError with the line."""
    body = content.removeprefix(BYTE_ORDER_MARK) if encoding == "utf-8" else content
    if not body.isascii() and (position := _foreign_byte(body, encoding)) is not None:
        raise Trouble(position, f"text in {NAMES[encoding]}", "other bytes").error(path, body)
    if (position := body.find(b"\0")) >= 0:
        raise Trouble(position, "text", "a NUL byte").error(path, body)
    return body


def is_one_byte_per_character(body: bytes, encoding: str) -> bool:
    """Whether positions in the text are positions in its bytes."""
    return encoding != "utf-8" or body.isascii()


def as_utf8(body: bytes, encoding: str) -> bytes:
    """The same text in UTF-8."""
    if encoding == "utf-8" or body.isascii():
        return body
    return body.decode(PYTHON_NAMES[encoding]).encode("utf-8")


def _foreign_byte(body: bytes, encoding: str) -> int | None:
    if encoding == "utf-8":
        if is_utf8(body):
            return None
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            return error.start
        return None
    data = np.frombuffer(body, np.uint8)
    foreign: NDArray[np.bool_] = (data >= FIRST_CONTROL) & (data <= LAST_CONTROL)
    if encoding == "windows-1252":
        foreign &= np.isin(data, UNDEFINED_IN_WINDOWS_1252)
    positions = np.flatnonzero(foreign)
    return int(positions[0]) if positions.size else None
