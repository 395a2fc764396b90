"""Which corrections a delivery tells: of signals that have left, and each once (contract, section 5.3).

A signal has left when a delivery of its month that was transmitted holds the number. A correction has been told when a
delivery that was transmitted, of whichever month, holds it; one that the receiver has refused told nobody. A signal is
withdrawn once, whatever the reason, and a replacement is told once of each pair of numbers (rules.md, section 8).
"""

from collections.abc import Collection, Sequence

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import CORRECTIONS_FILE, EXPORT_FILE, read_csv, sent_files, written_deliveries
from dvz_assets.home.lake import Lake
from dvz_assets.home.ledger import Ledger
from dvz_assets.home.storage import Storage
from dvz_assets.months import Month
from dvz_assets.outbound.states import DeliveryState, State, delivery_states

CORRECTIONS = "corrections"
COLUMNS = ("insz", "month_sent", "kind", "reason", "insz_now")
KEY = ("insz", "month_sent", "kind")
WITHDRAWN = "WITHDRAWN"

Told = tuple[str, str, str]


def corrections_to_tell(
    lake: Lake, storage: Storage, ledger: Ledger, month: Month, *, without: int | None = None
) -> pl.DataFrame:
    """Return the rows that a delivery of ``month`` tells now, as text, sorted: grain one row per correction.

    What the delivery of the month with the sequence ``without`` has told counts as not told.
    """
    found = _corrections(lake, month)
    left = _left(ledger) if found.height else []
    told = _told(storage, [each for each in left if (each.month, each.sequence) != (month, without)])
    numbers = {
        of_month: _numbers(storage, [each for each in left if each.month.yyyymm == of_month])
        for of_month in found["month_sent"].unique()
    }
    return found.filter(
        [_what(row) not in told and row["insz"] in numbers[row["month_sent"]] for row in found.iter_rows(named=True)]
    )


def require_untold(storage: Storage, ledger: Ledger, delivery: DeliveryState) -> None:
    """Raise DvzError when a delivery that is to leave tells what another one has told since it was prepared."""
    rows = _rows(storage, delivery)
    if rows is None or not rows.height:
        return
    again = _told(storage, _left(ledger)) & {_what(row) for row in rows.iter_rows(named=True)}
    if again:
        raise DvzError(
            "CORRECTION_TOLD_BEFORE",
            place=f"delivery {delivery.name}",
            expected=f"corrections in {CORRECTIONS_FILE} that nobody was told of",
            found=f"{len(again)} that another delivery has told since this one was prepared",
            remedy=f"run the month again: dvz run --month {delivery.month}; each correction is told once",
        )


def _corrections(lake: Lake, month: Month) -> pl.DataFrame:
    """All corrections that the months up to this one say."""
    columns = [pl.col("month_sent").dt.strftime("%Y%m") if name == "month_sent" else pl.col(name) for name in COLUMNS]
    found = [pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))]
    found += [
        lake.scan(CORRECTIONS, each).select(columns).collect() for each in lake.months(CORRECTIONS) if each <= month
    ]
    return pl.concat(found).sort(KEY)


def _left(ledger: Ledger) -> list[DeliveryState]:
    return [each for of_month in delivery_states(ledger).values() for each in of_month if each.has_left]


def _told(storage: Storage, left: Sequence[DeliveryState]) -> set[Told]:
    told: set[Told] = set()
    for delivery in left:
        rows = _rows(storage, delivery) if State.REFUSED not in delivery.times else None
        if rows is not None:
            told |= {_what(row) for row in rows.iter_rows(named=True)}
    return told


def _what(row: dict[str, str]) -> Told:
    """What is told once: a number in a month, or a number and the one that took its place."""
    return (row["kind"], row["insz"], row["month_sent"] if row["kind"] == WITHDRAWN else row["insz_now"])


def _numbers(storage: Storage, left: Sequence[DeliveryState]) -> Collection[str]:
    exports = [files[EXPORT_FILE] for each in left if (files := _files(storage, each)) is not None]
    return {insz for content in exports for insz in read_csv(content)["insz"]}


def _rows(storage: Storage, delivery: DeliveryState) -> pl.DataFrame | None:
    files = _files(storage, delivery)
    return None if files is None or CORRECTIONS_FILE not in files else read_csv(files[CORRECTIONS_FILE])


def _files(storage: Storage, delivery: DeliveryState) -> dict[str, bytes] | None:
    """The files of a delivery; None where they were purged."""
    standing = {voucher.sequence for voucher in written_deliveries(storage, delivery.month)}
    return sent_files(storage.home, delivery.month, delivery.sequence) if delivery.sequence in standing else None
