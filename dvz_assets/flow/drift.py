"""What stands out in a month against the months before, as it may be shown.

A delivery can be valid and wrong. What is counted and when something stands out is in ``sql/month_measures.sql``; here
only the showing. Rows received and rejected are exact; counts of persons are protected; of amounts nothing is told but
how many times as much a line is, and that to 1, 2 or 5 times a power of ten, which tells no amount.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import is_absent
from dvz_assets.months import Month
from dvz_assets.tables.protection import Protection, told

MEASURES = "month_measures"
AMOUNT = "CENTS_BY_"
ROWS = ("LINES", "REGISTER_ROWS", "REJECTS_BY_REASON")


@dataclass(frozen=True, slots=True)
class StandsOut:
    """One measure that is not as it was; ``times`` of an amount, ``count`` and ``usual`` (None: hidden) of all else."""

    measure: str
    code: str
    direction: str
    count: int | None
    usual: int | None
    times: float | None

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)

    def __str__(self) -> str:
        """Such as ``PERSONS_BY_OCMW 44021: 0 where 310 are usual``."""
        name = f"{self.measure} {self.code}".rstrip()
        if self.times is not None:
            return f"{name}: about {self.times:g} times the usual amount a line"
        return f"{name}: {told(self.count)} where {told(self.usual)} are usual ({self.direction})"


def what_stands_out(flow: Flow, month: Month, protection: Protection) -> list[StandsOut] | None:
    """Return what stands out, the most striking first; None where too few months before are known to judge."""
    if is_absent(flow.lake, MEASURES, month):
        return None
    measures = flow.lake.scan(MEASURES, month).collect()
    if measures["score"].null_count() == len(measures):
        return None
    found = measures.filter("stands_out").sort(
        pl.col("score").abs(), "measure", "code", descending=[True, False, False]
    )
    return [_shown(row, protection) for row in found.iter_rows(named=True)]


def _shown(row: dict[str, Any], protection: Protection) -> StandsOut:
    is_amount = row["measure"].startswith(AMOUNT)
    count, usual = row["value"], row["usual"]
    if is_amount:
        count = usual = None
    elif row["measure"] not in ROWS:
        count, usual = protection.count(count), protection.count(usual)
    return StandsOut(
        row["measure"],
        row["code"],
        "more" if row["score"] > 0 else "less",
        count,
        usual,
        round_number(row["value"] / row["usual"]) if is_amount else None,
    )


def round_number(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten, by proportion."""
    power = 10.0 ** math.floor(math.log10(value))
    return min((digit * power for digit in (1, 2, 5, 10)), key=lambda each: abs(math.log(each / value)))
