"""Time stamping: gets the vouchers that have none a time stamp, where the settings name an authority.

Nothing ever waits for it. A run asks at its end for all deliveries without one, a transmission for its own, and
``dvz delivery stamp`` at any time; at the first trouble the others are left for the next time.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import found_vouchers
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.storage import Storage
from dvz_assets.home.time_stamps import TIME_STAMP_FILE, certificates, stamped_at, time_stamp
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.states import SEQUENCE
from dvz_assets.settings import Settings


@dataclass(frozen=True, slots=True)
class Stamped:
    """Deliveries that have one now and deliveries that have none yet, by month and sequence; and what went wrong."""

    stamped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    trouble: DvzError | None = None

    def __str__(self) -> str:
        """Return it in words; empty when there was nothing to do."""
        done = [f"{len(self.stamped)} time-stamped"] if self.stamped else []
        return "; ".join([*done, *([f"without a time stamp: {len(self.missing)}"] if self.missing else [])])


def stamp_missing(settings: Settings, storage: Storage, ledger: Ledger, month: Month | None = None) -> Stamped:
    """Ask for the time stamps that are missing, of all deliveries or of those of a month, oldest first.

    Does nothing where the settings name no authority. Raises nothing for any trouble: what is wrong is returned.
    """
    authority, file = settings.time_stamp_authority, settings.time_stamp_certificates
    if authority is None or file is None:
        return Stamped()
    waiting = [path for path in found_vouchers(storage, month) if not (path.parent / TIME_STAMP_FILE).exists()]
    done = 0
    try:
        trusted = certificates(file) if waiting else []
        for path in waiting:
            content = path.read_bytes()
            answer = time_stamp(content, authority, trusted)
            _record(ledger, path, answer, stamped_at(answer, content, trusted).isoformat())
            storage.write_whole(path.parent / TIME_STAMP_FILE, answer, "time stamp: written")
            done += 1
    except DvzError as error:
        return Stamped(_names(waiting[:done]), _names(waiting[done:]), error)
    return Stamped(_names(waiting))


def _record(ledger: Ledger, voucher: Path, answer: bytes, time: str) -> None:
    """On record before it is there: of a crash in between another entry comes, and nothing else."""
    ledger.append(
        Event.TIME_STAMPED,
        month=Month.parse(voucher.parent.parent.name),
        outputs={TIME_STAMP_FILE: hashlib.sha256(answer).hexdigest()},
        details={SEQUENCE: int(voucher.parent.name), "time": time},
    )
    reached("time stamp: entered")


def _names(vouchers: Sequence[Path]) -> tuple[str, ...]:
    return tuple(f"{path.parent.parent.name}/{path.parent.name}" for path in vouchers)
