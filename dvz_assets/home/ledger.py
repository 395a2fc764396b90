"""The ledger of a home: an append-only record of every run, delivery, explanation, consultation and purge.

One JSON object a line in ``<home>/ledger/ledger.jsonl``. The lines are the leaves of a Merkle tree (``merkle``), whose
signed checkpoints go out with the deliveries. Each entry bears the root of the tree before it and a code (HMAC) that
needs the key, so that a changed, removed, reordered or foreign entry is found; ``head.json`` bears what the next entry
needs of the tree, sealed with the key, so that cutting off the end is found too.
Persons, files and requests appear only as keyed hashes: without the key nobody can try whether one fits. A ledger of
version 0.1.0, whose entries bear the hash of the one before, is taken over as it is: its lines are the first leaves.
The obligation to log each communication of data: deliberation 18/055 of 8 May 2018, and the minimal norms of the KSZ.
"""

import contextlib
import hashlib
import hmac
import json
import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn

from dvz_assets import __version__
from dvz_assets.errors import DvzError
from dvz_assets.home.keys import ledger_key, signing_key
from dvz_assets.home.locks import exclusive
from dvz_assets.home.merkle import EMPTY_ROOT, Checkpoint, Proof, Tree, consistency_path
from dvz_assets.home.storage import storage_of
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.settings import Settings

ENTRIES_FILE = "ledger.jsonl"
HEAD_FILE = "head.json"
BEFORE_THE_FIRST = "0" * 64  # what the first entry of version 0.1.0 follows
# what a power cut leaves of a page that had not reached the disk; no entry has it
UNWRITTEN = b"\0"


class Event(StrEnum):
    """What an entry records."""

    RUN_STARTED = "RUN_STARTED"
    MATERIALISED = "MATERIALISED"
    RUN_FAILED = "RUN_FAILED"
    DELIVERY_INTENDED = "DELIVERY_INTENDED"
    DELIVERED = "DELIVERED"
    TIME_STAMPED = "TIME_STAMPED"
    PUBLISHED = "PUBLISHED"
    REPAIRED = "REPAIRED"
    EXPLAINED = "EXPLAINED"
    ACCESS_ANSWERED = "ACCESS_ANSWERED"
    COMPARED = "COMPARED"
    CONSULTED = "CONSULTED"
    PURGED = "PURGED"
    KEY_CHANGED = "KEY_CHANGED"
    SHOWN = "SHOWN"
    HELD = "HELD"
    HOLD_ENDED = "HOLD_ENDED"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    TRANSMITTED = "TRANSMITTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"


# what is done for a receiver, who gets the entry with the delivery: the account stands in the entry of the run
WITHOUT_ACCOUNT = {Event.DELIVERY_INTENDED}


def now() -> datetime:
    """The time that an entry bears; nothing is decided by it but how long a step is overdue."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``details`` hold codes and counts, never a person.

    ``inputs`` and ``outputs`` map names to keyed hashes (in entries of version 0.1.0: to SHA-256), ``commitments`` to
    hashes that whoever holds what is meant, with its salt, can compute again. ``previous`` is the root of the tree
    before the entry (in version 0.1.0: the hash of the entry before it).
    """

    sequence: int
    at: str
    event: str
    previous: str
    user: str = ""
    software: str = __version__
    month: str | None = None
    regime: str | None = None
    rules: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str | int] = field(default_factory=dict)
    commitments: Mapping[str, str] = field(default_factory=dict)
    persons: Sequence[str] = ()

    @property
    def content(self) -> dict[str, Any]:
        """What the entry says, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", {}, [], ())}


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry as it stands in the ledger, and what leads from it to the root of the tree that it is the last of."""

    line: Mapping[str, Any]
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class _Head:
    """What the ledger was when it was last written; ``bytes`` is the length of its file."""

    origin: str
    entries: int
    bytes: int
    root: str
    peaks: tuple[str, ...]

    @property
    def tree(self) -> Tree:
        """The tree as it was."""
        return Tree(self.entries, [bytes.fromhex(peak) for peak in self.peaks])


@dataclass(frozen=True, slots=True)
class _FirstHead:
    """The head that version 0.1.0 wrote: the number of entries, and the hash of the last."""

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
        commitments: Mapping[str, str] | None = None,
        persons: Sequence[str] = (),
    ) -> Receipt:
        """Add an entry; it is on the disk when this returns.

        ``persons`` are INSZ, ``inputs`` and ``outputs`` hashes of content: both become keyed hashes here. Raises
        DvzError when the ledger ends otherwise than its head says: nothing is added to a ledger that was cut, or to
        which somebody without the key has added something.
        """
        with exclusive(self._settings, "ledger"):
            head, tree = self._end()
            return self._add(
                head,
                tree,
                Entry(
                    sequence=tree.size + 1,
                    at=now().isoformat(timespec="seconds"),
                    user="" if event in WITHOUT_ACCOUNT else _operating_system_user(),
                    event=event.value,
                    previous=tree.root.hex(),
                    month=None if month is None else str(month),
                    regime=regime,
                    rules=rules,
                    inputs=self._keyed(inputs),
                    outputs=self._keyed(outputs),
                    details=dict(details or {}),
                    commitments=dict(commitments or {}),
                    persons=[self.keyed_hash(insz) for insz in persons],
                ),
            )

    def _add(self, head: _Head, tree: Tree, entry: Entry) -> Receipt:
        content = entry.content
        content["mac"] = self._mac(content)
        line, path = _canonical(content).encode(), tree.path_of_next()
        self._storage.append_line(self.file, line + b"\n", head.bytes)
        reached("ledger: entry written")
        tree.add(line)
        self._write_head(head.origin, tree, head.bytes + len(line) + 1)
        return Receipt(content, tuple(path), Checkpoint(head.origin, tree.size, tree.root))

    def proof(self, receipt: Receipt) -> Proof:
        """Return what others verify an entry with, with a signed checkpoint."""
        return Proof(receipt.checkpoint.size - 1, receipt.path, self._signed(receipt.checkpoint))

    @staticmethod
    def leaf(line: Mapping[str, Any]) -> bytes:
        """Return an entry, read as JSON, as it stands in the tree."""
        return _canonical(line).encode()

    def entries(self) -> Iterator[Entry]:
        """All entries that can be read, oldest first; ``verify`` says whether they are what was written."""
        for line in self._lines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                yield _entry(line)

    def authentic_entries(self, month: Month) -> list[Entry]:
        """Return the entries of a month. Raises DvzError when the ledger is not to the byte what was sealed."""
        with exclusive(self._settings, "ledger"):
            lines, (_, sealed) = list(self._lines()), self._end()
        if Tree.of(lines).root != sealed.root:
            self._broken("lines that were changed")
        mention = f'"month":"{month}"'.encode()
        return [entry for line in lines if mention in line and (entry := _entry(line)).month == str(month)]

    def keyed_hash(self, insz: str) -> str:
        """What stands for a person: the same person is the same hash in one home, and nobody without the key."""
        return self._hmac("person", insz)

    def content_hash(self, sha256: str) -> str:
        """What stands for a file or a request, given its hash: nobody can try values on it without the key."""
        return self._hmac("content", sha256)

    def verify(self) -> list[str]:
        """What is wrong with the ledger, in words; empty when it is whole."""
        problems: list[str] = []
        head = self._head(problems)
        tree, chain, follows = Tree(), BEFORE_THE_FIRST, True
        foreign: list[int] = []
        root_at_head = EMPTY_ROOT.hex() if isinstance(head, _Head) else BEFORE_THE_FIRST
        for number, line in enumerate(self._lines(), start=1):
            try:
                entry, content = _entry(line), json.loads(line)
            except (ValueError, TypeError, KeyError):
                problems.append(f"entry {number}: not readable")
                return problems
            is_first_version = "hash" in content
            if is_first_version:
                is_as_written = content["hash"] == _first_hash(content)
                previous, chain = chain, content["hash"]
                is_sealed = head is None or number <= head.entries
                if not is_as_written:
                    problems.append(f"entry {number}: changed after it was written")
                elif not is_sealed:
                    problems.append(f"entry {number}: written without the key, or by a run of 0.1.0 that died there")
            else:
                previous = tree.root.hex()
                if self._is_authentic(content):
                    foreign = [] if entry.event == Event.KEY_CHANGED else foreign
                else:
                    foreign.append(number)
            if follows and (entry.sequence != number or entry.previous != previous):
                follows = False
                problems.append(f"entry {number}: does not follow those before it; one was changed, removed or moved")
            tree.add(line)
            if head is not None and number == head.entries:
                root_at_head = tree.root.hex() if isinstance(head, _Head) else chain
        problems += [f"entry {number}: changed after it was written, or written without the key" for number in foreign]
        if head is not None and not tree.size - 1 <= head.entries <= tree.size:
            problems.append(f"the end: {head.entries} entries were sealed, and there are {tree.size}")
        elif head is not None and root_at_head != (head.root if isinstance(head, _Head) else head.hash):
            problems.append(f"the end: the {head.entries} entries are others than were sealed")
        return problems

    def checkpoint(self) -> str:
        """Return a signed checkpoint of the ledger, to be kept by others. Raises DvzError when the ledger is broken."""
        return self._signed(self.head())

    def head(self) -> Checkpoint:
        """Return what the ledger is now, without a signature. Raises DvzError when the ledger is broken."""
        head, tree = self._end()
        return Checkpoint(head.origin, tree.size, tree.root)

    def contradiction(self, checkpoint: Checkpoint) -> str | None:
        """Return what a checkpoint, whose signature was verified, shows against this ledger; None when it fits."""
        lines = list(self._lines())
        head = self._head([])
        origin = head.origin if isinstance(head, _Head) else self._origin
        if checkpoint.origin != origin:
            return f"the checkpoint is of another ledger, {checkpoint.origin}"
        if checkpoint.size > len(lines):
            missing = f"{checkpoint.size} entries were there and now {len(lines)} are"
            return f"{missing}: the ledger was cut, or the whole home was put back to an older state"
        if Tree.of(lines[: checkpoint.size]).root != checkpoint.root:
            return f"of the first {checkpoint.size} entries one is not what it was: the ledger was written anew"
        return None

    def consistency(self, old: Checkpoint, new: Checkpoint) -> list[bytes]:
        """Return the proof that the tree of ``new`` begins with that of ``old``, for whoever holds both."""
        return consistency_path(list(self._lines())[: new.size], old.size)

    def change_key(self, witness: Checkpoint) -> None:
        """Take the ledger over under another key of the ledger than it was written with.

        ``witness``, whose signature was verified, has to be the checkpoint of all that stands there: it, and not the
        former key, says that the entries are what was written. Raises DvzError when it is not.
        """
        with exclusive(self._settings, "ledger"):
            lines = list(self._lines())
            tree = Tree.of(lines)
            if (witness.size, witness.root) != (tree.size, tree.root):
                self._broken(f"{tree.size} entries, and a checkpoint of {witness.size}")
            head = _Head(witness.origin, tree.size, sum(len(line) + 1 for line in lines), "", ())
            self._add(
                head,
                tree,
                Entry(
                    sequence=tree.size + 1,
                    at=now().isoformat(timespec="seconds"),
                    user=_operating_system_user(),
                    event=Event.KEY_CHANGED.value,
                    previous=tree.root.hex(),
                ),
            )

    def _end(self) -> tuple[_Head, Tree]:
        """The head, and the tree with an entry that a crash kept out of it. Raises DvzError when they do not fit."""
        problems: list[str] = []
        found = self._head(problems)
        if found is None or problems:
            self._broken("; ".join(problems))
        head = found if isinstance(found, _Head) else self._taken_over(found)
        tree, ahead = head.tree, self._lines_from(head.bytes)
        if ahead is None:
            self._broken("less than was sealed: entries were cut off")
        if len(ahead) > 1 or not all(self._is_next(line, tree) for line in ahead):
            self._broken("entries that were written without the key")
        for line in ahead:
            tree.add(line)
        return _Head(head.origin, tree.size, head.bytes + sum(len(line) + 1 for line in ahead), "", ()), tree

    def _taken_over(self, first: _FirstHead) -> _Head:
        """What the head of today says of the entries that version 0.1.0 has sealed."""
        tree, chain, length = Tree(), BEFORE_THE_FIRST, 0
        for number, line in enumerate(self._lines(), start=1):
            if number > first.entries:
                break
            content = json.loads(line)
            if content["previous"] != chain or content["hash"] != _first_hash(content):
                self._broken("entries that were changed")
            tree.add(line)
            chain, length = content["hash"], length + len(line) + 1
        if (tree.size, chain) != (first.entries, first.hash):
            self._broken("another end: entries were cut off, or changed")
        return _Head(self._origin, tree.size, length, tree.root.hex(), tuple(peak.hex() for peak in tree.peaks))

    def _is_next(self, line: bytes, tree: Tree) -> bool:
        """Whether a line is an entry that somebody with the key has written behind all the others."""
        try:
            content = json.loads(line)
            follows = content["sequence"] == tree.size + 1 and content["previous"] == tree.root.hex()
            return follows and self._is_authentic(content)
        except (ValueError, TypeError, KeyError):
            return False

    def _is_authentic(self, content: Mapping[str, Any]) -> bool:
        without = {name: value for name, value in content.items() if name != "mac"}
        return hmac.compare_digest(str(content.get("mac", "")).encode(), self._mac(without).encode())

    def _mac(self, content: Mapping[str, Any]) -> str:
        return self._hmac("entry", _canonical(content))

    def _keyed(self, hashes: Mapping[str, str] | None) -> dict[str, str]:
        return {name: self.content_hash(value) for name, value in (hashes or {}).items()}

    def _hmac(self, of: str, text: str) -> str:
        return hmac.new(self._key, f"{of}:{text}".encode(), "sha256").hexdigest()

    @property
    def _key(self) -> bytes:
        return ledger_key(self._settings)

    @property
    def _origin(self) -> str:
        """The name of the log: one for each home, made of its key."""
        return f"dvz/{self._hmac('origin', '')[:16]}"

    def _signed(self, checkpoint: Checkpoint) -> str:
        return checkpoint.signed(signing_key(self._settings))

    def _lines(self) -> Iterator[bytes]:
        """The whole lines of the file, without their ends; what a crash left of the last one is none."""
        if self.file.exists():
            last = b""
            with self.file.open("rb") as file:
                for line in file:
                    if last:
                        yield last[:-1]
                    last = line
            if last.endswith(b"\n") and UNWRITTEN not in last:
                yield last[:-1]

    def _lines_from(self, position: int) -> list[bytes] | None:
        """The whole lines behind a position; None when the file is shorter, or no line ends there."""
        if not self.file.exists():
            return [] if position == 0 else None
        content = self._storage.read_from(self.file, max(0, position - 1))
        if position > 0:
            if not content.startswith(b"\n"):
                return None
            content = content[1:]
        lines = content.split(b"\n")[:-1]
        return lines[:-1] if lines and UNWRITTEN in lines[-1] else lines

    def _head(self, problems: list[str]) -> _Head | _FirstHead | None:
        """The head; None, with a word on it, when it is not readable or its seal does not fit."""
        path = self.folder / HEAD_FILE
        if not path.exists():
            # the first entry is written before the first head
            return _Head(self._origin, 0, 0, EMPTY_ROOT.hex(), ()) if self.file.exists() else _FirstHead()
        try:
            content = json.loads(path.read_text("utf-8"))
            seal = str(content.pop("seal"))
            is_first = "peaks" not in content
            head = _FirstHead(**content) if is_first else _Head(**{**content, "peaks": tuple(content["peaks"])})
        except (ValueError, TypeError, KeyError):
            problems.append(f"{HEAD_FILE}: not readable")
            return None
        fitting = self._first_seal(content) if is_first else self._hmac("head", _canonical(content))
        if not hmac.compare_digest(seal.encode(), fitting.encode()):
            problems.append(f"{HEAD_FILE}: its seal does not fit; it was written by somebody without the key")
            return None
        return head

    def _write_head(self, origin: str, tree: Tree, length: int) -> None:
        peaks = tuple(peak.hex() for peak in tree.peaks)
        content = asdict(_Head(origin, tree.size, length, tree.root.hex(), peaks))
        sealed = _canonical({**content, "seal": self._hmac("head", _canonical(content))}) + "\n"
        self._storage.write_whole(self.folder / HEAD_FILE, sealed.encode(), "ledger: head written")

    def _first_seal(self, content: Mapping[str, Any]) -> str:
        return hmac.new(self._key, _canonical(content).encode(), "sha256").hexdigest()

    def _broken(self, found: str) -> NoReturn:
        raise DvzError(
            "LEDGER_BROKEN",
            place=str(self.file),
            expected="a ledger that ends as its head says",
            found=found,
            remedy="run `dvz ledger verify`, and put the ledger back from the backup before anything else is run",
        )


def _operating_system_user() -> str:
    """The account of this process, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _entry(line: bytes) -> Entry:
    content: dict[str, Any] = json.loads(line)
    if "hash" in content:
        content.pop("hash")
    else:
        content.pop("mac")
    return Entry(**content)


def _first_hash(content: Mapping[str, Any]) -> str:
    """The hash that version 0.1.0 gave an entry."""
    without = {name: value for name, value in content.items() if name != "hash"}
    return hashlib.sha256(_canonical(without).encode()).hexdigest()


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
