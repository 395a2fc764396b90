"""The landing zone: where a delivery stands, and which months are delivered."""

from pathlib import Path

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.received import ReceivedFolder
from dvz_assets.months import Month

SOURCES = ("novaprima", "register")
VOUCHER_FILE = "voucher.json"


def month_folder(landing: Path, source: str, month: Month) -> ReceivedFolder:
    """Folder of one source and month."""
    return ReceivedFolder(landing, (source, str(month)))


def requests_folder(landing: Path) -> ReceivedFolder:
    """Folder of the requests for consultation."""
    return ReceivedFolder(landing, ("a036", "requests"))


def is_delivered(landing: Path, month: Month) -> bool:
    """Whether both vouchers are there; a folder without its voucher is still being written and not read."""
    return all(month_folder(landing, source, month).holds(VOUCHER_FILE) for source in SOURCES)


def delivered_months(landing: Path) -> list[Month]:
    """Delivered months in order; raises DeliveryError when there is no landing zone at all."""
    if not landing.is_dir():
        raise DeliveryError(
            "NO_LANDING_ZONE",
            place=str(landing),
            expected="a folder with novaprima/ and register/",
            found="no such folder",
            remedy="correct --landing (or DVZ_LANDING), or mount the folder",
        )
    months = (_month(name) for name in ReceivedFolder(landing, SOURCES[:1]).names())
    return sorted(month for month in months if month is not None and is_delivered(landing, month))


def _month(name: str) -> Month | None:
    try:
        return Month.parse(name)
    except ValueError:
        return None
