"""Verifies a delivery without trusting its sender: standard library and cryptography only, nothing of dvz_assets.

    python verify_delivery.py FOLDER --key POD_MI.pem

FOLDER is a delivery as it was received; the PEM file has the sender's public keys, each after optional lines
``valid-from: TIME`` and ``valid-until: TIME``. Verified are the files' hashes, the voucher's signature, and its proof
that the sender's ledger had it before it appeared (C2SP tlog-proof, RFC 6962). Ends with status 1 at what is wrong.
"""

import argparse
import base64
import contextlib
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
OWN = {"voucher.json", "voucher.tsr", "changes.csv", "changes.csv.age"}


def time_of(text: str) -> datetime:
    """Read a time; without a zone it is UTC."""
    time = datetime.fromisoformat(text.strip())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def require(holds: bool, otherwise: str) -> None:
    """Stop at the first thing that is wrong."""
    if not holds:
        raise SystemExit(f"WRONG {otherwise}")


def read_keys(text: str) -> Keys:
    """Read the public keys and their validity."""
    found: Keys = []
    for lines, pem in re.findall(r"(.*?)(-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----)", text, re.DOTALL):
        key = load_pem_public_key(pem.encode())
        ends = re.findall(r"^valid-(from|until):(.*)$", lines, re.MULTILINE)
        if isinstance(key, Ed25519PublicKey):
            found.append((key, {end: time_of(time) for end, time in ends}))
    require(bool(found), "no public key")
    return found


def valid(keys: Keys, at: datetime) -> list[Ed25519PublicKey]:
    """Keep the keys that might sign at a time."""
    return [key for key, ends in keys if ends.get("from", at) <= at <= ends.get("until", at)]


def is_signed(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Tell whether the key has signed this content."""
    with contextlib.suppress(InvalidSignature):
        return key.verify(signature, content) is None
    return False


def canonical(content: Any, *, ascii_only: bool) -> bytes:
    """Write JSON with sorted keys and without blanks."""
    return json.dumps(content, sort_keys=True, ensure_ascii=ascii_only, separators=(",", ":")).encode()


def read_checkpoint(text: str, keys: list[Ed25519PublicKey]) -> tuple[int, bytes]:
    """Read a checkpoint that one of the keys has signed: number of entries, root."""
    note, _, marks = text.partition("\n\n")
    origin, size, root = note.split("\n")
    marked = [line.split(" ")[2] for line in marks.splitlines() if line.startswith(f"— {origin} ")]
    signatures = [base64.b64decode(each) for each in marked]
    for key in keys:
        name = hashlib.sha256(f"{origin}\n\x01".encode() + key.public_bytes_raw()).digest()[:4]
        if any(each[:4] == name and is_signed(f"{note}\n".encode(), each[4:], key) for each in signatures):
            return int(size), base64.b64decode(root, validate=True)
    raise SystemExit("WRONG a checkpoint that no valid key has signed")


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Walk from an entry to the root of its tree."""
    root, last = leaf, size - 1
    for each in path:
        require(last > 0, "a proof that is too long")
        if index & 1 or index == last:
            root = hashlib.sha256(b"\x01" + each + root).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + each).digest()
        index, last = index >> 1, last >> 1
    require(last == 0, "a proof that is too short")
    return root


def verify_proof(voucher: dict[str, Any], log: dict[str, Any], keys: Keys) -> None:
    """Verify that the ledger had the voucher before the delivery appeared."""
    entry = log["entry"]
    head, _, checkpoint = log["proof"].partition("\n\n")
    _, index, *path = head.split("\n")
    size, root = read_checkpoint(checkpoint, valid(keys, time_of(entry["at"])))
    place = int(index.removeprefix("index "))
    leaf = hashlib.sha256(b"\x00" + canonical(entry, ascii_only=True)).digest()
    require(0 <= place < size, "a place outside of the ledger")
    hashes = [base64.b64decode(each) for each in path]
    require(root_of(leaf, place, size, hashes) == root, "the proof does not lead to the checkpoint")
    require(entry["event"] == "DELIVERY_INTENDED", "the entry is no intent of a delivery")
    of = (entry["month"], entry["details"]["sequence"])
    require(of == (voucher["month"], voucher["sequence"]), "the entry is of another month or sequence")
    content = canonical({name: voucher[name] for name in voucher.keys() - {"log", "signature"}}, ascii_only=False)
    committed = hmac.new(bytes.fromhex(log["salt"]), content, "sha256").hexdigest()
    require(committed == entry["commitments"]["delivery"], "the entry is of another voucher")


def verify(folder: Path, keys: Keys) -> None:
    """Verify a delivery."""
    ordinary = [each.is_file() and not each.is_symlink() and each.stat().st_size < 2**31 for each in folder.iterdir()]
    require(all(ordinary), "a file that is none, a link or too large")
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
    verify_proof(voucher, voucher["log"], keys)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", type=Path, action="append", required=True)
    given = parser.parse_args()
    try:
        trusted = read_keys("\n".join(each.read_text("utf-8") for each in given.key))
        verify(given.folder.absolute(), trusted)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        sys.exit(f"WRONG {type(error).__name__}")
    print("genuine")  # noqa: T201
