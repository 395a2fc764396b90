"""Text of the encodings that a layout may name, as UTF-8. None is ever guessed, and bytes that it lacks are errors.

ISO-8859-1 gives every byte a meaning, but no text has its control characters 128 to 159: a file that has them is in
another encoding, most often Windows-1252, and saying so keeps names from being spoiled without a word.
"""

from pathlib import Path

import numpy as np

from dvz_assets.landing.csv_text import BYTE_ORDER_MARK, Trouble, is_utf8

FIRST_CONTROL = 0x80
CONTROLS = frozenset(range(FIRST_CONTROL, 0xA0))
UNDEFINED_IN_WINDOWS_1252 = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
LETTERS_OF_WINDOWS_1252 = {
    byte: bytes([byte]).decode("cp1252").encode("utf-8") for byte in CONTROLS - UNDEFINED_IN_WINDOWS_1252
}
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
    # ISO-8859-1 is decoded many times as fast as Windows-1252, which differs in few letters
    text = body.decode("latin-1").encode("utf-8")
    if encoding == "windows-1252":
        for byte in _bytes_beyond_ascii(body) & LETTERS_OF_WINDOWS_1252.keys():
            text = text.replace(chr(byte).encode("utf-8"), LETTERS_OF_WINDOWS_1252[byte])
    return text


def _foreign_byte(body: bytes, encoding: str) -> int | None:
    if encoding == "utf-8":
        if is_utf8(body):
            return None
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            return error.start
        return None
    foreign = CONTROLS if encoding == "iso-8859-1" else UNDEFINED_IN_WINDOWS_1252
    return min((body.find(byte) for byte in _bytes_beyond_ascii(body) & foreign), default=None)


def _bytes_beyond_ascii(body: bytes) -> set[int]:
    """Which bytes there are, in one look at the file."""
    data = np.frombuffer(body, np.uint8)
    return set(np.unique(data[data >= FIRST_CONTROL]).tolist())
