"""What others hold of the ledger: checkpoints in files, and the public keys that tell whether they are genuine."""

import json
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dvz_assets.errors import DvzError
from dvz_assets.home.keys import TrustedKey, own_public_key, public_keys
from dvz_assets.home.merkle import Checkpoint
from dvz_assets.settings import Settings

LARGEST = 1024 * 1024  # bytes of a file that holds a checkpoint; a voucher is far smaller


def trusted_keys(settings: Settings, files: Sequence[Path] | None) -> list[TrustedKey]:
    """Return the keys of the files; where none is named, the public half of the home's own key, if there is one."""
    if files:
        return [key for file in files for key in public_keys(file)]
    own = own_public_key(settings)
    return [] if own is None else [TrustedKey(own)]


def checkpoint_of(path: Path, keys: Sequence[TrustedKey]) -> Checkpoint:
    """Return the checkpoint of a file: alone, in a voucher, or in any JSON that has it as ``checkpoint``.

    Raises DvzError when there is none, or none of the keys has signed it. A checkpoint bears no time: which of the
    entries a key may have signed is told by the voucher that it comes with.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST).decode("utf-8")
        checkpoint = Checkpoint.from_text(_text(json.loads(text)) if text.lstrip().startswith("{") else text)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unusable(path, type(error).__name__) from None
    if not any(checkpoint.is_signed_by(each.key) for each in keys):
        raise _unusable(path, "one that none of the keys has signed")
    return checkpoint


def consistency_proof(path: Path) -> list[bytes]:
    """Return the hashes of a proof that POD MI has printed. Raises DvzError when it is none."""
    try:
        return [b64decode(each, validate=True) for each in json.loads(path.read_text("utf-8"))["proof"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unusable(path, type(error).__name__) from None


def _text(content: dict[str, Any]) -> str:
    """Return the checkpoint of a voucher, whose proof ends with it, or of another JSON object."""
    if "log" in content:
        return str(content["log"]["proof"]).partition("\n\n")[2]
    return str(content["checkpoint"])


def _unusable(path: Path, found: str) -> DvzError:
    return DvzError(
        "INVALID_CHECKPOINT",
        place=path.name,
        expected="a checkpoint of a ledger signed with a key that is given, a voucher with one, or a proof for them",
        found=found,
        remedy="give the file as it was received, and the public key of its time with --public-key",
    )
