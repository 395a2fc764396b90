"""Puts facts, tests and grounds together: one person's way through the rules, and whether it is the recorded one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dvz_assets.explain.facts import Facts
from dvz_assets.explain.grounds import GROUNDS, days_in, months_in
from dvz_assets.explain.tests import CRITERIA, NOTE, TESTS
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery import SIGNAL, written_deliveries
from dvz_assets.ledger import Event
from dvz_assets.months import Month

COUNTERS = ("living_wage_days", "longest_living_wage_run", "assistance_months")
PASSED, FAILED, NOT_ASKED, NOT_REACHED = "passed", "failed", "not asked", "not reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One test on the way; a test that was not reached, or that the rule does not ask, shows no fact."""

    section: str
    asks: str
    outcome: str
    state: str
    fact: str | None
    parameter: str | None
    legal_reference: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way of one person through the rules in one month."""

    month: str
    regime: str
    reference_date: str
    number_was_replaced: bool
    steps: tuple[Step, ...]
    counters: dict[str, Any]
    outcome: str
    grounds: tuple[str, ...]
    recorded_outcome: str | None
    recorded_grounds: tuple[str, ...]
    recorded_counters: dict[str, int]
    rules_changed_since: bool
    sent: dict[str, str] | None
    periods: tuple[dict[str, str], ...]
    deliveries: tuple[str, ...]
    signal: str = SIGNAL

    @property
    def agrees(self) -> bool:
        """Whether the tests lead to what was recorded."""
        counted = {name: counter["count"] for name, counter in self.counters.items()}
        found = (self.outcome, self.grounds, counted)
        return found == (self.recorded_outcome or TESTS[0].outcome, self.recorded_grounds, self.recorded_counters)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {**asdict(self), "agrees": self.agrees}


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
        details={"outcome": explanation.outcome},
        persons=[insz],
    )
    return explanation


def derive(facts: Facts) -> Explanation:
    """The explanation by itself."""
    steps, outcome = _way(facts)
    grounds: tuple[str, ...] = ()
    if outcome is None:
        ground_steps = _grounds(facts)
        grounds = tuple(sorted(step.outcome for step in ground_steps if step.state == PASSED))
        steps += ground_steps
        outcome = "SENT" if grounds else "BELOW_THRESHOLD"
    decision, sent = facts.decision, facts.rows_sent("dvz_export")
    vouchers = written_deliveries(facts.flow.settings.home, facts.month) if sent else []
    return Explanation(
        month=str(facts.month),
        regime=facts.regime,
        reference_date=str(facts.reference_date),
        number_was_replaced=facts.insz != int(facts.asked),
        steps=tuple(steps),
        counters=_counters(facts, steps),
        outcome=outcome,
        grounds=grounds,
        recorded_outcome=decision["outcome"] if decision else None,
        recorded_grounds=tuple(decision["grounds"]) if decision else (),
        recorded_counters=_recorded_counters(decision or {}),
        rules_changed_since=facts.reference.fingerprint != facts.flow.reference.fingerprint,
        sent=_as_text(sent[0]) if sent else None,
        periods=tuple(_as_text(row) for row in facts.rows_sent("dvz_export_periods")),
        deliveries=tuple(f"{voucher['sequence']:04d} of {voucher['created_at'][:10]}" for voucher in vouchers),
    )


def _way(facts: Facts) -> tuple[list[Step], str | None]:
    """The tests up to the first that fails, and the outcome that it names."""
    steps: list[Step] = []
    outcome: str | None = None
    for test in TESTS:
        seen = test.look(facts) if outcome is None else None
        state = NOT_REACHED if outcome else NOT_ASKED if seen is None else PASSED if seen.passed else FAILED
        legal = test.legal_reference
        if test.of_category and outcome is None and facts.rule is not None:
            legal = f"{legal}; {facts.rule['legal_reference']}"
        if test.outcome == "MOTIVE_UNMAPPED" and outcome is None and facts.motive is not None:
            legal = f"{legal}; {facts.motive['source']}"
        fact, parameter = (seen.fact, seen.parameter) if seen else (None, None)
        steps.append(Step(test.section, test.asks, test.outcome, state, fact, parameter, legal))
        if state == FAILED:
            outcome = test.outcome
    return steps, outcome


def _grounds(facts: Facts) -> list[Step]:
    """The grounds of the category's criteria; one that holds is enough."""
    assert facts.rule is not None
    steps = []
    for ground in GROUNDS:
        if ground.criteria == facts.rule["criteria"]:
            seen = ground.look(facts)
            state = PASSED if seen.passed else FAILED
            legal = f"{NOTE}, 1.2; {facts.rule['legal_reference']}"
            steps.append(Step(CRITERIA, "ground", ground.name, state, seen.fact, seen.parameter, legal))
    return steps


def _counters(facts: Facts, steps: list[Step]) -> dict[str, Any]:
    """Days and months with the periods that they come from; nothing is counted where no rule looks (18/055, 29)."""
    looked_at = any(step.outcome == "MOTIVE_NOT_TARGETED" and step.state == PASSED for step in steps)
    if not looked_at:
        return {}
    wage, assistance = facts.runs("LIVING_WAGE"), facts.runs("ASSISTANCE")
    return {
        "living_wage_days": {"count": days_in(wage), "periods": [f"{start} to {end}" for start, end in wage]},
        "longest_living_wage_run": {"count": max((days_in([run]) for run in wage), default=0)},
        "assistance_months": {
            "count": months_in(assistance),
            "periods": [f"{start} to {end}" for start, end in assistance],
        },
    }


def _recorded_counters(decision: Mapping[str, Any]) -> dict[str, int]:
    return {name: decision[name] for name in COUNTERS if decision.get(name) is not None}


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in row.items()
        if value is not None
    }
