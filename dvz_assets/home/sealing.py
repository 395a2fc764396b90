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
ALGORITHM = "Ed25519"


def encrypt(content: bytes, recipient: str) -> bytes:
    """Return the content as only the holder of the recipient's private key can read it."""
    return bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)]))


def sign(content: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Return the signature over JSON content, in base64."""
    return base64.b64encode(key.sign(signed_bytes(content))).decode("ascii")


def signature_fits(content: Mapping[str, Any], signature: str, key: Ed25519PublicKey) -> bool:
    """Return whether the holder of the private key has signed this content."""
    try:
        key.verify(base64.b64decode(signature, validate=True), signed_bytes(content))
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_bytes(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of JSON content that a signature is over."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
