"""Keys: where they come from, and what is refused. A key is never written to a log, a message or the repository.

A key is given by the environment (the key itself) or as a file with mode 0600. A key of the ledger and a signing key
that are not given are made in ``<home>/restricted``, and so is the key of hashes that are shown; where an object store
serves the home nothing is made in it, and these are derived from the key of the ledger. Public keys that are trusted
come from files, each with the time in which it was valid.
"""

import contextlib
import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dvz_assets.addresses import is_in_object_store
from dvz_assets.errors import DvzError
from dvz_assets.home.folder import make_folder, sync
from dvz_assets.settings import Settings

# what a key itself looks like, as the environment gives it; anything else is the path of a file
KEY = re.compile(r"-----BEGIN .*|[0-9a-f]{64}", re.DOTALL)
PUBLIC_KEY = re.compile(r"(?P<lines>.*?)(?P<pem>-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----)", re.DOTALL)
VALIDITY = re.compile(r"^(?P<end>valid-from|valid-until):(?P<time>.*)$", re.MULTILINE)
OTHERS_MAY_READ = 0o077


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key, and from when until when what it has signed is trusted; both ends included, None for no end."""

    key: Ed25519PublicKey
    since: datetime | None = None
    until: datetime | None = None

    def is_valid_at(self, time: datetime) -> bool:
        """Return whether the key may have signed at this time."""
        return (self.since is None or self.since <= time) and (self.until is None or time <= self.until)


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs vouchers and checkpoints; made once, and told of, when none is given.

    Raises DvzError for anything but Ed25519 in PEM.
    """
    if settings.signing_key is not None:
        return _private_key("signing_key", settings.signing_key.get_secret_value())
    if is_in_object_store(settings.home):
        return Ed25519PrivateKey.from_private_bytes(_derived(settings, b"signing key"))
    path = settings.home / "restricted" / "signing.key"
    if not path.exists():
        private = Ed25519PrivateKey.generate()
        _make(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        logging.getLogger(__name__).warning(
            "No signing_key is set: this home signs its deliveries with a key that was made in restricted/%s. "
            "`dvz ledger public-key` prints the half of it that receivers need.",
            path.name,
        )
    return _private_key("signing_key", str(path))


def own_public_key(settings: Settings) -> Ed25519PublicKey | None:
    """Return the public half of the signing key; None when none is given and none was made. Makes nothing."""
    is_there = settings.signing_key is not None or is_in_object_store(settings.home)
    if is_there or (settings.home / "restricted" / "signing.key").exists():
        return signing_key(settings).public_key()
    return None


def public_keys(path: Path) -> list[TrustedKey]:
    """Return the public keys of a PEM file; lines ``valid-from:`` and ``valid-until:`` before one say when it counts.

    Raises DvzError for anything but Ed25519, and where there is none.
    """
    try:
        found = [
            TrustedKey(_public_key(each["pem"]), **_validity(each["lines"]))
            for each in PUBLIC_KEY.finditer(path.read_text("utf-8"))
        ]
    except (ValueError, OSError, UnsupportedAlgorithm):
        found = []
    if not found:
        expected = "Ed25519 public keys in PEM, after lines such as `valid-until: 2026-12-31T23:59:59+01:00`"
        raise _wrong(str(path), expected, "something else")
    return found


def public_key_of_setting(setting: str, given: str) -> Ed25519PublicKey:
    """Return a public key of the settings, which is the PEM itself or the path of one; raises DvzError."""
    try:
        return _public_key(given if KEY.fullmatch(given.strip()) else Path(given).expanduser().read_text("ascii"))
    except (ValueError, OSError, UnsupportedAlgorithm):
        raise _wrong(setting, "an Ed25519 public key in PEM", "something else") from None


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a file that its owner alone may read; raises DvzError for anything but Ed25519."""
    return _private_key(str(path), str(path))


def public_pem(key: Ed25519PublicKey) -> str:
    """Return a public key as it is handed to receivers."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def ledger_key(settings: Settings) -> bytes:
    """Return the key under which persons stand in the ledger and entries are sealed; made once when none is given."""
    if settings.ledger_key is not None:
        return _content("ledger_key", settings.ledger_key.get_secret_value())
    return _made_once("ledger_key", settings.home / "restricted" / "ledger.key")


def shown_hash(settings: Settings, content: str | bytes) -> str:
    """Return what stands for content in the UI, in run keys, names, reports and files without persons.

    Nobody can try a guess of the content on it without the key, which is another than that of the ledger: it stays when
    that is changed, so that a request that was answered is recognised.
    """
    text = content.encode() if isinstance(content, str) else content
    return hmac.new(_shown_hashes_key(settings), text, "sha256").hexdigest()


def _shown_hashes_key(settings: Settings) -> bytes:
    if is_in_object_store(settings.home):
        return _derived(settings, b"shown hashes")
    return _made_once("shown-hashes.key", settings.home / "restricted" / "shown-hashes.key")


def _made_once(name: str, path: Path) -> bytes:
    """A key of the home, read again when its file is another one: a home may be restored while a process goes on."""
    if not path.exists():
        _make(path, f"{secrets.token_hex(32)}\n".encode("ascii"))
    found = path.stat()
    return _content_of(name, path, found.st_ino, found.st_mtime_ns)


@cache
def _content_of(name: str, path: Path, inode: int, changed: int) -> bytes:
    """What stands in a file as it is now."""
    return _content(name, str(path))


def _derived(settings: Settings, purpose: bytes) -> bytes:
    return hmac.new(ledger_key(settings), purpose, "sha256").digest()


def _make(path: Path, content: bytes) -> None:
    """Let a file with a key appear; the one of another process that was faster stays."""
    make_folder(path.parent)
    building = path.with_name(f".{path.name}.{os.getpid()}")
    building.touch(mode=0o600)
    building.write_bytes(content)
    sync(building)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(building)
    building.unlink()
    sync(path.parent)


def _private_key(setting: str, given: str) -> Ed25519PrivateKey:
    content = _content(setting, given)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _wrong(setting, "an Ed25519 private key in PEM, without password", "something else")
    return key


def _public_key(pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("another kind of key")
    return key


def _validity(lines: str) -> dict[str, datetime]:
    """Return the times that stand before a key; without a zone they are UTC."""
    ends = {"valid-from": "since", "valid-until": "until"}
    times = {ends[each["end"]]: datetime.fromisoformat(each["time"].strip()) for each in VALIDITY.finditer(lines)}
    return {end: time if time.tzinfo else time.replace(tzinfo=UTC) for end, time in times.items()}


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
