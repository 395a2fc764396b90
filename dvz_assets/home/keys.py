"""Keys: where they come from, and what is refused. A key is never written to a log, a message or the repository.

A key is given by the environment (the key itself) or as a file with mode 0600. The key of the ledger is made in
``<home>/restricted`` when none is given.
"""

import os
import re
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from dvz_assets.errors import DvzError
from dvz_assets.home.folder import replace_file
from dvz_assets.settings import Settings

# what a key itself looks like, as the environment gives it; anything else is the path of a file
KEY = re.compile(r"-----BEGIN .*|[0-9a-f]{64}", re.DOTALL)
OTHERS_MAY_READ = 0o077


def signing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """The key that signs vouchers; None when the setting is empty. Raises DvzError for anything but Ed25519 in PEM."""
    if settings.signing_key is None:
        return None
    content = _content("signing_key", settings.signing_key.get_secret_value())
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _wrong("signing_key", "an Ed25519 private key in PEM, without password", "something else")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a file; raises DvzError for anything but Ed25519 in PEM."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, OSError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _wrong(str(path), "an Ed25519 public key in PEM", "something else")
    return key


@cache
def ledger_key(settings: Settings) -> bytes:
    """The key under which persons stand in the ledger and its end is sealed; made once when none is given."""
    if settings.ledger_key is not None:
        return _content("ledger_key", settings.ledger_key.get_secret_value())
    path = settings.home / "restricted" / "ledger.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        building = path.with_name(f".{path.name}.{os.getpid()}")
        building.touch(mode=0o600)
        building.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        replace_file(building, path)
    return _content("ledger_key", str(path))


def _content(setting: str, given: str) -> bytes:
    """The key itself, or the content of the file that is named."""
    if KEY.fullmatch(given.strip()):
        return given.strip().encode()
    path = Path(given).expanduser()
    try:
        mode = path.stat().st_mode
        content = path.read_bytes().strip()
    except OSError as error:
        raise _wrong(setting, "a key, or the path of a readable file with one", type(error).__name__) from None
    if mode & OTHERS_MAY_READ:
        raise _wrong(setting, "a file that its owner alone may read (chmod 600)", f"mode {mode & 0o777:04o}")
    if not content:
        raise _wrong(setting, "a key", "an empty file")
    return content


def _wrong(place: str, expected: str, found: str) -> DvzError:
    return DvzError(
        "INVALID_KEY",
        place=place,
        expected=expected,
        found=found,
        remedy="correct the setting; docs/privacy.md says how a key is made",
    )
