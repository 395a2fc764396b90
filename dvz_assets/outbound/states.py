"""In which state each delivery is, and which steps may follow: all of it derived from the ledger, which is the record.

A step is an entry of the ledger; no state is stored anywhere else, so that none can contradict the record. REPLACED is
no entry: it follows from a later delivery of the month. Contract, section 5.3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import VOUCHER_FILE
from dvz_assets.home.ledger import Entry, Event, Ledger
from dvz_assets.months import Month


class State(StrEnum):
    """The states of a delivery."""

    PREPARED = "PREPARED"
    RELEASED = "RELEASED"
    TRANSMITTED = "TRANSMITTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"  # by the receiver
    REJECTED = "REJECTED"  # by the desk
    REPLACED = "REPLACED"


# which step may follow on which state
FOLLOWS: Mapping[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.RELEASED, State.REJECTED, State.REPLACED}),
    State.RELEASED: frozenset({State.TRANSMITTED, State.REJECTED, State.REPLACED}),
    State.TRANSMITTED: frozenset({State.ACKNOWLEDGED, State.REFUSED, State.REPLACED}),
    State.ACKNOWLEDGED: frozenset({State.REPLACED}),
    State.REFUSED: frozenset({State.REPLACED}),
    State.REJECTED: frozenset({State.REPLACED}),
    State.REPLACED: frozenset(),
}
STEPS = {
    Event.DELIVERED.value: State.PREPARED,
    Event.RELEASED.value: State.RELEASED,
    Event.REJECTED.value: State.REJECTED,
    Event.TRANSMITTED.value: State.TRANSMITTED,
    Event.ACKNOWLEDGED.value: State.ACKNOWLEDGED,
    Event.REFUSED.value: State.REFUSED,
}
# after these a run of the month prepares the next delivery, even with the same result
TAKEN_BACK = (State.REFUSED, State.REJECTED)
# the data have left the home, whatever came afterwards
LEFT = State.TRANSMITTED
REMEDIES = {
    State.RELEASED: "look at `dvz delivery list`; only what is PREPARED can be released",
    State.REJECTED: "look at `dvz delivery list`; what has left is taken back by running the month again",
    State.TRANSMITTED: "release it first (`dvz delivery release`); what was refused or replaced is never sent again",
}

# details of an entry
SEQUENCE = "sequence"
APPROVALS_REQUIRED = "approvals_required"
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Approval:
    """A signature of an approver over the hash of a voucher; ``key`` and ``signature`` are base64."""

    function: str
    key: str
    signature: str
    at: str


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery as the ledger knows it; ``times`` are those of the steps that were taken, in UTC."""

    month: Month
    sequence: int
    voucher_sha256: str
    state: State = State.PREPARED
    times: Mapping[State, datetime] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    answer: str | None = None

    @property
    def number(self) -> str:
        """The sequence as it is written: the name of the delivery's folder."""
        return f"{self.sequence:04d}"

    @property
    def name(self) -> str:
        """Month and number, as people call it."""
        return f"{self.month}/{self.number}"

    @property
    def has_left(self) -> bool:
        """Whether it was transmitted, whatever came afterwards."""
        return LEFT in self.times

    def require(self, step: State) -> None:
        """Raise DvzError when the step may not follow on the state."""
        if step not in FOLLOWS[self.state]:
            allowed = sorted(state for state, following in FOLLOWS.items() if step in following)
            raise DvzError(
                "WRONG_STATE",
                place=f"delivery {self.name}",
                expected=f"the state {' or '.join(allowed)}, on which {step} may follow",
                found=self.state,
                remedy=REMEDIES.get(step, "look at `dvz delivery list`"),
            )

    def is_overdue(self, now: datetime, days: int) -> bool:
        """Whether the receiver has not answered within so many days after the transmission."""
        return self.state is State.TRANSMITTED and now > self.times[LEFT] + timedelta(days=days)


def delivery_states(ledger: Ledger) -> dict[Month, tuple[DeliveryState, ...]]:
    """Return all deliveries of the ledger by month, oldest first."""
    return states_of(ledger.entries())


def states_of_month(ledger: Ledger, month: Month) -> tuple[DeliveryState, ...]:
    """Return the deliveries of a month, oldest first; empty when the ledger knows none."""
    return delivery_states(ledger).get(month, ())


def states_of(entries: Iterable[Entry]) -> dict[Month, tuple[DeliveryState, ...]]:
    """Return the deliveries of which these entries tell, by month, oldest first."""
    found: dict[Month, dict[int, _Steps]] = {}
    for entry in entries:
        if entry.month is None or SEQUENCE not in entry.details:
            continue
        of_month = found.setdefault(Month.parse(entry.month), {})
        sequence = int(entry.details[SEQUENCE])
        if entry.event == Event.DELIVERED and sequence not in of_month:
            # the first version had the hash itself among the outputs
            of_month[sequence] = _Steps(entry.commitments.get(VOUCHER_FILE) or entry.outputs[VOUCHER_FILE])
        if sequence in of_month:
            of_month[sequence].take(entry)
    return {
        month: tuple(_state(month, number, of_month) for number in sorted(of_month))
        for month, of_month in sorted(found.items())
        if of_month
    }


def find(ledger: Ledger, month: Month, sequence: int | None = None) -> DeliveryState:
    """Return a delivery, the last one of its month where no sequence is given; raises DvzError when there is none."""
    of_month = states_of_month(ledger, month)
    for each in reversed(of_month):
        if sequence in (None, each.sequence):
            return each
    raise DvzError(
        "NO_DELIVERY",
        place=f"month {month}",
        expected="a delivery of the ledger" + ("" if sequence is None else f" with sequence {sequence}"),
        found=f"{len(of_month) or 'none'} of the month",
        remedy="look at `dvz delivery list`; run the month when a run of it has died",
    )


@dataclass(slots=True)
class _Steps:
    """The steps of one delivery while the entries are read."""

    voucher_sha256: str
    times: dict[State, datetime] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    answer: str | None = None

    def take(self, entry: Entry) -> None:
        at = datetime.fromisoformat(entry.at)
        if entry.event in STEPS:
            self.times.setdefault(STEPS[entry.event], at)
        if entry.event == Event.DELIVERED and entry.details.get(APPROVALS_REQUIRED) == 0:
            self.times.setdefault(State.RELEASED, at)
        if entry.event == Event.APPROVED:
            details = {name: str(entry.details[name]) for name in ("function", "key", "signature")}
            self.approvals.append(Approval(**details, at=entry.at))
        if ANSWER in entry.details:
            self.answer = str(entry.details[ANSWER])


def _state(month: Month, sequence: int, of_month: Mapping[int, _Steps]) -> DeliveryState:
    steps = of_month[sequence]
    has_left = LEFT in steps.times
    # one that has left is replaced by what has left after it, another one by what was prepared after it
    replaced_at = min(
        (
            later.times[LEFT if has_left else State.PREPARED]
            for number, later in of_month.items()
            if number > sequence and (LEFT in later.times or not has_left)
        ),
        default=None,
    )
    times = dict(steps.times)
    if replaced_at is not None:
        times[State.REPLACED] = replaced_at
    last_first = (
        State.REPLACED,
        State.REFUSED,
        State.ACKNOWLEDGED,
        State.TRANSMITTED,
        State.REJECTED,
        State.RELEASED,
        State.PREPARED,
    )
    return DeliveryState(
        month,
        sequence,
        steps.voucher_sha256,
        next(state for state in last_first if state in times),
        times,
        tuple(steps.approvals),
        steps.answer,
    )
