"""Checks a written delivery: its files against its voucher, the voucher's signature, and its entry in the ledger.

The voucher proves by itself that the ledger had the delivery before it appeared: who has received one needs public keys
and no ledger. Where the delivery stands in a home, or the home has a ledger, that is asked too.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate

from dvz_assets.addresses import is_in_object_store
from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import CHANGES_FILE, VOUCHER_FILE, DeliveredFile, LogProof, Voucher
from dvz_assets.home.keys import TrustedKey
from dvz_assets.home.logged_deliveries import LoggedDeliveries, misfit
from dvz_assets.home.merkle import Checkpoint, Proof
from dvz_assets.home.sealing import ENCRYPTED
from dvz_assets.home.time_stamps import LARGEST, TIME_STAMP_FILE, stamped_at
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
from dvz_assets.wording import number_of

CLOCKS_DIFFER = timedelta(minutes=5)
PLACE = re.compile(r"(?P<month>\d{4}-\d{2})/(?P<sequence>\d{4})")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: what, whether it is as it should be, and what was seen."""

    what: str
    fits: bool
    seen: str


def check_written(
    flow: Flow,
    folder: Path,
    trusted: Sequence[TrustedKey],
    *,
    signature_is_due: bool,
    held: Sequence[Checkpoint] = (),
    authority: Sequence[Certificate] = (),
    time_stamp_is_due: bool = False,
) -> list[Finding]:
    """Check the delivery in ``folder``; ``held`` are checkpoints that others had, their signature verified.

    ``authority`` are the certificates by which its time stamp is verified; without any, it is not looked at.
    Where no signature is due, a voucher of version 0.1.0 may be without one. Raises DvzError when there is no voucher
    to check against.
    """
    voucher, sha256 = _voucher(folder)
    findings = [_file(folder, file, flow.settings.max_file_bytes) for file in voucher.files]
    findings.append(_no_other_files(folder, voucher))
    findings.append(_place(folder, voucher))
    findings.append(_signature(voucher, trusted, is_due=signature_is_due))
    if voucher.log is not None:
        findings.append(_proof(voucher, voucher.log, trusted))
    findings += _time_stamp(folder, voucher, trusted, authority, is_due=time_stamp_is_due)
    is_in_home = flow.settings.home / "deliveries" in folder.parents
    if is_in_home or voucher.log is None or flow.ledger.file.exists():
        findings += _ledger(flow, voucher, sha256, held)
    return findings


def _voucher(folder: Path) -> tuple[Voucher, str]:
    try:
        content = _content(folder, VOUCHER_FILE, MAX_JSON_BYTES)
        voucher = Voucher.from_bytes(content)
    except (OSError, ValueError, DeliveryError) as error:
        raise DvzError(
            "NO_DELIVERY",
            place=str(folder / VOUCHER_FILE),
            expected="the voucher of a delivery",
            found=error.found if isinstance(error, DeliveryError) else type(error).__name__,
            remedy="name the folder of a delivery, such as .dvz/deliveries/2018-05/0001",
        ) from None
    return voucher, hashlib.sha256(content).hexdigest()


def _content(folder: Path, name: str, max_bytes: int) -> bytes:
    """What somebody sent is opened as what comes in by the landing zone. Raises DeliveryError, or OSError."""
    if is_in_object_store(folder):
        return (folder / name).read_bytes()
    return ReceivedFolder(folder).read(name, max_bytes)


def _file(folder: Path, file: DeliveredFile, max_bytes: int) -> Finding:
    name = Path(file.name).name
    try:
        fits = hashlib.sha256(_content(folder, name, max_bytes)).hexdigest() == file.sha256
    except (OSError, DeliveryError) as error:
        is_absent = not (folder / name).exists() and not (folder / name).is_symlink()
        reason = error.found if isinstance(error, DeliveryError) else type(error).__name__
        return Finding(name, False, "absent" if is_absent else reason)
    return Finding(name, fits, "SHA-256 as in the voucher" if fits else "another SHA-256 than in the voucher")


def _no_other_files(folder: Path, voucher: Voucher) -> Finding:
    own = {
        VOUCHER_FILE,
        TIME_STAMP_FILE,
        CHANGES_FILE,
        CHANGES_FILE + ENCRYPTED,
        *(file.name for file in voucher.files),
    }
    others = sum(path.name not in own for path in folder.iterdir())
    return Finding("no other files", others == 0, f"{others} others")


def _place(folder: Path, voucher: Voucher) -> Finding:
    """A delivery stands under its month and sequence, wherever a folder is called like one."""
    named = PLACE.fullmatch(f"{folder.parent.name}/{folder.name}")
    if named is None:
        return Finding("month and sequence", True, f"{voucher.month}/{voucher.number}, says the voucher alone")
    fits = (named["month"], int(named["sequence"])) == (voucher.month, voucher.sequence)
    return Finding("month and sequence", fits, "as in the voucher" if fits else "others than in the voucher")


def _signature(voucher: Voucher, trusted: Sequence[TrustedKey], *, is_due: bool) -> Finding:
    if voucher.signature is None:
        return Finding("signature", not is_due and voucher.log is None, "not signed")
    if not trusted:
        return Finding("signature", False, "signed, and no key to check it with: give --public-key, or set signing_key")
    signers = [each for each in trusted if voucher.is_signed_by(each.key)]
    fits = any(each.is_valid_at(voucher.created) for each in signers)
    if signers and not fits:
        return Finding("signature", False, "of a key that was not valid when the voucher was made")
    return Finding("signature", fits, "Ed25519, fits" if fits else "does not fit the voucher and the key")


def _proof(voucher: Voucher, log: LogProof, trusted: Sequence[TrustedKey]) -> Finding:
    """The proof in the voucher, which needs no ledger."""
    wrong = misfit(voucher, log)
    if wrong is None:
        checkpoint = Checkpoint.from_text(Proof.from_text(log.proof).checkpoint)
        valid = [each for each in trusted if each.is_valid_at(datetime.fromisoformat(str(log.entry["at"])))]
        if not any(checkpoint.is_signed_by(each.key) for each in valid):
            wrong = "the checkpoint is not signed with a key that is given and was valid then"
    return Finding("proof of the ledger", wrong is None, wrong or "was in the ledger before it appeared")


def _time_stamp(
    folder: Path, voucher: Voucher, trusted: Sequence[TrustedKey], authority: Sequence[Certificate], *, is_due: bool
) -> Iterator[Finding]:
    """The time stamp says when the voucher was there at the latest, whatever the voucher says of itself.

    A key that had ended by then may have been somebody else's: with it a voucher can be dated back.
    """
    if not (folder / TIME_STAMP_FILE).exists():
        if is_due or authority:
            yield Finding("time stamp", not is_due, "none")
        return
    if not authority:
        yield Finding("time stamp", True, "there is one; --time-stamp-certificates says by which it is verified")
        return
    try:
        answer = _content(folder, TIME_STAMP_FILE, LARGEST)
        stamped = stamped_at(answer, _content(folder, VOUCHER_FILE, MAX_JSON_BYTES), authority)
    except (OSError, ValueError, DeliveryError) as error:
        yield Finding("time stamp", False, error.found if isinstance(error, DeliveryError) else str(error))
        return
    signers = [each for each in trusted if voucher.is_signed_by(each.key)]
    if stamped < voucher.created - CLOCKS_DIFFER:
        yield Finding("time stamp", False, "of a time before the voucher was made")
    elif signers and not any(each.is_valid_at(stamped) for each in signers):
        yield Finding("time stamp", False, "of a time at which the key of the voucher had ended: it may be dated back")
    else:
        yield Finding("time stamp", True, f"there at {stamped.isoformat()}, says the authority")


def _ledger(flow: Flow, voucher: Voucher, sha256: str, held: Sequence[Checkpoint]) -> Iterator[Finding]:
    broken = flow.ledger.verify()
    yield Finding("ledger", not broken, "; ".join(broken) or "whole")
    for checkpoint in held:
        wrong = flow.ledger.contradiction(checkpoint)
        seen = wrong or f"goes on from the checkpoint of {number_of(checkpoint.size, 'entry')}"
        yield Finding("ledger since the checkpoint", wrong is None, seen)
    recorded = LoggedDeliveries.of(flow.ledger.entries()).delivered.get((voucher.month, voucher.sequence))
    known = recorded == sha256
    yield Finding(
        "entry in the ledger",
        known,
        "the voucher as it stands" if known else "none" if recorded is None else "of another voucher",
    )
