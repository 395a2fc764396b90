"""Encryption of a delivery's files for its recipient, and the signature of its voucher.

Files: age with an X25519 recipient (``.age`` behind the name). Voucher: Ed25519 over the voucher as JSON, keys sorted
without blanks, less its ``signature``. The keys come from the settings ``delivery_recipient`` and ``signing_key``.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ENCRYPTED = ".age"
SIGNATURE = "signature"


def encrypt(content: bytes, recipient: str) -> bytes:
    """The content, which the holder of the recipient's private key alone can read."""
    return bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)]))


def signed(voucher: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The voucher with a signature over all the rest of it."""
    value = base64.b64encode(key.sign(_signed_bytes(voucher))).decode("ascii")
    return {**voucher, SIGNATURE: {"algorithm": "Ed25519", "value": value}}


def signature_fits(voucher: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether the voucher is what the holder of the private key has signed."""
    try:
        key.verify(base64.b64decode(voucher[SIGNATURE]["value"], validate=True), _signed_bytes(voucher))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _signed_bytes(voucher: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in voucher.items() if name != SIGNATURE}
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
