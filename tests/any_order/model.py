"""What must be there of a home, whatever was done to it: a simple model."""

from dataclasses import dataclass, field
from typing import Any

from dvz_assets.months import Month
from dvz_assets.outbound.states import State

Computed = tuple[object, ...]
Content = tuple[list[dict[str, Any]], ...]
GONE = {State.TRANSMITTED, State.ACKNOWLEDGED, State.REFUSED}
# kind, number as it was sent, and the month in which it was, or the number in its place: it is told once
Correction = tuple[str, str, str]


@dataclass(frozen=True)
class Delivery:
    """Whom a delivery names, what it takes back, and its rows, which are unknown of an earlier version."""

    numbers: frozenset[str]
    corrections: frozenset[Correction] = frozenset()
    rows: Content | None = None


@dataclass
class Model:
    """What must be there; ``statements`` counts how often that of a month came, ``read`` which one was read."""

    statements: dict[Month, int] = field(default_factory=dict)
    stricter_tables: bool = False
    holds: dict[str, tuple[str, Month]] = field(default_factory=dict)
    computed: dict[Month, Computed] = field(default_factory=dict)
    read: dict[Month, int] = field(default_factory=dict)
    states: dict[Month, list[State]] = field(default_factory=dict)
    deliveries: dict[Month, list[Delivery]] = field(default_factory=dict)
    # by month and place among its deliveries
    left: set[tuple[Month, int]] = field(default_factory=set)
    refused: set[tuple[Month, int]] = field(default_factory=set)
    purged: set[Month] = field(default_factory=set)
    made_before: set[Month] = field(default_factory=set)  # by an earlier version, and not since

    def has_withheld(self, month: Month) -> bool:
        """Whether somebody is in the last delivery of a month who was withheld since."""
        return not self.withheld(month).isdisjoint(self.deliveries[month][-1].numbers)

    def has_told_before(self, month: Month) -> bool:
        """Whether another delivery has told since what the last one of a month would tell."""
        return not self._told().isdisjoint(self.deliveries[month][-1].corrections)

    def to_tell(self, said: list[dict[str, Any]], *, without: tuple[Month, int] | None = None) -> frozenset[Correction]:
        """Of all corrections that were said, those of signals that have left, and that nobody was told of."""
        found = {(correction_of(row), row["insz"], Month.parse(f"{row['month_sent']:%Y-%m}")) for row in said}
        named = {(number, of) for of, place in self.left for number in self.deliveries[of][place].numbers}
        return frozenset(what for what, number, of in found if (number, of) in named) - self._told(without)

    def _told(self, without: tuple[Month, int] | None = None) -> frozenset[Correction]:
        """What was told by deliveries that have left; one that was refused told nobody."""
        told = self.left - self.refused - {without}
        return frozenset(each for of, place in told for each in self.deliveries[of][place].corrections)

    def last(self, month: Month) -> tuple[Month, int]:
        """Month and place of its last delivery."""
        return month, len(self.deliveries[month]) - 1

    def prepare(self, month: Month, prepared: Delivery, said: list[dict[str, Any]]) -> None:
        """A delivery is prepared where it differs from the last, or the last was taken back."""
        states, deliveries = self.states.setdefault(month, []), self.deliveries.setdefault(month, [])
        if states and states[-1] not in (State.REFUSED, State.REJECTED):
            # what the last one has told is no other result
            again = self.to_tell(said, without=self.last(month))
            if (deliveries[-1].rows, deliveries[-1].corrections) == (prepared.rows, again):
                return
        # what has not left is replaced by what was prepared after it
        states[:] = [state if state in GONE else State.REPLACED for state in states]
        states.append(State.PREPARED)
        deliveries.append(prepared)

    def transmit(self, month: Month) -> None:
        """What had left before is replaced by what has left now."""
        states = self.states[month]
        states[:-1] = [State.REPLACED for _ in states[:-1]]
        self.left.add(self.last(month))

    def answer(self, month: Month, *, accepted: bool) -> None:
        """One that the receiver has refused told nobody."""
        self.states[month][-1] = State.ACKNOWLEDGED if accepted else State.REFUSED
        if not accepted:
            self.refused.add(self.last(month))

    def forget(self, month: Month) -> None:
        """The results of a month are too old, and its deliveries with them."""
        self.purged.add(month)
        del self.computed[month]
        self.left = {each for each in self.left if each[0] != month}

    def withheld(self, month: Month) -> frozenset[str]:
        return frozenset(insz for insz, first in self.holds.values() if first <= month)

    def inputs(self, month: Month) -> Computed:
        """What a run of the month reads: earlier statements as they were read last."""
        earlier = tuple(sorted((str(each), times) for each, times in self.read.items() if each < month))
        return (month, *earlier, self.statements[month], self.stricter_tables, self.withheld(month))


def correction_of(row: dict[str, Any]) -> Correction:
    """A row of ``corrections`` as it is told."""
    month_sent = f"{row['month_sent']:%Y%m}"
    return (row["kind"], row["insz"], month_sent if row["kind"] == "WITHDRAWN" else row["insz_now"])
