"""Transmission: puts a released delivery into the outbox, files first and voucher last, once and for good.

An attempt that broke off leaves files without a voucher, which is no delivery; the next one goes on from them. When the
voucher is there and the ledger does not say so, a crash came between: what is there is verified and entered. Contract,
section 5.3; rules.md, section 9: nothing leaves before it is released.
"""

import hashlib
from collections.abc import Mapping

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import EXPORT_FILE, VOUCHER_FILE, Voucher, delivery_folder, read_csv, sent_files
from dvz_assets.home.lake import Lake
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import exclusive, hold_months, release_months
from dvz_assets.home.storage import storage_of
from dvz_assets.home.time_stamps import TIME_STAMP_FILE
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.corrections import require_untold
from dvz_assets.outbound.holds import Holds
from dvz_assets.outbound.outbox import Outbox, opened
from dvz_assets.outbound.release import LOCK
from dvz_assets.outbound.states import SEQUENCE, DeliveryState, State, delivery_states, find
from dvz_assets.outbound.time_stamping import stamp_missing
from dvz_assets.settings import Settings

IDENTITY_MAP = "identity_map"
BY_HAND = "by hand"
BY_OUTBOX = "outbox"


def ready(ledger: Ledger) -> list[DeliveryState]:
    """Return the deliveries that may leave now, in the sequence of the months."""
    return [each for month in delivery_states(ledger).values() for each in month if each.state is State.RELEASED]


def transmit(
    settings: Settings, ledger: Ledger, month: Month, sequence: int | None, *, done_by_hand: bool = False
) -> DeliveryState:
    """Put a released delivery into the outbox, or enter that somebody has sent it; return what it is now.

    No run of the month prepares another delivery meanwhile. Raises DvzError, with nothing there that looks complete,
    when the delivery is not RELEASED, when it is not what the ledger says, when somebody in it is withheld by now,
    when it tells what was told meanwhile, or for any trouble with the outbox.
    """
    with exclusive(settings, LOCK):
        try:
            hold_months(settings, [month], "transmission")
            delivery = find(ledger, month, sequence)
            delivery.require(State.TRANSMITTED)
            stamp_missing(settings, storage_of(settings), ledger, month)
            files = files_of(settings, delivery)
            if not done_by_hand:  # what somebody has sent has left, whatever should have kept it here
                _require_nobody_withheld(settings, ledger, delivery)
                require_untold(storage_of(settings), ledger, delivery)
                with opened(settings) as outbox:
                    _put(outbox, delivery, files)
            ledger.append(
                Event.TRANSMITTED,
                month=month,
                outputs={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
                details={SEQUENCE: delivery.sequence, "way": BY_HAND if done_by_hand else BY_OUTBOX},
            )
            reached("transmission: entered")
        finally:
            release_months()
        return find(ledger, month, delivery.sequence)


def files_of(settings: Settings, delivery: DeliveryState) -> Mapping[str, bytes]:
    """Return what goes to the receiver: the files that the voucher names, its time stamp, and itself at the end.

    Raises DvzError when a file is not what the voucher says, or the voucher not what the ledger says.
    """
    folder = delivery_folder(settings.home, delivery.month) / delivery.number
    try:
        voucher = (folder / VOUCHER_FILE).read_bytes()
        if hashlib.sha256(voucher).hexdigest() != delivery.voucher_sha256:
            raise _changed(delivery, VOUCHER_FILE)
        files = {}
        for file in Voucher.from_bytes(voucher).files:
            files[file.name] = (folder / file.name).read_bytes()
            if hashlib.sha256(files[file.name]).hexdigest() != file.sha256:
                raise _changed(delivery, file.name)
    except FileNotFoundError:
        raise _changed(delivery, "a file") from None
    stamp = folder / TIME_STAMP_FILE
    stamps = {TIME_STAMP_FILE: stamp.read_bytes()} if stamp.exists() else {}
    return {**files, **stamps, VOUCHER_FILE: voucher}


def _require_nobody_withheld(settings: Settings, ledger: Ledger, delivery: DeliveryState) -> None:
    """A person may have been put on the list after the month was run."""
    numbers = set(Holds(settings, ledger).withheld(delivery.month))
    lake = Lake(storage_of(settings))
    if numbers and lake.has(IDENTITY_MAP, delivery.month):
        links = lake.scan(IDENTITY_MAP, delivery.month).select("old_insz", "present_insz").collect().iter_rows()
        numbers |= {f"{present:011d}" for old, present in links if f"{old:011d}" in numbers}
    sent = read_csv(sent_files(settings.home, delivery.month, delivery.sequence)[EXPORT_FILE])
    if sent["insz"].is_in(list(numbers)).any():
        raise DvzError(
            "PERSON_WITHHELD",
            place=f"delivery {delivery.name}",
            expected="nobody who is on the list of persons withheld",
            found="persons who were put there after it was prepared",
            remedy=f"run the month again: dvz run --month {delivery.month}; what it prepares leaves them out",
        )


def _put(outbox: Outbox, delivery: DeliveryState, files: Mapping[str, bytes]) -> None:
    name = str(delivery.name)
    voucher = outbox.content(f"{name}/{VOUCHER_FILE}")
    if voucher not in (None, files[VOUCHER_FILE]):
        raise DvzError(
            "OUTBOX_OCCUPIED",
            place=f"outbox, {name}",
            expected="nothing, or this delivery",
            found="the voucher of another one",
            remedy="see who has put it there; nothing is ever sent twice under one name",
        )
    for file, content in files.items():
        if file != VOUCHER_FILE and outbox.content(f"{name}/{file}") != content:
            # a time stamp may have come after an attempt that put the voucher there
            if voucher is not None and file != TIME_STAMP_FILE:
                raise _changed(delivery, f"{file} in the outbox")
            outbox.put(f"{name}/{file}", content)
    if voucher is None:
        outbox.put_whole(f"{name}/{VOUCHER_FILE}", files[VOUCHER_FILE])


def _changed(delivery: DeliveryState, file: str) -> DvzError:
    return DvzError(
        "DELIVERY_CHANGED",
        place=f"delivery {delivery.name}",
        expected="the files as they were prepared, with the hashes of the voucher and of the ledger",
        found=f"{file} missing, or another",
        remedy="put the delivery back from the backup; one that was changed never leaves",
    )
