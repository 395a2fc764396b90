"""What later months say of signals about one person, and which deliveries have told it. It changes nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import CORRECTIONS_FILE, read_csv, sent_files, written_deliveries
from dvz_assets.months import Month
from dvz_assets.outbound.corrections import CORRECTIONS
from dvz_assets.words.texts import listed, say, word
from dvz_assets.words.texts import month as month_in_words

REPLACED = "RENUMBERED"


@dataclass(frozen=True, slots=True)
class Correction:
    """What ``month`` says of the signal of ``month_sent``; ``deliveries`` are those whose file holds it."""

    month: str
    month_sent: str
    kind: str
    reason: str
    insz_now: str | None = field(repr=False)
    deliveries: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "month": self.month,
            "month_sent": self.month_sent,
            "kind": self.kind,
            "reason": self.reason,
            "insz_now": self.insz_now,
            "deliveries": list(self.deliveries),
        }

    def as_text(self) -> str:
        """For people: what became of the signal, when, why, and who was told."""
        if self.kind == REPLACED:
            what = say("its number was replaced by {number}", number=self.insz_now)
        else:
            what = say("the signal was taken back")
        if self.deliveries:
            told = say("it stands in delivery {names}", names=listed(self.deliveries))
        else:
            told = say("it stands in no delivery")
        return say(
            "{month}: {what} ({kind}, {reason}); {told}",
            month=month_in_words(Month.parse(self.month)),
            what=what,
            kind=word("correction", self.kind),
            reason=word("correction_reason", self.reason),
            told=told,
        )


def corrections_about(flow: Flow, numbers: Collection[str]) -> tuple[Correction, ...]:
    """Return all corrections of signals that were sent under one of these numbers, in the sequence of the months."""
    return tuple(each for month in flow.lake.months(CORRECTIONS) for each in _of_month(flow, month, numbers))


def _of_month(flow: Flow, month: Month, numbers: Collection[str]) -> Iterator[Correction]:
    rows = flow.lake.scan(CORRECTIONS, month).filter(pl.col("insz").is_in(list(numbers))).collect()
    for row in rows.iter_rows(named=True):
        yield Correction(
            month=str(month),
            month_sent=f"{row['month_sent']:%Y-%m}",
            kind=row["kind"],
            reason=row["reason"],
            insz_now=row["insz_now"],
            deliveries=tuple(_told_in(flow, month, row)),
        )


def _told_in(flow: Flow, first: Month, row: dict[str, Any]) -> Iterator[str]:
    """No delivery of a month before the one that says it holds it."""
    told = {"insz": row["insz"], "month_sent": f"{row['month_sent']:%Y%m}", "kind": row["kind"]}
    for month in (each for each in flow.lake.months("delivery") if each >= first):
        for voucher in written_deliveries(flow.storage, month):
            files = sent_files(flow.settings.home, month, voucher.sequence)
            if CORRECTIONS_FILE in files and read_csv(files[CORRECTIONS_FILE]).filter(**told).height:
                yield f"{month}/{voucher.number}"
