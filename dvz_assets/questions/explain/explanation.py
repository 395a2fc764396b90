"""Puts facts, tests and grounds together: one person's way through the rules, and whether it is the recorded one."""

from datetime import date
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import EXPORT_FILE, read_csv, sent_files, written_deliveries
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from dvz_assets.questions.corrections import Correction, corrections_about
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.explain.grounds import GROUNDS, assistance_months, days_in, longest
from dvz_assets.questions.explain.model import (
    FAILED,
    NOT_ASKED,
    NOT_REACHED,
    PASSED,
    Basis,
    Counter,
    Decision,
    Explanation,
    TestResult,
)
from dvz_assets.questions.explain.tests import CRITERIA, TESTS, TWO
from dvz_assets.questions.readings import readings_of
from dvz_assets.words.texts import day, say

COUNTERS = ("living_wage_days", "longest_living_wage_run", "assistance_months")
NOT_IN_SELECTION_ONE = Decision(TESTS[0].outcome, None, (), {})


def explain(flow: Flow, month: Month, insz: str) -> Explanation:
    """Explain the outcome of the holder of ``insz``; the question is on record before the answer is there.

    Raises DvzError when the month is not materialised, or the tables that it was decided with are not kept.
    """
    facts = Facts(flow, month, insz)
    explanation = derive(facts)
    flow.ledger.append(
        Event.EXPLAINED,
        month=month,
        regime=explanation.regime,
        rules=facts.reference.fingerprint,
        details={"outcome": explanation.found.outcome},
        persons=[insz],
    )
    return explanation


def check_explainable(flow: Flow, month: Month) -> None:
    """Raise DvzError when the month has no decisions: it was removed because of its age, or is not materialised."""
    if month in flow.lake.purged_months():
        raise DvzError(
            "MONTH_PURGED",
            place=f"month {month}",
            expected="a month whose decisions are kept",
            found="a month whose results were removed, because they were older than retention_months",
            remedy="nothing: what was decided is no longer kept (dvz ledger show tells when it was removed)",
        )
    flow.lake.manifest("decisions", month)


def derive(facts: Facts) -> Explanation:
    """The explanation by itself; nothing is put on record."""
    tests = _tests(facts)
    category_has_rule = any(test.outcome == "MOTIVE_NOT_TARGETED" and test.state == PASSED for test in tests)
    # nothing is counted where no rule looks (deliberation 18/055, 29)
    counters = _counters(facts) if category_has_rule else {}
    sent = facts.rows_sent("dvz_export")
    vouchers = written_deliveries(facts.flow.storage, facts.month)
    names = {
        voucher.sequence: say("{number} of {day}", number=voucher.number, day=day(voucher.created.date()))
        for voucher in vouchers
    }
    return Explanation(
        month=str(facts.month),
        regime=facts.regime,
        reference_date=str(facts.reference_date),
        rules_changed_since=facts.reference.fingerprint != facts.flow.reference.fingerprint,
        withheld_changed_since=facts.withheld_then.has_changed_since(facts.month),
        present_number=None if facts.insz == int(facts.asked) else f"{facts.insz:011d}",
        tests=tuple(tests),
        counters=counters,
        found=_found(facts, tests, counters),
        recorded=_recorded(facts.decision),
        sent=_as_text(sent[0]) if sent else None,
        periods=tuple(_as_text(row) for row in facts.rows_sent("dvz_export_periods")),
        deliveries=tuple(name for sequence, name in names.items() if _holds(facts, sequence)),
        in_force=list(names.values())[-1] if names else None,
        corrections=_corrections(facts),
    )


def _tests(facts: Facts) -> list[TestResult]:
    """All tests in order: those up to the first that fails show what they saw, then the grounds for sending."""
    results: list[TestResult] = []
    outcome: str | None = None
    # a month has the tests of the rules with which it was decided
    steps = dict(facts.reference.tables["outcomes"].select("outcome", "step_order").iter_rows())
    for test in TESTS:
        if test.section == TWO and test.outcome not in steps:
            continue
        number = steps[test.outcome] if test.section == TWO else None
        seen = test.look(facts) if outcome is None else None
        state = NOT_REACHED if outcome else NOT_ASKED if seen is None else PASSED if seen.passed else FAILED
        legal = [test.legal_reference]
        if seen and test.outcome == "MOTIVE_UNMAPPED" and facts.motive and facts.motive["source"]:
            legal.append(f"residence_motives.csv: {facts.motive['source']}")
        if outcome is None and test.of_category and facts.rule:
            legal.append(facts.rule["legal_reference"])
        fact, parameter = (seen.fact, seen.parameter) if seen else (None, None)
        results.append(
            TestResult(
                test.section,
                number,
                test.asks,
                test.outcome,
                state,
                fact,
                parameter,
                "; ".join(legal),
                _readings(facts, test.outcome),
            )
        )
        if state == FAILED:
            outcome = test.outcome
    return results + _grounds(facts, reached=outcome is None)


def _grounds(facts: Facts, *, reached: bool) -> list[TestResult]:
    """The grounds that the rule names, of which one is enough; all that there were when no category was reached."""
    results = []
    known = facts.reference.tables["grounds"]["ground"].to_list()
    for ground in (each for each in GROUNDS if each.name in known):
        if not reached:
            results.append(
                TestResult(
                    CRITERIA,
                    None,
                    "ground",
                    ground.name,
                    NOT_REACHED,
                    None,
                    None,
                    ground.legal_reference,
                    _readings(facts, ground.name),
                )
            )
        elif facts.rule and ground.name in facts.rule["grounds"]:
            seen, legal = ground.look(facts), f"{ground.legal_reference}; {facts.rule['legal_reference']}"
            state = PASSED if seen.passed else FAILED
            readings = _readings(facts, ground.name)
            results.append(
                TestResult(CRITERIA, None, "ground", ground.name, state, seen.fact, seen.parameter, legal, readings)
            )
    return results


def _readings(facts: Facts, name: str) -> tuple[Basis, ...]:
    """What is the letter of the law in a test or ground, and what is a reading of it, and whose."""
    category = facts.rule["category"] if facts.rule else None
    return tuple(
        Basis(reading.id, reading.status, reading.by, reading.reading)
        for reading in readings_of(name)
        if facts.regime in (reading.regimes or (facts.regime,)) and category in (reading.categories or (category,))
    )


def _found(facts: Facts, tests: list[TestResult], counters: dict[str, Counter]) -> Decision:
    """What the tests, and the list of persons withheld as it was then, lead to.

    The first test that fails names the outcome, and a ground is needed to send.
    """
    failed = [test.outcome for test in tests if test.state == FAILED and test.asks != "ground"]
    grounds = tuple(sorted(test.outcome for test in tests if test.state == PASSED and test.asks == "ground"))
    is_withheld = bool(grounds) and facts.is_withheld
    mapped = any(test.outcome == "MOTIVE_UNMAPPED" and test.state == PASSED for test in tests)
    return Decision(
        outcome=failed[0] if failed else "WITHHELD" if is_withheld else "SENT" if grounds else "BELOW_THRESHOLD",
        category=facts.motive["category"] if mapped and facts.motive else None,
        grounds=() if is_withheld else grounds,
        counts={name: counter.count for name, counter in counters.items()},
    )


def _recorded(decision: dict[str, Any] | None) -> Decision:
    if decision is None:
        return NOT_IN_SELECTION_ONE
    counts = {name: decision[name] for name in COUNTERS if decision[name] is not None}
    return Decision(decision["outcome"], decision["category"], tuple(decision["grounds"]), counts)


def _counters(facts: Facts) -> dict[str, Counter]:
    wage, assistance = facts.living_wage_runs, facts.runs("ASSISTANCE")
    return {
        "living_wage_days": Counter(days_in(wage), _periods(wage)),
        "longest_living_wage_run": Counter(days_in(longest(wage)), _periods(longest(wage))),
        "assistance_months": Counter(assistance_months(facts), _periods(assistance)),
    }


def _periods(runs: list[tuple[date, date]]) -> tuple[str, ...]:
    return tuple(say("{first} to {last}", first=day(start), last=day(end)) for start, end in runs)


def _corrections(facts: Facts) -> tuple[Correction, ...]:
    """What later months say of the signal, which was sent under a number that the person had at the month."""
    said = corrections_about(facts.flow, [f"{number:011d}" for number in facts.numbers])
    return tuple(each for each in said if each.month_sent == str(facts.month))


def _holds(facts: Facts, sequence: int) -> bool:
    """Whether a delivery of the month holds the person, under any number held."""
    content = sent_files(facts.flow.settings.home, facts.month, sequence)[EXPORT_FILE]
    numbers = [f"{number:011d}" for number in facts.numbers]
    return read_csv(content).filter(pl.col("insz").is_in(numbers)).height > 0


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in row.items()
        if value is not None
    }
