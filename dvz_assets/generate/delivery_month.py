"""A statement month as the generator sees it: its days, and when its two deliveries were closed."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dvz_assets.months import Month

# Days between the last day of the month and the register snapshot: mostly shortly after the month, sometimes within it.
_SNAPSHOT_AFTER_MONTH_END = (5, 3, 8, -4, 6, 2, 7, -9, 4)
_STATEMENT_CLOSED_BEFORE_SNAPSHOT = 2


@dataclass(frozen=True, slots=True)
class DeliveryMonth:
    """Month number ``index`` of a series, counted from 0; all days are inclusive."""

    index: int
    month: Month

    @property
    def first_day(self) -> np.datetime64:
        """First day of the month."""
        return np.datetime64(self.month.first_day, "D")

    @property
    def last_day(self) -> np.datetime64:
        """Last day of the month."""
        return np.datetime64(self.month.last_day, "D")

    @property
    def days(self) -> int:
        """Number of days."""
        return self.month.last_day.day

    def earlier(self, months: int) -> "DeliveryMonth":
        """The month so many months before; its index is negative before the series began."""
        return DeliveryMonth(self.index - months, self.month.minus(months))

    @property
    def snapshot_date(self) -> np.datetime64:
        """Day of the register snapshot."""
        offset = _SNAPSHOT_AFTER_MONTH_END[self.index % len(_SNAPSHOT_AFTER_MONTH_END)]
        return np.datetime64(self.month.last_day + timedelta(days=offset), "D")

    @property
    def closed_on(self) -> np.datetime64:
        """Day on which the statement was closed."""
        return self.snapshot_date - np.timedelta64(_STATEMENT_CLOSED_BEFORE_SNAPSHOT, "D")
