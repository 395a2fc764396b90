"""Synthetic INSZ: numbers that pass the check (contract section 3) and that no living person can hold.

Birth years are 2030-2099 with the check digits of a birth from 2000 on. A number is taken from a counter through a
fixed permutation: no two are equal, none is remembered, and neighbours look unrelated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIRST_BIRTH_DAY = np.datetime64("2030-01-01", "D")
BIRTH_DAYS = int((np.datetime64("2100-01-01", "D") - FIRST_BIRTH_DAY).astype(int))
BIRTH_YEARS = 70
SERIALS = 997
BIS_DAYS = 29  # 00 (not known) to 28
BIS_MONTHS = 13  # 00 (not known) to 12
BIS_SEXES = 2  # month raised by 20 or by 40
STEP = 7_368_787  # a prime that divides neither number space, so that the permutation meets every number once

Numbers = NDArray[np.int64]


@dataclass(slots=True)
class InszNumbers:
    """Issues numbers, each at most once; ``seed`` says where the series begin."""

    seed: int
    register_issued: int = 0
    bis_issued: int = 0

    def register_numbers(self, count: int) -> Numbers:
        """Numbers of the National Register: the birth date is a day of the calendar."""
        space = BIRTH_DAYS * SERIALS
        position = self._positions(self.register_issued, count, space)
        self.register_issued += count
        birth_day = FIRST_BIRTH_DAY + position // SERIALS
        month_start = birth_day.astype("M8[M]")
        year = birth_day.astype("M8[Y]").astype(np.int64) + 1970
        month = month_start.astype(np.int64) % 12 + 1
        day = (birth_day - month_start.astype("M8[D]")).astype(np.int64) + 1
        return with_check_digits(year % 100, month, day, position % SERIALS + 1)

    def bis_numbers(self, count: int) -> Numbers:
        """BIS numbers: month raised by 20 or 40, month and day 00 when they are not known."""
        space = BIRTH_YEARS * BIS_SEXES * BIS_MONTHS * BIS_DAYS * SERIALS
        position = self._positions(self.bis_issued, count, space)
        self.bis_issued += count
        rest, serial = np.divmod(position, SERIALS)
        rest, day = np.divmod(rest, BIS_DAYS)
        rest, month = np.divmod(rest, BIS_MONTHS)
        year, sex = np.divmod(rest, BIS_SEXES)
        return with_check_digits(year + 30, month + 20 * (sex + 1), day, serial + 1)

    def _positions(self, issued: int, count: int, space: int) -> Numbers:
        if issued + count > space:
            raise ValueError(f"only {space} synthetic numbers exist: generate fewer persons or months")
        start = self.seed * 982_451_653 % space
        return (start + (issued + np.arange(count, dtype=np.int64)) * STEP) % space


def with_check_digits(year: Numbers, month: Numbers, day: Numbers, serial: Numbers) -> Numbers:
    """The eleven digits of a birth from 2000 on; ``year`` has two digits."""
    nine = ((year * 100 + month) * 100 + day) * 1000 + serial
    return nine * 100 + 97 - (2_000_000_000 + nine) % 97
