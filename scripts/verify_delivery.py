"""Verifies a delivery without trusting its sender: standard library and cryptography only, nothing of dvz_assets.

    python verify_delivery.py FOLDER --key POD_MI.pem [--held OLDER --proof PROOF.json]

FOLDER is a delivery as it was received; the PEM file has the public keys of the sender, each after optional lines
``valid-from: TIME`` and ``valid-until: TIME``. Verified are the hash of each file, the signature of the voucher, and its
proof that the sender's ledger had this delivery before it appeared (C2SP tlog-proof, RFC 6962 trees, Ed25519).
OLDER is an earlier voucher, or a checkpoint, and PROOF.json what `dvz ledger consistency OLDER VOUCHER --json` of the
sender printed: together they show that the ledger has only grown. Ends with status 1 when anything is wrong.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Keys = list[tuple[Ed25519PublicKey, dict[str, datetime]]]
OWN = {"voucher.json", "changes.csv", "changes.csv.age"}


def require(holds: bool, otherwise: str) -> None:
    """Stop at the first thing that is wrong."""
    if not holds:
        raise SystemExit(f"WRONG {otherwise}")


def time_of(text: str) -> datetime:
    """Read a time; without a zone it is UTC."""
    time = datetime.fromisoformat(text.strip())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def read_keys(text: str) -> Keys:
    """Read the public keys and their validity."""
    found: Keys = []
    for lines, pem in re.findall(r"(.*?)(-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----)", text, re.DOTALL):
        key = load_pem_public_key(pem.encode())
        require(isinstance(key, Ed25519PublicKey), "a key that is not Ed25519")
        assert isinstance(key, Ed25519PublicKey)
        ends = re.findall(r"^valid-(from|until):(.*)$", lines, re.MULTILINE)
        found.append((key, {end: time_of(time) for end, time in ends}))
    require(bool(found), "no public key")
    return found


def valid(keys: Keys, at: datetime) -> list[Ed25519PublicKey]:
    """Keep the keys that might sign at a time."""
    return [key for key, ends in keys if ends.get("from", at) <= at <= ends.get("until", at)]


def is_signed(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Tell whether the key has signed this content."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def canonical(content: Any, *, ascii_only: bool) -> bytes:
    """Write JSON with sorted keys and without blanks."""
    return json.dumps(content, sort_keys=True, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two halves of a tree."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_checkpoint(text: str, keys: list[Ed25519PublicKey]) -> tuple[str, int, bytes]:
    """Read a checkpoint that one of the keys has signed: name of the log, number of entries, root."""
    note, _, marks = text.partition("\n\n")
    origin, size, root = note.split("\n")
    signatures = [
        base64.b64decode(line.split(" ")[2]) for line in marks.splitlines() if line.startswith(f"— {origin} ")
    ]
    for key in keys:
        name = hashlib.sha256(f"{origin}\n\x01".encode() + key.public_bytes_raw()).digest()[:4]
        if any(each[:4] == name and is_signed(f"{note}\n".encode(), each[4:], key) for each in signatures):
            return origin, int(size), base64.b64decode(root, validate=True)
    raise SystemExit("WRONG a checkpoint that no valid key has signed")


def climb(index: int, size: int, path: list[bytes], left: bytes, whole: bytes) -> tuple[bytes, bytes]:
    """Walk to the root; ``left`` takes only what stands to the left, and so becomes the root of the older tree."""
    last = size - 1
    for each in path:
        require(last > 0, "a proof that is too long")
        if index & 1 or index == last:
            left, whole = node(each, left), node(each, whole)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            whole = node(whole, each)
        index, last = index >> 1, last >> 1
    require(last == 0, "a proof that is too short")
    return left, whole


def verify_proof(voucher: dict[str, Any], log: dict[str, Any], keys: Keys) -> tuple[str, int, bytes]:
    """Verify that the ledger had the voucher; its checkpoint."""
    entry, at = log["entry"], time_of(log["entry"]["at"])
    head, _, text = log["proof"].partition("\n\n")
    _, index, *path = head.split("\n")
    checkpoint = read_checkpoint(text, valid(keys, at))
    leaf = hashlib.sha256(b"\x00" + canonical(entry, ascii_only=True)).digest()
    place = int(index.removeprefix("index "))
    require(0 <= place < checkpoint[1], "a place outside of the ledger")
    _, root = climb(place, checkpoint[1], [base64.b64decode(each) for each in path], leaf, leaf)
    require(root == checkpoint[2], "the proof does not lead to the checkpoint")
    require(entry["event"] == "DELIVERY_INTENDED", "the entry is no intent of a delivery")
    is_of = (entry["month"], entry["details"]["sequence"]) == (voucher["month"], voucher["sequence"])
    require(is_of, "the entry is of another month or sequence")
    content = canonical({name: voucher[name] for name in voucher.keys() - {"log", "signature"}}, ascii_only=False)
    committed = hmac.new(bytes.fromhex(log["salt"]), content, "sha256").hexdigest()
    require(committed == entry["commitments"]["delivery"], "the entry is of another voucher")
    return checkpoint


def verify(folder: Path, keys: Keys) -> tuple[str, int, bytes]:
    """Verify a delivery; the checkpoint of its voucher."""
    voucher = json.loads((folder / "voucher.json").read_text("utf-8"))
    for file in voucher["files"]:
        path = folder / Path(file["name"]).name
        require(path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"], file["name"])
    others = {path.name for path in folder.iterdir()} - OWN - {file["name"] for file in voucher["files"]}
    require(not others, "files that the voucher does not name")
    named = re.fullmatch(r"(\d{4}-\d{2})/(\d{4})", f"{folder.parent.name}/{folder.name}")
    stands = (named[1], int(named[2])) if named else (voucher["month"], voucher["sequence"])
    require(stands == (voucher["month"], voucher["sequence"]), "a folder of another month or sequence")
    require("signature" in voucher and "log" in voucher, "a voucher without signature or proof")
    signed = canonical({name: voucher[name] for name in voucher.keys() - {"signature"}}, ascii_only=False)
    signature = base64.b64decode(voucher["signature"]["value"])
    signers = valid(keys, time_of(voucher["created_at"]))
    require(any(is_signed(signed, signature, key) for key in signers), "a voucher that no valid key has signed")
    return verify_proof(voucher, voucher["log"], keys)


def verify_growth(held: Path, proof: Path, keys: Keys, new: tuple[str, int, bytes]) -> None:
    """Verify that the ledger of the delivery begins with the one that was held."""
    text = held.read_text("utf-8")
    text = json.loads(text)["log"]["proof"].partition("\n\n")[2] if text.startswith("{") else text
    old = read_checkpoint(text, [key for key, _ in keys])
    path = [base64.b64decode(each) for each in json.loads(proof.read_text("utf-8"))["proof"]]
    require(old[0] == new[0] and 0 < old[1] <= new[1], "a checkpoint of another ledger, or a newer one")
    index, size = old[1] - 1, new[1]
    hashes = [old[2], *path] if old[1] & index == 0 or old[1] == size else path
    require(bool(hashes), "a proof that is too short")
    while index & 1 and old[1] < size:
        index, size = index >> 1, (size + 1) >> 1
    roots = climb(index, size, hashes[1:], hashes[0], hashes[0]) if old[1] < new[1] else (hashes[0], hashes[0])
    require(roots == (old[2], new[2]), "the ledger is not the one that was held, grown")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, action="append", required=True)
    parser.add_argument("--held", type=Path)
    parser.add_argument("--proof", type=Path)
    given = parser.parse_args()
    try:
        trusted = read_keys("\n".join(each.read_text("utf-8") for each in given.key))
        newest = verify(given.folder.absolute(), trusted)
        if given.held and given.proof:
            verify_growth(given.held, given.proof, trusted, newest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        sys.exit(f"WRONG {type(error).__name__}")
    print("genuine")  # noqa: T201
