"""All files of a source that a month uses are of one delivery: a re-delivery may come while a run is between two reads.

A delivery bears one voucher, and each raw partition the hash of the voucher with which it was taken.
"""

import hashlib

from dvz_assets.errors import DeliveryError
from dvz_assets.home.lake import Lake
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
from dvz_assets.landing.voucher import Voucher
from dvz_assets.landing.zone import VOUCHER_FILE
from dvz_assets.months import Month

UNREADABLE = "unreadable"


def voucher_hash(folder: ReceivedFolder) -> str:
    """Hash of the voucher that now stands in a folder; empty where there is none, UNREADABLE where it cannot be read.

    What is unreadable is no delivery that was taken: whoever compares sees a change, and a run says what is wrong.
    """
    if not folder.holds(VOUCHER_FILE):
        return ""
    try:
        return hashlib.sha256(folder.read(VOUCHER_FILE, MAX_JSON_BYTES)).hexdigest()
    except DeliveryError:
        return UNREADABLE


def require_same_voucher(folder: ReceivedFolder, voucher: Voucher, month: Month) -> None:
    """Raise DeliveryError when the voucher is another one now that a file has been read under it."""
    if voucher_hash(folder) != voucher.sha256:
        raise _changed(voucher.source, month, "another voucher, or none, after a file was read under the first")


def require_one_delivery(lake: Lake, source: str, assets: tuple[str, ...], month: Month) -> None:
    """Raise DeliveryError when raw partitions of a source were taken with different vouchers."""
    vouchers = {lake.manifest(asset, month).inputs["voucher"] for asset in assets}
    if len(vouchers) > 1:
        raise _changed(source, month, f"{' and '.join(assets)} of different deliveries")


def _changed(source: str, month: Month, found: str) -> DeliveryError:
    return DeliveryError(
        "DELIVERY_CHANGED",
        place=f"{source}, month {month}",
        expected="all files of one delivery",
        found=found,
        remedy=f"see that the re-delivery is complete, and run the month again: dvz run --month {month}",
    )
