"""The format of the ledger's tree: hashes, proofs and checkpoints, and nothing about what an entry says.

Trees and proofs are those of RFC 6962: a leaf is SHA-256 over 0x00 and the entry, a node over 0x01 and its two halves.
A checkpoint (C2SP tlog-checkpoint) is a note of three lines, which log, how many entries, root, signed with Ed25519; a
proof (C2SP tlog-proof) is the place of an entry, the hashes that lead from it to the root, and the checkpoint. Whoever
holds a checkpoint is a witness: nothing before it can be changed without that two checkpoints contradict each other.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

EMPTY_ROOT = hashlib.sha256(b"").digest()
PROOF_HEADING = "c2sp.org/tlog-proof@v1"
ED25519 = b"\x01"  # the kind of signature, in the identifier of a key


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash under which an entry stands in the tree."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two halves."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A tree that grows at its end; of all its entries it needs the roots of its whole subtrees, largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Sequence[bytes]) -> Self:
        """Return the tree of these entries."""
        tree = cls()
        for entry in entries:
            tree.add(entry)
        return tree

    def add(self, entry: bytes) -> None:
        """Add an entry."""
        top, size = leaf_hash(entry), self.size
        while size & 1:
            top, size = node_hash(self.peaks.pop(), top), size >> 1
        self.peaks.append(top)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def path_of_next(self) -> list[bytes]:
        """Return the proof that the next entry will have in the tree of which it is the last."""
        return self.peaks[::-1]


def root_by_path(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root to which a path leads from an entry (RFC 9162, 2.1.3.2); None when it leads nowhere."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf_hash(entry)
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def consistency_path(entries: Sequence[bytes], size: int) -> list[bytes]:
    """Return what proves that the tree of the first ``size`` entries is the beginning of the tree of all of them."""
    return _consistency(entries, size, is_known=True) if 0 < size < len(entries) else []


def _consistency(entries: Sequence[bytes], size: int, *, is_known: bool) -> list[bytes]:
    """Return PROOF of RFC 6962, 2.1.2; a subtree ``is_known`` while it is the whole old tree."""
    if size == len(entries):
        return [] if is_known else [Tree.of(entries).root]
    half = 1 << (len(entries) - 1).bit_length() - 1
    if size <= half:
        return [*_consistency(entries[:half], size, is_known=is_known), Tree.of(entries[half:]).root]
    return [*_consistency(entries[half:], size - half, is_known=False), Tree.of(entries[:half]).root]


def is_consistent(old: "Checkpoint", new: "Checkpoint", path: Sequence[bytes]) -> bool:
    """Return whether the path shows that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if old.origin != new.origin or old.size > new.size:
        return False
    if old.size in (0, new.size):
        return not path and (old.size == 0 or old.root == new.root) and (old.size > 0 or old.root == EMPTY_ROOT)
    hashes = [old.root, *path] if old.size & (old.size - 1) == 0 else list(path)
    if not hashes:
        return False
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_root = new_root = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_root, new_root = node_hash(each, old_root), node_hash(each, new_root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_root = node_hash(new_root, each)
        place, last = place >> 1, last >> 1
    return last == 0 and old_root == old.root and new_root == new.root


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at some moment: its name, the number of its entries, and the root of their tree."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a signed checkpoint; raises ValueError when it is none."""
        note, _, signatures = text.partition("\n\n")
        origin, size, root, *_ = note.split("\n")
        marks = [line.removeprefix("— ").split(" ") for line in signatures.splitlines() if line.startswith("— ")]
        checkpoint = cls(origin, int(size), _bytes(root), tuple((name, _bytes(value)) for name, value in marks))
        if len(checkpoint.root) != len(EMPTY_ROOT) or checkpoint._note != f"{note}\n":
            raise ValueError("a checkpoint of another form")
        return checkpoint

    def signed(self, key: Ed25519PrivateKey) -> str:
        """Return the text of the checkpoint with a signature."""
        signature = _key_identifier(self.origin, key.public_key()) + key.sign(self._note.encode())
        return f"{self._note}\n— {self.origin} {_text(signature)}\n"

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Return whether the holder of the private key has signed this checkpoint for this log."""
        identifier = _key_identifier(self.origin, key)
        for name, signature in self.signatures:
            if name == self.origin and signature[:4] == identifier:
                try:
                    key.verify(signature[4:], self._note.encode())
                except InvalidSignature:
                    return False
                return True
        return False

    @property
    def _note(self) -> str:
        return f"{self.origin}\n{self.size}\n{_text(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands at a place, counted from 0, of the log that the checkpoint, as text, is of."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a proof; raises ValueError when it is none."""
        head, _, checkpoint = text.partition("\n\n")
        heading, index, *path = head.split("\n")
        if heading != PROOF_HEADING or not index.startswith("index "):
            raise ValueError("a proof of another form")
        return cls(int(index.removeprefix("index ")), tuple(_bytes(each) for each in path), checkpoint)

    def as_text(self) -> str:
        """Return the text of the proof."""
        return "\n".join([PROOF_HEADING, f"index {self.index}", *map(_text, self.path), "", self.checkpoint])

    def holds_for(self, entry: bytes) -> bool:
        """Return whether the proof leads from the entry to the root of its checkpoint; no signature is looked at."""
        checkpoint = Checkpoint.from_text(self.checkpoint)
        return root_by_path(entry, self.index, checkpoint.size, self.path) == checkpoint.root


def _key_identifier(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + key.public_bytes_raw()).digest()[:4]


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
