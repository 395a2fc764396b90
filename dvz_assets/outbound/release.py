"""Release and rejection: what the desk decides of a delivery that was prepared.

An approval is an Ed25519 signature over the hash of the voucher, which names every file by its own hash, so that it
holds for these bytes alone. As many approvers as the setting asks for have to give one; a key counts once, and the key
of whoever ran the month never. Rules.md, section 9.
"""

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import VOUCHER_FILE
from dvz_assets.home.keys import public_key_of_setting
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import exclusive
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.references import require_reference
from dvz_assets.outbound.states import SEQUENCE, Approval, DeliveryState, State, find
from dvz_assets.settings import Settings

LOCK = "outbound"


def release(
    settings: Settings, ledger: Ledger, month: Month, sequence: int | None, key: Ed25519PrivateKey | None
) -> DeliveryState:
    """Approve a delivery, and release it when nothing is missing any more; return what it is now.

    Without approvers in the settings a release is an entry of the ledger without signature. Raises DvzError when the
    delivery is not PREPARED, when the key is no approver's, or when it has approved before.
    """
    approvers = approvers_by_key(settings)
    with exclusive(settings, LOCK):
        delivery = find(ledger, month, sequence)
        delivery.require(State.RELEASED)
        if approvers:
            _approve(settings, ledger, delivery, key, approvers)
            delivery = find(ledger, month, delivery.sequence)
        if missing_approvals(settings, delivery) == 0:
            details = {SEQUENCE: delivery.sequence, "approvals": len(counted(settings, delivery))}
            ledger.append(Event.RELEASED, month=month, inputs={VOUCHER_FILE: delivery.voucher_sha256}, details=details)
            reached("release: entered")
        return find(ledger, month, delivery.sequence)


def reject(settings: Settings, ledger: Ledger, month: Month, sequence: int | None, reference: str) -> DeliveryState:
    """Let a delivery never leave; running the month again prepares the next one. Raises DvzError when it has left."""
    require_reference(reference)
    with exclusive(settings, LOCK):
        delivery = find(ledger, month, sequence)
        delivery.require(State.REJECTED)
        ledger.append(
            Event.REJECTED,
            month=month,
            inputs={VOUCHER_FILE: delivery.voucher_sha256},
            details={SEQUENCE: delivery.sequence, "reference": reference},
        )
        reached("rejection: entered")
        return find(ledger, month, delivery.sequence)


def approvers_by_key(settings: Settings) -> Mapping[str, str]:
    """Return the functions of the approvers by public key, in base64, without the key of whoever runs the months.

    Raises DvzError when a key cannot be read, or when two approvers have the same.
    """
    keys = [_text(public_key_of_setting("approvers", each.key)) for each in settings.approvers]
    if len(set(keys)) < len(keys):
        raise DvzError(
            "INVALID_KEY",
            place="approvers",
            expected="a key of its own for each approver",
            found="one key twice",
            remedy="correct the setting; an approval is that of one person",
        )
    ran = None if settings.run_key is None else _text(public_key_of_setting("run_key", settings.run_key))
    return {key: each.function for key, each in zip(keys, settings.approvers, strict=True) if key != ran}


def counted(settings: Settings, delivery: DeliveryState) -> tuple[Approval, ...]:
    """Return the approvals that count: by approvers of the settings, with a signature that fits, one for each key."""
    approvers = approvers_by_key(settings)
    valid = {
        each.key: each
        for each in reversed(delivery.approvals)
        if each.key in approvers and signature_fits(each, delivery.voucher_sha256)
    }
    return tuple(reversed(valid.values()))


def missing_approvals(settings: Settings, delivery: DeliveryState) -> int:
    """Return how many approvals a prepared delivery lacks: an explicit release is by one approver at least."""
    if not settings.approvers:
        return 0
    return max(0, max(1, settings.approvals_required) - len(counted(settings, delivery)))


def signature_fits(approval: Approval, voucher_sha256: str) -> bool:
    """Return whether the holder of the key has signed the hash of this voucher."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(approval.key, validate=True))
        key.verify(base64.b64decode(approval.signature, validate=True), signed_text(voucher_sha256))
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_text(voucher_sha256: str) -> bytes:
    """Return what an approver signs; it begins with what it is, so that no other signature can stand for it."""
    return f"release {voucher_sha256}".encode()


def _approve(
    settings: Settings,
    ledger: Ledger,
    delivery: DeliveryState,
    key: Ed25519PrivateKey | None,
    approvers: Mapping[str, str],
) -> None:
    if key is None:
        raise _refused(delivery, "APPROVAL_NEEDS_A_KEY", "the private key of an approver", "none", "give it with --key")
    own = _text(key.public_key())
    if own not in approvers:
        raise _refused(
            delivery,
            "NO_APPROVER",
            "a key of the setting approvers that is not the run_key",
            "another key",
            "have an approver release it; whoever runs the months does not",
        )
    if own in {each.key for each in counted(settings, delivery)}:
        if missing_approvals(settings, delivery) == 0:
            return  # a crash kept its release out of the ledger
        raise _refused(
            delivery, "APPROVED_BEFORE", "a key that has not approved it", "one that has", "have another approver do it"
        )
    ledger.append(
        Event.APPROVED,
        month=delivery.month,
        inputs={VOUCHER_FILE: delivery.voucher_sha256},
        details={
            SEQUENCE: delivery.sequence,
            "function": approvers[own],
            "key": own,
            "signature": base64.b64encode(key.sign(signed_text(delivery.voucher_sha256))).decode(),
        },
    )
    reached("approval: entered")


def _refused(delivery: DeliveryState, code: str, expected: str, found: str, remedy: str) -> DvzError:
    return DvzError(code, place=f"delivery {delivery.name}", expected=expected, found=found, remedy=remedy)


def _text(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()
