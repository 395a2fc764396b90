"""What a person wants to know of the months of a home: their state, and their counts, protected. Never a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dvz_assets.flow.assets import CLEANED_FROM
from dvz_assets.flow.checks import shown_counts, stored_failures
from dvz_assets.flow.context import Flow
from dvz_assets.flow.runnable_months import months_of_flow
from dvz_assets.flow.staleness import stale_months
from dvz_assets.home.lake import Lake
from dvz_assets.months import Month
from dvz_assets.outbound.states import delivery_states
from dvz_assets.questions.attempts import Attempt, attempts
from dvz_assets.questions.explain.tests import TESTS
from dvz_assets.questions.outgoing import Outgoing, outgoing_deliveries
from dvz_assets.tables.protection import Protection

OUTCOMES_OF_INTERSECTION = ("NO_COUNTED_AID", "BELOW_THRESHOLD", "WITHHELD", "SENT")


@dataclass(frozen=True, slots=True)
class MonthState:
    """State of one month; counts are None where it is not materialised or they are hidden.

    ``stale`` says why it has to be run again.

    ``outgoing`` is the last delivery, as the ledger knows it, ``states`` are those of all of them, oldest first, and
    ``attempt`` is the last run.
    """

    month: Month
    delivered: bool
    materialised: bool
    purged: bool
    sent: int | None
    deliveries: int | None
    failed_checks: list[str]
    stale: str | None
    outgoing: Outgoing | None = None
    attempt: Attempt | None = None
    states: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "month": str(self.month),
            "delivered": self.delivered,
            "materialised": self.materialised,
            "purged": self.purged,
            "sent": self.sent,
            "deliveries": self.deliveries,
            "failed_checks": self.failed_checks,
            "stale": self.stale,
            "state": None if self.outgoing is None else self.outgoing.delivery.state.value,
            "historical": None if self.outgoing is None else self.outgoing.historical,
            "overdue": self.outgoing is not None and self.outgoing.overdue,
            "states": list(self.states),
            "last_run": None if self.attempt is None else self.attempt.as_json(),
        }


@dataclass(frozen=True, slots=True)
class MonthResult:
    """Counts of one materialised month: rows of the statement, persons elsewhere, None where they are hidden."""

    month: Month
    regime: str
    statement_lines: int
    rejected_rows: int
    selection_one: int | None
    intersection: int | None
    sent: int | None
    by_ground: dict[str, int | None]

    def counts(self) -> tuple[int | None, ...]:
        """The counts in the order in which people read them."""
        return (
            self.statement_lines,
            self.rejected_rows,
            self.selection_one,
            self.intersection,
            self.sent,
        )

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "month": str(self.month),
            "regime": self.regime,
            "statement_lines": self.statement_lines,
            "rejected_rows": self.rejected_rows,
            "selection_one": self.selection_one,
            "intersection": self.intersection,
            "sent": self.sent,
            "by_ground": self.by_ground,
        }


def month_states(flow: Flow, protection: Protection) -> list[MonthState]:
    """Every month that is delivered or materialised, or that a run has failed to make, in order."""
    delivered, materialised = set(months_of_flow(flow)), set(flow.lake.months("delivery"))
    purged = flow.lake.purged_months()
    last = {each.delivery.month: each for each in outgoing_deliveries(flow)}
    states = delivery_states(flow.ledger)
    tried = attempts(flow)
    stale = {each.month: f"{each.asset}: {each.reason}" for each in stale_months(flow)}
    return [
        MonthState(
            month=month,
            delivered=month in delivered,
            materialised=month in materialised,
            purged=month in purged,
            sent=protection.count(flow.lake.rows("dvz_export", month)) if month in materialised else None,
            deliveries=flow.lake.rows("delivery", month) if month in materialised else None,
            failed_checks=stored_failures(flow, month),
            stale=stale.get(month),
            outgoing=last.get(month),
            attempt=tried.get(month),
            states=[each.state.value for each in states.get(month, ())],
        )
        for month in sorted(delivered | materialised | purged | {each for each in tried if tried[each].went_wrong})
    ]


def month_results(flow: Flow, months: Sequence[Month], protection: Protection) -> list[MonthResult]:
    """Counts of materialised months, from the lake."""
    return [_result(flow, month, protection) for month in months]


def _result(flow: Flow, month: Month, protection: Protection) -> MonthResult:
    counts = {raw: flow.lake.manifest(cleaned, month).counts for raw, cleaned in CLEANED_FROM.items()}
    outcomes = outcome_counts(flow.lake, month)
    return MonthResult(
        month=month,
        regime=flow.reference.regime_of(month),
        statement_lines=counts["novaprima_statement"]["delivered"],
        rejected_rows=sum(each["rejected"] for each in counts.values()),
        selection_one=protection.count(sum(outcomes.values())),
        intersection=protection.total(outcomes.get(each, 0) for each in OUTCOMES_OF_INTERSECTION),
        sent=protection.count(outcomes.get("SENT", 0)),
        by_ground={ground: protection.total(parts) for ground, parts in _by_ground(flow.lake, month).items()},
    )


def outcome_counts(lake: Lake, month: Month) -> dict[str, int]:
    """Persons by outcome, without the outcomes that nobody has."""
    return dict(lake.scan("decisions", month).group_by("outcome").len().collect().iter_rows())


def _by_ground(lake: Lake, month: Month) -> dict[str, list[int]]:
    """Persons sent by ground, for each category that has it."""
    grounds = lake.scan("decisions", month).explode("grounds").drop_nulls("grounds")
    counts = grounds.group_by("grounds", "category").len().group_by("grounds").agg("len").sort("grounds")
    return dict(counts.collect().iter_rows())


def shown_rows(flow: Flow, asset: str, month: Month) -> int | None:
    """Rows of a partition as they may be shown; rows that were read are exact, others stand for persons."""
    protection, rows = flow.protection, flow.lake.rows(asset, month)
    match asset:
        case "novaprima_statement" | "register_snapshot" | "insz_replacements" | "aid_history" | "delivery":
            return rows
        case "selection_two" | "intersection":
            return None  # sums over outcomes beside their total, which would give hidden ones back
        case "register_persons":
            return shown_counts(flow, flow.lake.manifest(asset, month).counts).get("kept")
        case "threshold_indicator":
            categories = flow.lake.scan(asset, month).group_by("category").len().collect()
            return protection.total(categories["len"])
        case _:
            return protection.count(rows)


def funnel_of_decisions(lake: Lake, month: Month, protection: Protection) -> tuple[tuple[str, int | None], ...]:
    """Persons of selection one, and by outcome in the order of the rules; outcomes that nobody has are left out."""
    counts = outcome_counts(lake, month)
    order = [*(test.outcome for test in TESTS), "BELOW_THRESHOLD", "WITHHELD"]
    outcomes = sorted(counts.keys() - {"SENT"}, key=order.index)
    bars = (
        ("SELECTION_ONE", sum(counts.values())),
        *((outcome, counts[outcome]) for outcome in outcomes),
        ("SENT", counts.get("SENT", 0)),
    )
    return tuple((step, protection.count(persons)) for step, persons in bars)
