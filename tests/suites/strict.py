"""Readers of our own, slow and obvious: one character after another. Nothing here knows the readers of the project."""

from dataclasses import dataclass

HEADER_ERROR = "header"


@dataclass(frozen=True)
class Refused:
    """The line of the first error; 0 where it is of the whole file."""

    line: int


Rows = list[tuple[int, list[str]]]


def strict_csv(body: bytes, columns: list[str]) -> Rows | Refused:
    """Records with their lines; columns in the order of the file have to be ``columns``."""
    if not body:
        return Refused(0)
    wrong = len(body) + 1  # where the first byte stands that no text has
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = error.start
    if b"\0" in body:
        wrong = min(wrong, body.index(b"\0"))
    records: list[tuple[int, list[bytes]]] = []
    position, line, record_line = 0, 1, 1
    fields: list[bytes] = []
    while True:
        field, position, problem = _field(body, position)
        if problem is not None or position > wrong:
            at = min(wrong, len(body) + 1 if problem is None else problem)
            return _first(records, columns, body.count(b"\n", 0, at) + 1)
        fields.append(field)
        if body[position : position + 1] == b";":
            position += 1
            continue
        if position > wrong or (position == wrong):
            return _first(records, columns, body.count(b"\n", 0, wrong) + 1)
        records.append((record_line, fields))
        position += 2 if body[position : position + 2] == b"\r\n" else 1
        line = body.count(b"\n", 0, min(position, len(body))) + 1
        fields, record_line = [], line
        if position >= len(body):
            break
    checked = _first(records, columns, None)
    if isinstance(checked, Refused):
        return checked
    return [(number, [each.decode("utf-8") for each in record]) for number, record in records[1:]]


def _first(records: list[tuple[int, list[bytes]]], columns: list[str], otherwise: int | None) -> Rows | Refused:
    """The first complete record that is wrong, or the line of what comes after them."""
    for position, (number, fields) in enumerate(records):
        if position == 0 and [each.decode("utf-8") for each in fields] != columns:
            return Refused(1)
        if len(fields) != len(columns):
            return Refused(number)
    return [] if otherwise is None else Refused(otherwise)


def _field(body: bytes, position: int) -> tuple[bytes, int, int | None]:
    """One field, where it ends, and where it is wrong."""
    if body[position : position + 1] == b'"':
        opened, value = position, b""
        position += 1
        while True:
            closing = body.find(b'"', position)
            if closing < 0:
                return b"", len(body), opened
            value += body[position:closing]
            if body[closing + 1 : closing + 2] == b'"':
                value, position = value + b'"', closing + 2
                continue
            after = body[closing + 1 : closing + 2]
            if after not in (b"", b";", b"\n", b"\r"):
                return b"", closing, closing
            if after == b"\r" and body[closing + 2 : closing + 3] != b"\n":
                return b"", closing, closing + 1
            return value, closing + 1, None
    start = position
    while position < len(body):
        character = body[position : position + 1]
        if character in (b";", b"\n"):
            break
        if character == b'"':
            return b"", position, position
        if character == b"\r":
            if body[position + 1 : position + 2] != b"\n":
                return b"", position, position
            break
        position += 1
    return body[start:position], position, None


def strict_fixed(body: bytes, encoding: str, places: dict[str, tuple[int, int]], length: int) -> Rows | Refused:
    """Records of fixed width, without the blanks at the end of a value."""
    python_name = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}[encoding]
    lines = body.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    rows: Rows = []
    wrong_text = _first_foreign(body, encoding, python_name)
    if wrong_text is not None:
        return Refused(body.count(b"\n", 0, wrong_text) + 1)
    if b"\0" in body:
        return Refused(body.count(b"\n", 0, body.index(b"\0")) + 1)
    for number, line in enumerate(lines, start=1):
        text = (line[:-1] if line.endswith(b"\r") and number <= body.count(b"\n") else line).decode(python_name)
        if len(text) != length or any(ord(character) < 32 for character in text):
            return Refused(number)
        rows.append((number, [text[first - 1 : first - 1 + size].rstrip(" ") for first, size in places.values()]))
    return rows


def _first_foreign(body: bytes, encoding: str, python_name: str) -> int | None:
    for position, byte in enumerate(body) if encoding == "iso-8859-1" else ():
        if 0x80 <= byte <= 0x9F:
            return position
    try:
        body.decode(python_name)
    except UnicodeDecodeError as error:
        return error.start
    return None


def strict_insz(text: str) -> bool:
    """Eleven ASCII digits of which the last two fit."""
    if len(text) != 11 or any(character not in "0123456789" for character in text):
        return False
    return int(text[9:]) in (97 - int(text[:9]) % 97, 97 - int("2" + text[:9]) % 97)
