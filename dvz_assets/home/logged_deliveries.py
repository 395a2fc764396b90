"""What the ledger says of deliveries: the intent before one appears, its entry after, and both compared with the home.

An intent commits to month, sequence and voucher and goes out with the delivery. Nothing is ever recorded as delivered
without the intent that was recorded before: a delivery that somebody has put into the home cannot get one.
Legal source: deliberation 18/055 of 8 May 2018 (each communication of data is logged).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import VOUCHER_FILE, LogProof, Voucher, found_vouchers
from dvz_assets.home.keys import signing_key
from dvz_assets.home.ledger import Entry, Event, Ledger
from dvz_assets.home.merkle import Proof
from dvz_assets.home.storage import Storage
from dvz_assets.months import Month
from dvz_assets.settings import Settings

COMMITMENT = "delivery"
SALT_BYTES = 16

Place = tuple[str, int]  # month and sequence of a delivery


def with_intent(settings: Settings, ledger: Ledger, voucher: Voucher) -> Voucher:
    """Record that a delivery will appear; return its voucher as it goes out, with proof of the entry, and signed."""
    salt = secrets.token_hex(SALT_BYTES)
    receipt = ledger.append(
        Event.DELIVERY_INTENDED,
        month=Month.parse(voucher.month),
        details={"sequence": voucher.sequence},
        commitments={COMMITMENT: voucher.commitment(salt)},
    )
    log = LogProof(salt=salt, entry=dict(receipt.line), proof=ledger.proof(receipt).as_text())
    return voucher.model_copy(update={"log": log}).signed(signing_key(settings))


def misfit(voucher: Voucher, log: LogProof) -> str | None:
    """Return why a voucher is not what its proof of the ledger is of; no signature is looked at. None when it is."""
    entry, place = log.entry, (voucher.month, voucher.sequence)
    try:
        if not Proof.from_text(log.proof).holds_for(Ledger.leaf(entry)):
            return "the proof does not lead from the entry to the checkpoint"
        if entry["event"] != Event.DELIVERY_INTENDED or (entry["month"], entry["details"]["sequence"]) != place:
            return "the entry is of another month or sequence, or no intent"
        if entry["commitments"][COMMITMENT] != voucher.commitment(log.salt):
            return "the entry is of another voucher"
    except (ValueError, KeyError, TypeError):
        return "not readable"
    return None


@dataclass(frozen=True)
class LoggedDeliveries:
    """What entries say of deliveries, by month and sequence."""

    intended: dict[Place, list[str]] = field(default_factory=dict)
    delivered: dict[Place, str] = field(default_factory=dict)
    purged: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "LoggedDeliveries":
        """Read them of the entries of a ledger, or of one month of it."""
        found = cls()
        for entry in entries:
            if entry.month is None:
                continue
            place = (entry.month, int(entry.details.get("sequence", 0)))
            if entry.event == Event.DELIVERY_INTENDED:
                found.intended.setdefault(place, []).append(entry.commitments[COMMITMENT])
            elif entry.event == Event.DELIVERED:
                # in entries of version 0.1.0 an output, not keyed
                found.delivered[place] = (entry.commitments or entry.outputs)[VOUCHER_FILE]
            elif entry.event == Event.PURGED and entry.details["what"] == "results":
                found.purged.add(entry.month)
        return found

    def is_recorded(self, place: Place, voucher: Voucher) -> bool:
        """Return whether exactly this voucher was recorded as delivered at this place."""
        return self.delivered.get(place) == voucher.sha256

    def is_intended(self, place: Place, voucher: Voucher) -> bool:
        """Return whether this voucher was intended at this place, which no other one has taken."""
        if voucher.log is None or place in self.delivered or place != (voucher.month, voucher.sequence):
            return False
        return voucher.commitment(voucher.log.salt) in self.intended.get(place, ())


def require_known(storage: Storage, ledger: Ledger, month: Month) -> list[Voucher]:
    """Return the deliveries of a month that were intended and are not yet recorded as delivered.

    Raises DvzError when one was neither recorded nor intended, or is another one than was recorded.
    """
    standing = found_vouchers(storage, month)
    logged = LoggedDeliveries.of(ledger.authentic_entries(month)) if standing else LoggedDeliveries()
    unrecorded = []
    for path in standing:
        place, voucher = (str(month), int(path.parent.name)), Voucher.from_bytes(path.read_bytes())
        if logged.is_recorded(place, voucher):
            continue
        if not logged.is_intended(place, voucher):
            raise DvzError(
                "DELIVERY_NOT_IN_LEDGER",
                place=f"delivery {month}/{path.parent.name}",
                expected="a delivery that the ledger recorded, or intended before it appeared",
                found="one that the ledger does not know, or knows otherwise",
                remedy="find out who put it there. Put the ledger back from the backup if that was lost; else move the "
                "folder away, and run the month again",
            )
        unrecorded.append(voucher)
    return unrecorded


def differences(storage: Storage, ledger: Ledger) -> list[str]:
    """Return in words what differs between the home and its ledger, by month, sequence and hash of the voucher."""
    logged = LoggedDeliveries.of(ledger.entries())
    standing = found_vouchers(storage)
    problems = [problem for path in standing if (problem := _difference(logged, path)) is not None]
    places = {_place(path) for path in standing}
    problems += [
        f"delivery {month}/{sequence:04d} is in the ledger and not in the home; it was deleted"
        for month, sequence in sorted(logged.delivered.keys() - places)
        if month not in logged.purged
    ]
    return problems


def _difference(logged: LoggedDeliveries, path: Path) -> str | None:
    place = _place(path)
    name = f"delivery {place[0]}/{path.parent.name}"
    try:
        voucher = Voucher.from_bytes(path.read_bytes())
    except ValueError:
        return f"{name} has a voucher that is not readable"
    if logged.is_recorded(place, voucher):
        return None if (voucher.month, voucher.sequence) == place else f"{name} is of another month or sequence"
    if logged.is_intended(place, voucher):
        return f"{name} is intended in the ledger and not recorded; run the month again, for a run died"
    if place in logged.delivered:
        return f"{name} is another one than the ledger recorded"
    return f"{name} is not in the ledger, and was never intended there: it is not of this data flow"


def _place(path: Path) -> Place:
    return path.parent.parent.name, int(path.parent.name)
