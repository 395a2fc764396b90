"""Months: the value type of statement months, and its arithmetic."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dvz_assets.errors import DvzError

BRUSSELS = ZoneInfo("Europe/Brussels")


class InvalidMonthError(DvzError, ValueError):
    """A text that is no month; also a ValueError, as settings report those by themselves."""


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """One calendar month; ordered, hashable, written YYYY-MM."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month written YYYY-MM; raises InvalidMonthError for anything else."""
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) or text.startswith("0000"):
            raise InvalidMonthError(
                "INVALID_MONTH",
                expected="a month written YYYY-MM",
                found="something else",
                remedy="write it as in 2018-05",
            )
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def current(cls) -> "Month":
        """The present month, in Brussels."""
        return cls.of(datetime.now(BRUSSELS))

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """The month of a moment (with its offset), in Brussels."""
        there = moment.astimezone(BRUSSELS)
        return cls(there.year, there.month)

    @classmethod
    def range(cls, first: "Month", last: "Month") -> list["Month"]:
        """All months from ``first`` to ``last``, both included."""
        count = 12 * (last.year - first.year) + last.number - first.number
        return [first.plus(step) for step in range(count + 1)]

    def __str__(self) -> str:
        """YYYY-MM."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def yyyymm(self) -> str:
        """YYYYMM, as months stand inside data."""
        return f"{self.year:04d}{self.number:02d}"

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    def plus(self, months: int) -> "Month":
        """The month so many months later."""
        total = 12 * self.year + self.number - 1 + months
        return Month(total // 12, total % 12 + 1)

    def minus(self, months: int) -> "Month":
        """The month so many months earlier."""
        return self.plus(-months)

    def next(self) -> "Month":
        """The month after."""
        return self.plus(1)

    def previous(self) -> "Month":
        """The month before."""
        return self.plus(-1)
