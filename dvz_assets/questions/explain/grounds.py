"""The grounds of rules.md section 5: how each is looked at, in the reading of the category's rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from dvz_assets.months import Month
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.explain.tests import NOTE, Seen
from dvz_assets.words.texts import day, euro, say


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground: where the law says so, and how it is looked at."""

    name: str
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


def whole_months_in(runs: list[tuple[date, date]]) -> int:
    """Calendar months that lie in a run with all their days."""
    whole = 0
    for start, end in runs:
        day_after = end + timedelta(days=1)
        begins = 12 * start.year + start.month + (start.day > 1)
        whole += max(12 * day_after.year + day_after.month - begins, 0)
    return whole


def assistance_months(facts: Facts) -> int:
    """Months of assistance in the reading of the rule: with a reimbursed day, or with all days reimbursed."""
    by_whole_months = facts.rule is not None and facts.rule["assistance_month_mode"] == "WHOLE_MONTH"
    return (whole_months_in if by_whole_months else months_in)(facts.runs("ASSISTANCE"))


def longest(runs: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The longest run, the first of several; none where there is none."""
    return [] if not runs else [max(runs, key=lambda run: days_in([run]))]


def _enough_days(facts: Facts) -> Seen:
    rule, runs = _rule(facts), facts.living_wage_runs
    in_one_run = rule["living_wage_days_mode"] == "CONSECUTIVE"
    days, least = days_in(longest(runs) if in_one_run else runs), rule["min_living_wage_days"]
    window = rule["living_wage_window_months"]
    if in_one_run:
        shown = say("{days} consecutive reimbursed days of living wage", days=days)
    else:
        shown = say("{days} reimbursed days of living wage", days=days)
    asked = say("at least {least}", least=least)
    if window:
        asked = say("at least {least}, in the last {window} months", least=least, window=window)
    return Seen(days >= least, shown, asked)


def _assistance(facts: Facts) -> Seen:
    net = facts.net(facts.counted_assistance)
    return Seen(net > 0, say("net of assistance {amount}", amount=euro(net)), say("above 0"))


def _wage_after_assistance(facts: Facts) -> Seen:
    net, months = facts.net(("LIVING_WAGE",)), _rule(facts)["assistance_before_months"]
    wage = facts.lines.filter((pl.col("aid_kind") == "LIVING_WAGE") & (pl.col("teken") == "+"))["eerste_dag"].to_list()
    first_wage = min(wage, default=None)
    before = None
    if first_wage is not None:
        last_days = [
            min(end, first_wage - timedelta(days=1)) for start, end in facts.runs("ASSISTANCE") if start < first_wage
        ]
        before = max(last_days, default=None)
    in_time = before is not None and (months is None or before >= _months_before(first_wage, months))
    shown = say(
        "net of living wage {amount}, first day {first}; last day of assistance before it {before}",
        amount=euro(net),
        first=day(first_wage),
        before=day(before),
    )
    asked = say("living wage, after a day of assistance")
    if months:
        asked = say("living wage, after a day of assistance of the {months} months before", months=months)
    return Seen(net > 0 and in_time, shown, asked)


def _months_before(of: date | None, months: int) -> date:
    """The first day of the month so many months before that of a day."""
    assert of is not None
    return Month(of.year, of.month).minus(months).first_day


def _enough_months(facts: Facts) -> Seen:
    months, least = assistance_months(facts), _rule(facts)["min_assistance_months"]
    of_whole = _rule(facts)["assistance_month_mode"] == "WHOLE_MONTH"
    if of_whole:
        shown = say("{months} months with all days of assistance reimbursed", months=months)
    else:
        shown = say("{months} months with a day of assistance reimbursed", months=months)
    return Seen(months >= least, shown, say("at least {least}", least=least))


GROUNDS = (
    Ground("ASSISTANCE_4_MONTHS", f"{NOTE}, 1.2 2)", _enough_months),
    Ground("LIVING_WAGE_90_DAYS", f"{NOTE}, 1.2 1) a)", _enough_days),
    Ground("LIVING_WAGE_AFTER_ASSISTANCE", f"{NOTE}, 1.2 1) c)", _wage_after_assistance),
    Ground("SOCIAL_ASSISTANCE", f"{NOTE}, 1.2 1) b)", _assistance),
)
