"""Everything ever sent about one person: the right of access (article 15 GDPR; deliberation 18/055, 34)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import EXPORT_FILE, PERIOD_FILE, read_csv, sent_files, written_deliveries
from dvz_assets.home.ledger import Event
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.outbound.holds import Hold
from dvz_assets.questions.corrections import Correction, corrections_about


@dataclass(frozen=True, slots=True)
class Sent:
    """One row of a delivery; ``grounds`` are known of the delivery in force alone.

    A delivery has several rows of a person whose numbers were replaced by one number after it was sent.
    """

    month: Month
    sequence: int
    regime: str
    created_at: str
    in_force: bool
    grounds: tuple[str, ...]
    columns: dict[str, str]
    periods: tuple[dict[str, str], ...]

    @property
    def created(self) -> datetime:
        """When the delivery was written."""
        return datetime.fromisoformat(self.created_at)

    def as_json(self) -> dict[str, Any]:
        """For scripts, and for the document."""
        return {
            "month": str(self.month),
            "delivery": f"{self.sequence:04d}",
            "regime": self.regime,
            "created_at": self.created_at,
            "in_force": self.in_force,
            "grounds": list(self.grounds),
            "sent": self.columns,
            "periods": list(self.periods),
        }


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody looked at data of the person: what for (an event of the ledger), and on which day.

    ``purpose`` is that of a consultation. Persons of the service are not named: they act for it.
    """

    what: str
    on: date
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """The answer: what all deliveries say of the person, what corrects it, and the months of which nothing is kept.

    ``holds`` are those of the person, ``uses`` what the ledger knows of others' questions.
    """

    sent: tuple[Sent, ...]
    corrections: tuple[Correction, ...]
    months_searched: int
    purged: tuple[Month, ...] = field(default=())
    holds: tuple[Hold, ...] = field(default=(), repr=False)
    uses: tuple[Use, ...] = ()


def everything_sent_about(flow: Flow, insz: str) -> Access:
    """Search all deliveries for every number that the person has or had; the question goes on record first."""
    flow.ledger.append(Event.ACCESS_ANSWERED, persons=[insz])
    numbers = _all_numbers(flow, insz)
    months = flow.lake.months("delivery")
    sent = [found for month in months for found in _of_month(flow, month, numbers)]
    return Access(
        tuple(sent),
        corrections_about(flow, numbers),
        len(months),
        tuple(sorted(flow.lake.purged_months())),
        tuple(each for each in flow.holds.all() if each.insz in numbers),
        tuple(_uses(flow, numbers)),
    )


def _uses(flow: Flow, numbers: set[str]) -> Iterator[Use]:
    hashes = {flow.ledger.keyed_hash(number) for number in numbers}
    for entry in flow.ledger.entries():
        if hashes & set(entry.persons):
            on = datetime.fromisoformat(entry.at).astimezone(BRUSSELS).date()
            purpose = entry.details.get("purpose") if entry.event == Event.CONSULTED else None
            yield Use(entry.event, on, None if purpose is None else str(purpose))


def _all_numbers(flow: Flow, insz: str) -> set[str]:
    months = flow.lake.months("identity_map")
    if not months:
        return {insz}
    links = flow.lake.scan("identity_map", months[-1]).collect()
    present = links.filter(pl.col("old_insz") == int(insz))["present_insz"].to_list() or [int(insz)]
    former = links.filter(pl.col("present_insz") == present[0])["old_insz"].to_list()
    return {f"{number:011d}" for number in (*present, *former)}


def _of_month(flow: Flow, month: Month, numbers: set[str]) -> list[Sent]:
    vouchers = written_deliveries(flow.storage, month)
    found = []
    for voucher in vouchers:
        files = sent_files(flow.settings.home, month, voucher.sequence)
        periods = read_csv(files[PERIOD_FILE])
        in_force = voucher is vouchers[-1]
        for row in read_csv(files[EXPORT_FILE]).filter(pl.col("insz").is_in(numbers)).rows(named=True):
            found.append(
                Sent(
                    month=month,
                    sequence=voucher.sequence,
                    regime=voucher.regime,
                    created_at=voucher.created_at,
                    in_force=in_force,
                    grounds=_grounds(flow, month, row["insz"]) if in_force else (),
                    columns=row,
                    periods=tuple(periods.filter(pl.col("insz") == row["insz"]).drop("insz").iter_rows(named=True)),
                )
            )
    return found


def _grounds(flow: Flow, month: Month, insz: str) -> tuple[str, ...]:
    decisions = flow.lake.scan("decisions", month)
    grounds = decisions.filter(pl.col("insz") == insz).select("grounds").collect()["grounds"].to_list()
    return tuple(grounds[0]) if grounds else ()
