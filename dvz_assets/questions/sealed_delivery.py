"""Checks a written delivery: its files against its voucher, the voucher's signature, and its entry in the ledger."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import CHANGES_FILE, VOUCHER_FILE, DeliveredFile, Voucher
from dvz_assets.home.sealing import ENCRYPTED


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: what, whether it is as it should be, and what was seen."""

    what: str
    fits: bool
    seen: str


def check_written(flow: Flow, folder: Path, trusted: Ed25519PublicKey | None) -> list[Finding]:
    """Check the delivery in ``folder``; a signature is required when a ``trusted`` key is given.

    Raises DvzError when there is no voucher to check against.
    """
    voucher, sha256 = _voucher(folder)
    findings = [_file(folder, file) for file in voucher.files]
    findings.append(_no_other_files(folder, voucher))
    findings.append(_signature(voucher, trusted))
    broken = flow.ledger.verify()
    findings.append(Finding("ledger", not broken, "; ".join(broken) or "whole"))
    known = flow.ledger.mentions(sha256)
    findings.append(Finding("entry in the ledger", known, "the voucher as it stands" if known else "none"))
    return findings


def _voucher(folder: Path) -> tuple[Voucher, str]:
    path = folder / VOUCHER_FILE
    try:
        content = path.read_bytes()
        voucher = Voucher.from_bytes(content)
    except (OSError, ValueError) as error:
        raise DvzError(
            "NO_DELIVERY",
            place=str(path),
            expected="the voucher of a delivery",
            found=type(error).__name__,
            remedy="name the folder of a delivery, such as .dvz/deliveries/2018-05/0001",
        ) from None
    return voucher, hashlib.sha256(content).hexdigest()


def _file(folder: Path, file: DeliveredFile) -> Finding:
    path = folder / Path(file.name).name
    if not path.is_file():
        return Finding(path.name, False, "absent")
    fits = hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    return Finding(path.name, fits, "SHA-256 as in the voucher" if fits else "another SHA-256 than in the voucher")


def _no_other_files(folder: Path, voucher: Voucher) -> Finding:
    own = {VOUCHER_FILE, CHANGES_FILE, CHANGES_FILE + ENCRYPTED, *(file.name for file in voucher.files)}
    others = sum(path.name not in own for path in folder.iterdir())
    return Finding("no other files", others == 0, f"{others} others")


def _signature(voucher: Voucher, trusted: Ed25519PublicKey | None) -> Finding:
    if voucher.signature is None:
        return Finding("signature", trusted is None, "not signed")
    if trusted is None:
        return Finding("signature", False, "signed, and no key to check it with: give --public-key, or set signing_key")
    fits = voucher.is_signed_by(trusted)
    return Finding("signature", fits, "Ed25519, fits" if fits else "does not fit the voucher and the key")
