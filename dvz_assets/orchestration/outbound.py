"""Dagster: what becomes of deliveries. A sensor transmits what is released, another takes in the receiver's answers.

A run of a month only prepares: nothing leaves by itself unless the sensor here is switched on. It also tells the asset
``delivery`` of each step that was taken since it last looked, whoever took it. What the steps are is
``dvz_assets.outbound``'s.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.delivery_steps import steps_in_words
from dvz_assets.flow.publishing import publish_steps
from dvz_assets.home.keys import shown_hash
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.currency import DELIVERY
from dvz_assets.orchestration.dead_runs import IN_PROGRESS
from dvz_assets.outbound.acknowledgements import answer_files, content_of, take_in
from dvz_assets.outbound.states import DeliveryState, delivery_states
from dvz_assets.outbound.transmission import ready, transmit
from dvz_assets.questions.outgoing import outgoing, voucher_of
from dvz_assets.tables.protection import told

TRANSMISSION_SECONDS = 300
ANSWERS_SECONDS = 120
# the tag by which attempts at one delivery are known
TAG = "dvz/delivery"


def delivery_metadata(flow: Flow, month: Month) -> dict[str, Any]:
    """Return what the UI shows of the last delivery of a month; counts of persons are protected."""
    states = delivery_states(flow.ledger).get(month, ())
    if not states:
        return {}
    voucher = voucher_of(flow, states[-1])
    found = outgoing(flow, states[-1], voucher, datetime.now(UTC))
    changes, corrections, protection = voucher.differences, voucher.control_totals.corrections, flow.protection
    counts = {} if changes is None else {kind: changes.count(kind) for kind in ("added", "removed")}
    return {
        "state": found.delivery.state.value,
        "sequence": voucher.sequence,
        "historical": bool(found.historical),
        "persons sent": told(protection.count(voucher.control_totals.persons)),
        **{change: told(count) for change, count in protection.together(counts).items()},
        **({} if corrections is None else {"corrections": told(protection.count(corrections))}),
        "approvals": ", ".join(found.approvals) or "none",
        "approvals missing": found.missing,
        "answer overdue": found.overdue,
        "waits for": found.waits_for,
    }


def transmission_job(flow: Flow) -> dg.JobDefinition:
    """Puts one released delivery into the outbox."""

    @dg.op(
        config_schema={"month": dg.Field(str, description="YYYY-MM."), "sequence": dg.Field(int)},
        description="Puts the files of one released delivery into the outbox, its voucher last.",
    )
    def transmit_delivery(context: dg.OpExecutionContext) -> None:
        with guarded("transmission"):
            month, sequence = Month.parse(context.op_config["month"]), context.op_config["sequence"]
            sent = transmit(flow.settings, flow.ledger, month, sequence)
            publish_steps(flow)
            context.log_event(observation(flow, sent))

    @dg.job(
        name="transmission",
        executor_def=dg.in_process_executor,
        description="Transmits one released delivery; a refused, rejected or replaced one never.",
    )
    def transmission() -> None:
        transmit_delivery()

    return transmission


def transmission_sensor(flow: Flow, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Starts one run per released delivery, again after an attempt that failed."""

    @dg.sensor(
        name="transmission_sensor",
        job=job,
        minimum_interval_seconds=TRANSMISSION_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Transmits every released delivery to the outbox, and tries again where the connection broke. It "
        "tells the asset delivery of each step, by whomever it was taken.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with guarded("transmission_sensor"):
            waiting = ready(flow.ledger) if flow.settings.outbox is not None else []
            requests = [request for each in waiting for request in _attempt(context.instance, each)]
            events, cursor = _news(flow, context.cursor)
            skip = None if requests or events else "Nothing is released and not transmitted."
            return dg.SensorResult(run_requests=requests, asset_events=events, cursor=cursor, skip_reason=skip)

    return sensor


def acknowledgement_job(flow: Flow) -> dg.JobDefinition:
    """Takes in the answers of the landing zone."""

    @dg.op(description="Takes in every answer of the receiver; one that does not fit changes nothing and is told.")
    def take_in_answers(context: dg.OpExecutionContext) -> None:
        with guarded("acknowledgements"):
            taken = take_in(flow.settings, flow.ledger)
            if taken.deliveries:
                publish_steps(flow)
            for each in taken.deliveries:
                context.log_event(observation(flow, each))
            for problem in taken.problems[1:]:
                context.log.error(str(problem))
            if taken.problems:
                raise taken.problems[0]

    @dg.job(
        name="acknowledgements",
        executor_def=dg.in_process_executor,
        description="Takes in the receiver's answers from <landing>/acknowledgements (contract, section 5.3).",
    )
    def acknowledgements() -> None:
        take_in_answers()

    return acknowledgements


def acknowledgement_sensor(flow: Flow, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Starts a run when there is an answer that no run has seen in the state in which its delivery is now."""

    @dg.sensor(
        name="acknowledgements_sensor",
        job=job,
        minimum_interval_seconds=ANSWERS_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Takes in the receiver's answers from <landing>/acknowledgements.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with guarded("acknowledgements_sensor"):
            content = _unanswered(flow)
            if content is None or content == context.cursor:
                return dg.SkipReason("No new answer.")
            return dg.SensorResult(run_requests=[dg.RunRequest(run_key=content)], cursor=content)

    return sensor


def observation(flow: Flow, delivery: DeliveryState) -> dg.AssetObservation:
    """Return what the asset ``delivery`` is told of a step."""
    return dg.AssetObservation(
        DELIVERY,
        partition=str(delivery.month),
        description=f"{delivery.name}: {delivery.state}",
        metadata=delivery_metadata(flow, delivery.month),
    )


def _attempt(instance: dg.DagsterInstance, delivery: DeliveryState) -> Iterator[dg.RunRequest]:
    """The next attempt, unless one is in progress; attempts are counted, so that each has a key of its own."""
    tags = {TAG: f"{delivery.month}-{delivery.number}"}
    if instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=IN_PROGRESS)):
        return
    attempts = instance.get_runs_count(dg.RunsFilter(tags=tags))
    config = {"month": str(delivery.month), "sequence": delivery.sequence}
    yield dg.RunRequest(
        run_key=f"{delivery.name}:{attempts}",
        run_config={"ops": {"transmit_delivery": {"config": config}}},
        tags=tags,
    )


def _news(flow: Flow, cursor: str | None) -> tuple[list[dg.AssetObservation], str]:
    """Observations of the months whose deliveries have taken a step since the cursor was written; the next cursor."""
    before: Mapping[str, str] = json.loads(cursor) if cursor else {}
    states = delivery_states(flow.ledger)
    now = {
        str(month): hashlib.sha256(steps_in_words(of_month).encode()).hexdigest()[:16]
        for month, of_month in states.items()
    }
    present = set(flow.lake.months(DELIVERY))
    news = [
        observation(flow, of_month[-1])
        for month, of_month in states.items()
        if month in present and before.get(str(month)) != now[str(month)]
    ]
    return news, json.dumps(now, sort_keys=True)


def _unanswered(flow: Flow) -> str | None:
    """Keyed hash of the answers and of the states in which they find their deliveries; None when there is none."""
    files = answer_files(flow.settings.landing)
    if not files:
        return None
    seen = []
    for path in files:
        try:
            content = content_of(flow.settings.landing, path)
        except DvzError:  # the run tells what is wrong with it
            content = b""
        seen.append(hashlib.sha256(content).hexdigest())
    answered = {path.parent.name for path in files}
    for month, states in delivery_states(flow.ledger).items():
        if str(month) in answered:
            left = [f"{each.number} {each.has_left}" for each in states]
            seen.append(f"{month} {left}")
    return shown_hash(flow.settings, "\n".join(seen))
