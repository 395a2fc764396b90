"""The ledger of a home: an append-only record of every run, delivery, explanation, consultation and purge.

One JSON object a line in ``<home>/ledger/ledger.jsonl``; each bears the hash of the one before it, so that a changed,
removed or reordered entry is found. ``head.json`` bears the number of entries and the last hash, sealed with a key, so
that cutting off the end, or writing the whole chain anew, is found too. Persons appear only as a keyed hash. The
obligation to log each communication of data: deliberation 18/055 of 8 May 2018, and the minimal norms of the KSZ.
"""

import hashlib
import hmac
import json
import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dvz_assets import __version__
from dvz_assets.errors import DvzError
from dvz_assets.home.keys import ledger_key
from dvz_assets.home.locks import exclusive
from dvz_assets.home.storage import storage_of
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.settings import Settings

ENTRIES_FILE = "ledger.jsonl"
HEAD_FILE = "head.json"
BEFORE_THE_FIRST = "0" * 64


class Event(StrEnum):
    """What an entry records."""

    RUN_STARTED = "RUN_STARTED"
    MATERIALISED = "MATERIALISED"
    RUN_FAILED = "RUN_FAILED"
    DELIVERED = "DELIVERED"
    PUBLISHED = "PUBLISHED"
    EXPLAINED = "EXPLAINED"
    ACCESS_ANSWERED = "ACCESS_ANSWERED"
    COMPARED = "COMPARED"
    CONSULTED = "CONSULTED"
    PURGED = "PURGED"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``inputs`` and ``outputs`` map names to SHA-256; ``details`` hold codes and counts, never a person."""

    sequence: int
    at: str
    user: str
    event: str
    previous: str
    software: str = __version__
    month: str | None = None
    regime: str | None = None
    rules: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str | int] = field(default_factory=dict)
    persons: Sequence[str] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of all that the entry says, the hash of the entry before it included."""
        return hashlib.sha256(_canonical(asdict(self)).encode()).hexdigest()

    def as_line(self) -> bytes:
        """The line of the file."""
        return (_canonical({**asdict(self), "hash": self.hash}) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Head:
    """What the end of the chain was when it was last written."""

    entries: int = 0
    hash: str = BEFORE_THE_FIRST


class Ledger:
    """The ledger of one home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._storage = storage_of(settings)
        self.folder = settings.home / "ledger"
        self.file = self.folder / ENTRIES_FILE

    def append(
        self,
        event: Event,
        *,
        month: Month | None = None,
        regime: str | None = None,
        rules: str | None = None,
        inputs: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        details: Mapping[str, str | int] | None = None,
        persons: Sequence[str] = (),
    ) -> Entry:
        """Add an entry; it is on the disk when this returns. ``persons`` are INSZ and become keyed hashes here.

        Raises DvzError when the chain ends otherwise than its head says: nothing is added to a ledger that was cut.
        """
        with exclusive(self._settings, "ledger"):
            last = self._end_of_chain()
            entry = Entry(
                sequence=last.entries + 1,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                user=_operating_system_user(),
                event=event.value,
                previous=last.hash,
                month=None if month is None else str(month),
                regime=regime,
                rules=rules,
                inputs=dict(inputs or {}),
                outputs=dict(outputs or {}),
                details=dict(details or {}),
                persons=[self.keyed_hash(insz) for insz in persons],
            )
            self._storage.append_line(self.file, entry.as_line())
            reached("ledger: entry written")
            self._write_head(Head(entry.sequence, entry.hash))
        return entry

    def entries(self) -> Iterator[Entry]:
        """All entries that can be read, oldest first; ``verify`` says whether they are what was written."""
        for line in self._lines():
            try:
                yield _entry(line)
            except (ValueError, TypeError, KeyError):
                continue

    def mentions(self, text: str) -> bool:
        """Whether a hash stands in the ledger."""
        return self.file.exists() and text.encode() in self.file.read_bytes()

    def keyed_hash(self, insz: str) -> str:
        """What stands for a person: the same person is the same hash in one home, and nobody without the key."""
        return hmac.new(ledger_key(self._settings), f"person:{insz}".encode(), "sha256").hexdigest()

    def verify(self) -> list[str]:
        """What is wrong with the ledger, in words; empty when it is whole."""
        problems = []
        end = Head()
        for number, line in enumerate(self._lines(), start=1):
            try:
                entry, written = _entry(line), json.loads(line)["hash"]
            except (ValueError, TypeError, KeyError):
                problems.append(f"entry {number}: not readable")
                return problems
            if entry.hash != written:
                problems.append(f"entry {number}: changed after it was written")
            if entry.sequence != number or entry.previous != end.hash:
                problems.append(f"entry {number}: does not follow the entry before it; one was removed or moved")
            end = Head(number, written)
        head = self._head(problems)
        if head is not None and head != end and not self._is_one_ahead(head):
            problems.append(f"the end: {head.entries} entries were written, and {end.entries} end as they should")
        return problems

    def _is_one_ahead(self, head: Head) -> bool:
        """A crash between entry and head leaves one entry that follows the head; it was written all the same."""
        line = self._last_line()
        if line is None:
            return False
        entry = _entry(line)
        return entry.sequence == head.entries + 1 and entry.previous == head.hash

    def _end_of_chain(self) -> Head:
        problems: list[str] = []
        head, line = self._head(problems), self._last_line()
        try:
            last = Head() if line is None else Head(_entry(line).sequence, _entry(line).hash)
            if head is not None and not problems and (last == head or self._is_one_ahead(head)):
                return last
        except (ValueError, TypeError, KeyError):
            pass
        raise DvzError(
            "LEDGER_BROKEN",
            place=str(self.file),
            expected="a ledger that ends as its head says",
            found="another end: entries were cut off, or changed",
            remedy="run `dvz ledger verify`, and put the ledger back from the backup before anything else is run",
        )

    def _lines(self) -> Iterator[bytes]:
        if self.file.exists():
            with self.file.open("rb") as file:
                yield from (line for line in file if line.endswith(b"\n"))

    def _last_line(self) -> bytes | None:
        last = None
        for line in self._lines():
            last = line
        return last

    def _head(self, problems: list[str]) -> Head | None:
        """The head; None, with a word on it, when it is missing or its seal does not fit."""
        path = self.folder / HEAD_FILE
        if not path.exists():
            # the first entry is written before the first head
            return Head()
        try:
            content = json.loads(path.read_text("utf-8"))
            head = Head(content["entries"], content["hash"])
            seal = str(content["seal"])
        except (ValueError, TypeError, KeyError):
            problems.append(f"{HEAD_FILE}: not readable")
            return None
        if not hmac.compare_digest(seal, self._seal(head)):
            problems.append(f"{HEAD_FILE}: its seal does not fit; it was written by somebody without the key")
            return None
        return head

    def _write_head(self, head: Head) -> None:
        content = _canonical({**asdict(head), "seal": self._seal(head)}) + "\n"
        self._storage.write_whole(self.folder / HEAD_FILE, content.encode(), "ledger: head written")

    def _seal(self, head: Head) -> str:
        return hmac.new(ledger_key(self._settings), _canonical(asdict(head)).encode(), "sha256").hexdigest()


def _operating_system_user() -> str:
    """The account of this process, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _entry(line: bytes) -> Entry:
    content: dict[str, Any] = json.loads(line)
    content.pop("hash")
    return Entry(**content)


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
