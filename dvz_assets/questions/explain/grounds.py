"""The grounds of rules.md section 5: which of them the category's criteria know, and whether each holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.explain.tests import NOTE, Seen, day, euro


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground: the criteria that know it, where the law says so, and how it is looked at."""

    name: str
    criteria: str
    legal_reference: str
    look: Callable[[Facts], Seen]


def days_in(runs: list[tuple[date, date]]) -> int:
    """Days of runs, first and last included."""
    return sum((end - start).days + 1 for start, end in runs)


def months_in(runs: list[tuple[date, date]]) -> int:
    """Calendar months that a day of the runs falls in."""
    months: set[tuple[int, int]] = set()
    for start, end in runs:
        first, last = 12 * start.year + start.month - 1, 12 * end.year + end.month - 1
        months |= {divmod(month, 12) for month in range(first, last + 1)}
    return len(months)


def _rule(facts: Facts) -> dict[str, Any]:
    assert facts.rule is not None
    return facts.rule


def _enough_days(facts: Facts) -> Seen:
    days, least = days_in(facts.runs("LIVING_WAGE")), _rule(facts)["min_living_wage_days"]
    return Seen(days >= least, f"{days} reimbursed days of living wage", f"at least {least}")


def _assistance(facts: Facts) -> Seen:
    net = facts.net(facts.counted_assistance)
    return Seen(net > 0, f"net of assistance {euro(net)}", "above 0")


def _wage_after_assistance(facts: Facts) -> Seen:
    net = facts.net(("LIVING_WAGE",))
    wage = facts.lines.filter((pl.col("aid_kind") == "LIVING_WAGE") & (pl.col("teken") == "+"))["eerste_dag"].to_list()
    assistance = [start for start, _ in facts.runs("ASSISTANCE")]
    first_wage, first_assistance = min(wage, default=None), min(assistance, default=None)
    holds = net > 0 and first_wage is not None and first_assistance is not None and first_assistance < first_wage
    shown = (
        f"net of living wage {euro(net)}, first day {day(first_wage)}; first day of assistance {day(first_assistance)}"
    )
    return Seen(holds, shown, "living wage, after a day of assistance")


def _enough_months(facts: Facts) -> Seen:
    months, least = months_in(facts.runs("ASSISTANCE")), _rule(facts)["min_assistance_months"]
    return Seen(months >= least, f"{months} months with a reimbursed day of assistance", f"at least {least}")


GROUNDS = (
    Ground("ASSISTANCE_4_MONTHS", "ASSISTANCE_MONTHS", f"{NOTE}, 1.2 2)", _enough_months),
    Ground("LIVING_WAGE_90_DAYS", "DAYS_OR_ASSISTANCE", f"{NOTE}, 1.2 1) a)", _enough_days),
    Ground("LIVING_WAGE_AFTER_ASSISTANCE", "DAYS_OR_ASSISTANCE", f"{NOTE}, 1.2 1) c)", _wage_after_assistance),
    Ground("SOCIAL_ASSISTANCE", "DAYS_OR_ASSISTANCE", f"{NOTE}, 1.2 1) b)", _assistance),
)
