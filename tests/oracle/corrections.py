"""Section 8 of rules.md in plain Python: which signals of earlier months each month takes back."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.oracle.knowledge import Knowledge, last_day, months_earlier, regime_of
from tests.oracle.landing import Line, Row, parse_date
from tests.oracle.rules import (
    MonthResult,
    assistance_kinds,
    count,
    days_of,
    has_assistance_before,
    has_the_days,
    has_the_months,
    reimbursed_days,
    rule_of,
)


@dataclass(frozen=True, order=True)
class Correction:
    """One row of export.correction, without the month that says it; ``insz`` is the number as it was sent."""

    insz: str
    month_sent: str
    kind: str
    reason: str
    insz_now: str | None = None


def corrections(known: Mapping[str, Knowledge], results: Mapping[str, MonthResult]) -> dict[str, list[Correction]]:
    """The corrections of each month, the months in order; ``results`` are what the months decided."""
    told: dict[str, list[Correction]] = {}
    for month in sorted(known):
        earlier = [correction for each in told.values() for correction in each]
        signals = [
            (month_sent, insz)
            for month_sent in sorted(known)
            if is_looked_back_on(known[month], month_sent)
            for insz in results[month_sent].export
        ]
        told[month] = sorted(
            [
                *withdrawals(known, results, month, signals, earlier),
                *renumberings(known[month], signals, earlier),
            ]
        )
    return told


def is_looked_back_on(now: Knowledge, month_sent: str) -> bool:
    """Whether a month lies in the window of the regime of M."""
    window = regime_of(now.reference, now.month)["correction_months"]
    return bool(window) and months_earlier(now.month, int(window)) <= month_sent < now.month


def withdrawals(
    known: Mapping[str, Knowledge],
    results: Mapping[str, MonthResult],
    month: str,
    signals: list[tuple[str, str]],
    earlier: list[Correction],
) -> list[Correction]:
    """Signals that today's knowledge does not bear any more; each is withdrawn once."""
    withdrawn = {(each.month_sent, each.insz) for each in earlier if each.kind == "WITHDRAWN"}
    found = []
    for month_sent, insz in signals:
        if (month_sent, insz) in withdrawn:
            continue
        then, now = known[month_sent], known[month]
        if is_deceased(then, now, insz):
            found.append(Correction(insz, month_sent, "WITHDRAWN", "DECEASED"))
        elif is_recovered(then, now, insz, rule_of(then, results[month_sent].decisions[insz])):
            found.append(Correction(insz, month_sent, "WITHDRAWN", "AID_RECOVERED"))
    return found


def renumberings(now: Knowledge, signals: list[tuple[str, str]], earlier: list[Correction]) -> list[Correction]:
    """Numbers sent that have another number today; one row per pair, at the last month in which the number was sent."""
    pairs = {(each.insz, each.insz_now) for each in earlier if each.kind == "RENUMBERED"}
    last_sent = {insz: month_sent for month_sent, insz in sorted(signals)}
    return [
        Correction(insz, month_sent, "RENUMBERED", "NUMBER_REPLACED", now.present_number(insz))
        for insz, month_sent in last_sent.items()
        if now.present_number(insz) != insz and (insz, now.present_number(insz)) not in pairs
    ]


def is_deceased(then: Knowledge, now: Knowledge, insz: str) -> bool:
    """Whether today's snapshot says that the person had died on or before the reference date of the signal."""
    person = now.register.get(now.present_number(insz))
    died = parse_date(person["overleden_op"]) if person else None
    return died is not None and died <= then.reference_date


def is_recovered(then: Knowledge, now: Knowledge, insz: str, rule: Row) -> bool:
    """Whether a ground of the rule held with what was known at the signal, and none does with what is known today."""
    known_then = then.lines_of(insz)
    known_now = now.lines_of(now.present_number(insz))
    if known_now == known_then:  # nothing new is known: the same test gives the same answer
        return False
    return holds(then, insz, rule, known_then) and not holds(then, insz, rule, known_now)


def holds(then: Knowledge, insz: str, rule: Row, lines: list[Line]) -> bool:
    """Whether one of the rule's grounds holds at the month of the signal, of the days up to its end in these lines."""
    statement = [line for line in then.lines_of(insz) if line.month == then.month and line.sign == "+"]
    living_wage_lines = [line for line in statement if line.kind == "LIVING_WAGE"]
    assistance_lines = [line for line in statement if line.kind in assistance_kinds(rule)]
    living_wage = [day for day in reimbursed_days(lines, ["LIVING_WAGE"]) if day <= last_day(then.month)]
    assistance = [day for day in reimbursed_days(lines, assistance_kinds(rule)) if day <= last_day(then.month)]
    counters = count(rule, then.month, lines)
    tests = {
        "LIVING_WAGE_90_DAYS": has_the_days(rule, counters),
        "SOCIAL_ASSISTANCE": any(day in days_of(line) for line in assistance_lines for day in assistance),
        "LIVING_WAGE_AFTER_ASSISTANCE": any(day in days_of(line) for line in living_wage_lines for day in living_wage)
        and has_assistance_before(rule, living_wage_lines, assistance),
        "ASSISTANCE_4_MONTHS": has_the_months(rule, counters),
    }
    return any(tests[ground] for ground in rule["grounds"].split(" "))
