"""Statement lines in the making: what one is, and the arithmetic of its days. Amounts in cents, days inclusive."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dvz_assets.generate.population import SETTLED, Places, Records

LINE = np.dtype(
    [
        ("person", "i8"),
        ("purpose", "i1"),
        ("type_bedrag", "i1"),
        ("sign", "i1"),
        ("eerste_dag", "M8[D]"),
        ("laatste_dag", "M8[D]"),
        ("bedrag", "i8"),
        ("categorie", "i1"),
        ("ocmw", "i2"),
        ("dossier", "i4"),
        ("member", "i1"),
        ("is_settled", "?"),
        ("choice", "f8"),
        ("due", "i4"),
    ]
)
GRANT, ARREARS, RECOVERY = 1, 2, 3
REGULARISATION = 3  # added to the type of the line that it corrects
_DAYS_PER_MONTH = 30.4375


def new_lines(persons: Records, who: Places, purpose: Any, first: Any, last: Any) -> Records:
    """Lines of a grant, still without an amount."""
    lines = np.zeros(len(who), LINE)
    lines["person"], lines["purpose"], lines["type_bedrag"], lines["sign"] = who, purpose, GRANT, 1
    lines["eerste_dag"], lines["laatste_dag"] = first, last
    for name in ("categorie", "ocmw", "dossier", "choice"):
        lines[name] = persons[name][who]
    lines["is_settled"] = SETTLED[persons["situation"][who]]
    return lines


def days_of(first: Any, last: Any) -> NDArray[np.int64]:
    """Number of days of a period."""
    days: NDArray[np.int64] = (last - first).astype(np.int64) + 1
    return days


def months_of(first: Any, last: Any) -> NDArray[np.float64]:
    """Length of a period in months: by its own days within one month, by the average month beyond it."""
    start = first.astype("M8[M]")
    days_of_month = days_of(start.astype("M8[D]"), (start + 1).astype("M8[D]") - 1)
    is_within = start == last.astype("M8[M]")
    months: NDArray[np.float64] = days_of(first, last) / np.where(is_within, days_of_month, _DAYS_PER_MONTH)
    return months


def part_of(lines: Records, first: Any, last: Any) -> NDArray[np.int64]:
    """Amount of the part of each line that lies in a period."""
    share = days_of(first, last) / days_of(lines["eerste_dag"], lines["laatste_dag"])
    cents: NDArray[np.int64] = np.rint(lines["bedrag"] * share).astype(np.int64)
    return cents


def recovery_from(lines: Records, first: Any) -> Records:
    """Recovery of the days of each line from a day on; none where no day is left. ``due`` is still to be set."""
    recovery = lines.copy()
    recovery["eerste_dag"] = np.fmax(lines["eerste_dag"], first)
    recovery["bedrag"] = part_of(lines, recovery["eerste_dag"], lines["laatste_dag"])
    recovery["type_bedrag"], recovery["sign"] = RECOVERY, -1
    kept: Records = recovery[recovery["eerste_dag"] <= recovery["laatste_dag"]]
    return kept
