"""What must be there of a home, whatever was done to it: a simple model."""

from dataclasses import dataclass, field
from typing import Any

from dvz_assets.months import Month
from dvz_assets.outbound.states import State

Computed = tuple[object, ...]
Content = tuple[list[dict[str, Any]], ...]


@dataclass
class Model:
    """What must be there; ``statements`` counts how often that of a month came, ``read`` which one was read."""

    statements: dict[Month, int] = field(default_factory=dict)
    stricter_tables: bool = False
    holds: dict[str, tuple[str, Month]] = field(default_factory=dict)
    computed: dict[Month, Computed] = field(default_factory=dict)
    read: dict[Month, int] = field(default_factory=dict)
    states: dict[Month, list[State]] = field(default_factory=dict)
    sent: dict[Month, Content] = field(default_factory=dict)
    purged: set[Month] = field(default_factory=set)
    made_before: set[Month] = field(default_factory=set)  # by an earlier version, and not since

    def has_withheld(self, month: Month) -> bool:
        """Whether somebody is in the last delivery of a month who was withheld since."""
        withheld = self.withheld(month)
        return month in self.sent and any(row["insz"] in withheld for row in self.sent[month][0])

    def withheld(self, month: Month) -> frozenset[str]:
        return frozenset(insz for insz, first in self.holds.values() if first <= month)

    def inputs(self, month: Month) -> Computed:
        """What a run of the month reads: earlier statements as they were read last."""
        earlier = tuple(sorted((str(each), times) for each, times in self.read.items() if each < month))
        return (month, *earlier, self.statements[month], self.stricter_tables, self.withheld(month))
