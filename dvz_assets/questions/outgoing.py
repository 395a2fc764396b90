"""What a releaser looks at before a delivery leaves, and how the deliveries of a home stand. It changes nothing.

Counts are protected; who was added, removed or changed is told only where it is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.flow.checks import stored_failures
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import changes_between
from dvz_assets.flow.drift import what_stands_out
from dvz_assets.flow.staleness import stale_months
from dvz_assets.home.deliveries import (
    CHANGES,
    CORRECTIONS_FILE,
    Voucher,
    read_csv,
    sent_files,
    written_deliveries,
)
from dvz_assets.months import Month
from dvz_assets.outbound.acknowledgements import FOLDER, read_answer
from dvz_assets.outbound.corrections import COLUMNS
from dvz_assets.outbound.release import counted, missing_approvals
from dvz_assets.outbound.states import DeliveryState, State, delivery_states, find
from dvz_assets.settings import Settings
from dvz_assets.tables.protection import Protection

MONTHS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery: its state, what it lacks, and whether its answer is overdue; ``historical`` is None when purged."""

    delivery: DeliveryState
    historical: bool | None
    approvals: tuple[str, ...]
    missing: int
    overdue: bool

    @property
    def waits_as_historical(self) -> bool:
        """Whether it is historical and waits for its explicit release."""
        return bool(self.historical) and self.delivery.state is State.PREPARED

    @property
    def waits_for(self) -> str:
        """What has to come next, in words."""
        match self.delivery.state:
            case State.PREPARED:
                return f"{self.missing} more to approve" if self.missing else "an explicit release"
            case State.RELEASED:
                return "transmission"
            case State.TRANSMITTED:
                return "the receiver's answer" + (", overdue" if self.overdue else "")
            case State.REFUSED | State.REJECTED:
                return "another run of the month"
            case _:
                return "nothing"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        times = {state.value: time.isoformat() for state, time in self.delivery.times.items()}
        return {
            "month": str(self.delivery.month),
            "sequence": self.delivery.sequence,
            "state": self.delivery.state.value,
            "historical": self.historical,
            "voucher_sha256": self.delivery.voucher_sha256,
            "times": times,
            "approvals": list(self.approvals),
            "missing_approvals": self.missing,
            "overdue": self.overdue,
            "waits_for": self.waits_for,
        }


def outgoing_deliveries(flow: Flow) -> list[Outgoing]:
    """Return all deliveries that the ledger knows, in the sequence of the months; those that were purged too."""
    now = datetime.now(UTC)
    found = []
    for month, states in delivery_states(flow.ledger).items():
        vouchers = {each.sequence: each for each in written_deliveries(flow.storage, month)}
        found += [outgoing(flow, each, vouchers.get(each.sequence), now) for each in states]
    return found


def outgoing(flow: Flow, delivery: DeliveryState, voucher: Voucher | None, now: datetime) -> Outgoing:
    """Return how one delivery stands."""
    approvals = counted(flow.settings, delivery)
    return Outgoing(
        delivery,
        None if voucher is None else bool(voucher.historical),
        tuple(each.function for each in approvals),
        missing_approvals(flow.settings, delivery) if delivery.state is State.PREPARED else 0,
        delivery.is_overdue(now, flow.settings.acknowledge_within_days),
    )


def voucher_of(flow: Flow, delivery: DeliveryState) -> Voucher:
    """Return the voucher of a delivery; raises DvzError when it does not stand in the home any more."""
    for voucher in written_deliveries(flow.storage, delivery.month):
        if voucher.sequence == delivery.sequence:
            return voucher
    raise DvzError(
        "DELIVERY_GONE",
        place=f"delivery {delivery.name}",
        expected="its folder in the home",
        found="none",
        remedy="it was purged, or has to be put back from the backup",
    )


def what_to_release(
    flow: Flow, month: Month, sequence: int | None, protection: Protection | None = None
) -> dict[str, Any]:
    """Return what a releaser looks at, counts as they may be shown; raises DvzError when there is no such delivery."""
    protection = protection or flow.protection
    delivery = find(flow.ledger, month, sequence)
    voucher = voucher_of(flow, delivery)
    found = what_stands_out(flow, month, protection)
    stale = {each.month: f"{each.asset}: {each.reason}" for each in stale_months(flow)}
    return {
        **outgoing(flow, delivery, voucher, datetime.now(UTC)).as_json(),
        "regime": voucher.regime,
        "files": [file.name for file in voucher.files],
        "persons": {str(each): protection.count(_persons(flow, each, delivery)) for each in _months(flow, month)},
        "by_category_and_ground": _by_category_and_ground(flow, month, protection),
        "against_the_delivery_before": protection.together(_differences(voucher)),
        "against_the_month_before": protection.together(_against_the_month_before(flow, month)),
        "corrections": _corrections(flow, delivery, protection),
        "withheld": protection.count(_withheld(flow, month)),
        "stands_out": None if found is None else [each.as_json() for each in found],
        "failed_checks": stored_failures(flow, month),
        "stale": stale.get(month),
        "reason_of_refusal": _reason(flow.settings, delivery),
    }


def persons_of(flow: Flow, month: Month, sequence: int | None) -> dict[str, list[str]]:
    """Return who was added, removed or changed against the delivery before, or who is sent in the first one."""
    delivery = find(flow.ledger, month, sequence)
    voucher_of(flow, delivery)
    files = sent_files(flow.settings.home, month, delivery.sequence)
    nobody = {name: content.splitlines(keepends=True)[0] for name, content in files.items()}
    before = sent_files(flow.settings.home, month, delivery.sequence - 1) if delivery.sequence > 1 else nobody
    changes = changes_between(before, files)
    return {kind: changes.filter(pl.col("change") == kind)["insz"].to_list() for kind in CHANGES}


def corrections_of(flow: Flow, month: Month, sequence: int | None) -> list[dict[str, str | None]]:
    """Return the rows of the file of corrections of a delivery, as it was written."""
    return _corrections_file(flow, find(flow.ledger, month, sequence)).to_dicts()


def _corrections(flow: Flow, delivery: DeliveryState, protection: Protection) -> list[dict[str, Any]]:
    counts = _corrections_file(flow, delivery).group_by("kind", "reason").len().sort("kind", "reason")
    return [
        {"kind": kind, "reason": reason, "persons": protection.count(persons)}
        for kind, reason, persons in counts.iter_rows()
    ]


def _corrections_file(flow: Flow, delivery: DeliveryState) -> pl.DataFrame:
    content = sent_files(flow.settings.home, delivery.month, delivery.sequence).get(CORRECTIONS_FILE)
    return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)) if content is None else read_csv(content)


def _months(flow: Flow, month: Month) -> Sequence[Month]:
    return [each for each in Month.range(month.minus(MONTHS_BEFORE), month) if flow.lake.has("dvz_export", each)]


def _persons(flow: Flow, month: Month, delivery: DeliveryState) -> int:
    if month == delivery.month:
        return voucher_of(flow, delivery).control_totals.persons
    return int(flow.lake.scan("dvz_export", month).select(pl.len()).collect().item())


def _by_category_and_ground(flow: Flow, month: Month, protection: Protection) -> list[dict[str, Any]]:
    """Of the month as it stands; a person with several grounds counts under each."""
    counts = (
        flow.lake.scan("decisions", month)
        .filter(pl.col("outcome") == "SENT")
        .explode("grounds")
        .group_by("category", "grounds")
        .len()
        .sort("category", "grounds")
        .collect()
    )
    return [
        {"category": category, "ground": ground, "persons": protection.count(persons)}
        for category, ground, persons in counts.iter_rows()
    ]


def _differences(voucher: Voucher) -> Mapping[str, int]:
    changes = voucher.differences
    return {} if changes is None else {change: changes.count(change) for change in CHANGES}


def _against_the_month_before(flow: Flow, month: Month) -> Mapping[str, int]:
    before = month.previous()
    if not flow.lake.has("dvz_export", before):
        return {}
    now, then = (set(flow.lake.scan("dvz_export", each).collect()["insz"]) for each in (month, before))
    return {"added": len(now - then), "removed": len(then - now)}


def _withheld(flow: Flow, month: Month) -> int:
    decisions = flow.lake.scan("decisions", month).filter(pl.col("outcome") == "WITHHELD")
    return int(decisions.select(pl.len()).collect().item())


def _reason(settings: Settings, delivery: DeliveryState) -> str | None:
    """Why the receiver has refused it, while its answer stands in the landing zone."""
    path = settings.landing / FOLDER / str(delivery.month) / f"{delivery.number}.json"
    if State.REFUSED not in delivery.times or not path.exists():
        return None
    answer = read_answer(settings.landing, path)
    return answer.reason if answer.in_ledger(settings) == delivery.answer else None
