"""The tree: its proofs hold for what is in it and for nothing else, at every size up to a few whole subtrees."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dvz_assets.home.merkle import Checkpoint, Proof, Tree, consistency_path, is_consistent

ENTRIES = [f"entry {number}".encode() for number in range(20)]

# the well-known test vector of RFC 6962 trees: eight leaves, and the root of all of them
KNOWN = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"]
KNOWN_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_tree_is_that_of_rfc_6962() -> None:
    assert Tree().root == hashlib.sha256(b"").digest()
    assert Tree.of(KNOWN).root.hex() == KNOWN_ROOT


@pytest.mark.parametrize("size", range(1, 20))
def test_the_last_entry_is_proved_and_no_other(size: int) -> None:
    path = tuple(Tree.of(ENTRIES[: size - 1]).path_of_next())
    text = Checkpoint("log", size, Tree.of(ENTRIES[:size]).root).signed(Ed25519PrivateKey.generate())
    proof = Proof.from_text(Proof(size - 1, path, text).as_text())
    assert proof.holds_for(ENTRIES[size - 1])
    assert not proof.holds_for(b"another")
    assert not Proof(size, path, text).holds_for(ENTRIES[size - 1])
    assert not Proof(size - 1, (*path, bytes(32)), text).holds_for(ENTRIES[size - 1])
    assert not path or not Proof(size - 1, path[1:], text).holds_for(ENTRIES[size - 1])


@pytest.mark.parametrize("new", range(1, 20))
def test_a_tree_that_has_grown_is_shown_to_and_no_other(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_path(ENTRIES[:new], old)
        older, newer = (Checkpoint("log", size, Tree.of(ENTRIES[:size]).root) for size in (old, new))
        assert is_consistent(older, newer, path)
        assert not is_consistent(Checkpoint("log", old, bytes(32)), newer, path)
        assert not is_consistent(older, Checkpoint("log", new, bytes(32)), path)
        assert not is_consistent(older, Checkpoint("other", new, newer.root), path)
        assert not is_consistent(older, newer, [*path, bytes(32)])


def test_a_checkpoint_is_its_text_and_signed_by_its_key() -> None:
    key = Ed25519PrivateKey.generate()
    text = Checkpoint("log", 3, Tree.of(ENTRIES[:3]).root).signed(key)
    read = Checkpoint.from_text(text)
    assert (read.origin, read.size) == ("log", 3)
    assert read.is_signed_by(key.public_key())
    assert not read.is_signed_by(Ed25519PrivateKey.generate().public_key())
    assert not Checkpoint.from_text(text.replace("\n3\n", "\n4\n")).is_signed_by(key.public_key())


@pytest.mark.parametrize("text", ["", "log\n3\n", "log\nmany\nAAAA\n\n", "log\n03\nAAAA\n\n", "log\n3\n!\n\n"])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Checkpoint.from_text(text)
