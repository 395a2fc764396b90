"""Tells the people in charge: a sensor that looks once a minute, and Dagster's run-failure sensor, which looks at once.

Each piece of news is told once, again every day while it lasts, and once when it is over; where a channel is down, it
is tried again with the next look. A run never waits for it: nothing of this happens in a run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.told import Told, told
from dvz_assets.orchestration.boundary import guarded
from dvz_assets.orchestration.channels import name_of, send
from dvz_assets.orchestration.dagster_private import failed_automation
from dvz_assets.orchestration.dead_runs import close_dead_runs
from dvz_assets.questions.attempts import attempts
from dvz_assets.questions.news import Cause, News, news_of
from dvz_assets.settings import Channel, NewsKind, Severity
from dvz_assets.wording import number_of

SENSOR_SECONDS, FAILURE_SECONDS = 60, 30
AGAIN = timedelta(days=1)
MOST_LINES = 20
SEVERITIES = list(Severity)
# jobs beside the flow of months, whose runs the ledger does not know
OTHER_JOBS = ("transmission", "acknowledgements", "a036_consultation", "retention", "purge_dagster_storage")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one look has told: pieces of news, and those that a channel did not take."""

    told: int
    waiting: int

    @property
    def in_words(self) -> str:
        """For the tick of a sensor, and for the command."""
        waiting = f"; {self.waiting} wait for a channel that is down" if self.waiting else ""
        return f"{self.told or 'Nothing'} told{waiting}."


def tell(flow: Flow, instance: dg.DagsterInstance, now: datetime | None = None) -> Outcome:
    """Tell every channel what it has not been told, what lasts for another day, and what is over.

    Raises DvzError, after the others were told, when there can be no such channel.
    """
    now = now or datetime.now(UTC)
    found, unknown = _all_news(flow, instance, now)
    lasting = {each.key: each for each in found}
    sent = waiting = 0
    wrong: list[DvzError] = []
    with told(flow.settings) as record:
        for key, news in lasting.items():
            entry = record.setdefault(key, Told("", "", ""))
            entry.line, entry.kind, entry.severity = news.line, news.kind.value, news.severity.value
            entry.ends_silently = news.is_said_once
        over = [key for key, entry in record.items() if key not in lasting and entry.kind not in unknown]
        for channel in flow.settings.notify:
            name = name_of(channel)
            due = [
                key for key in lasting if _wants(channel, record[key]) and _is_due(lasting[key], record[key], name, now)
            ]
            ended = [key for key in over if name in record[key].at and not record[key].ends_silently]
            if not due and not ended:
                continue
            try:
                taken = _send(channel, [record[key] for key in due], [record[key] for key in ended])
            except DvzError as error:  # the others are told nevertheless
                wrong.append(error)
                taken = False
            if taken:
                sent += len(due) + len(ended)
                for key in due:
                    record[key].at[name] = now.isoformat()
                for key in ended:
                    del record[key].at[name]
            else:
                waiting += len(due) + len(ended)
        channels = {name_of(each) for each in flow.settings.notify}
        for key in over:
            if record[key].ends_silently or not channels & record[key].at.keys():
                del record[key]
    if wrong:
        raise wrong[0]
    return Outcome(sent, waiting)


def notifications_sensor(flow: Flow) -> dg.SensorDefinition:
    """Looks at the home once a minute; on by itself where somebody is to be told."""

    @dg.sensor(
        name="notifications_sensor",
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=_status(flow),
        description="Tells the channels of the setting notify what failed, is late, is stale or waits for somebody: "
        "once, again every day while it lasts, and when it is over. It starts nothing, and no run waits for it.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        with guarded("notifications_sensor"):
            close_dead_runs(flow, context.instance)
            return dg.SkipReason(tell(Flow(flow.settings), context.instance).in_words)

    return sensor


def run_failure_sensor(flow: Flow) -> dg.SensorDefinition:
    """Tells of a failed run as soon as Dagster knows of it."""

    @dg.run_failure_sensor(
        name="run_failure_sensor",
        monitor_all_code_locations=True,
        minimum_interval_seconds=FAILURE_SECONDS,
        default_status=_status(flow),
        description="Tells the channels of the setting notify of a run that has failed, with its code and what to do.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        with guarded("run_failure_sensor"):
            tell(Flow(flow.settings), context.instance)

    return sensor


def _status(flow: Flow) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if flow.settings.notify else dg.DefaultSensorStatus.STOPPED


def _all_news(flow: Flow, instance: dg.DagsterInstance, now: datetime) -> tuple[list[News], frozenset[NewsKind]]:
    failed = [each.run for each in attempts(flow).values() if each.went_wrong]
    causes = {run: cause for run in dict.fromkeys(failed) if (cause := _cause(instance, run)) is not None}
    found, unknown = news_of(flow, now, causes)
    return [*found, *_other_jobs(instance), *_automation(instance)], unknown


def _cause(instance: dg.DagsterInstance, run: str) -> Cause | None:
    """What the first failed step of a run says, without the counts of its message."""
    for entry in instance.all_logs(run, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        failure = event.step_failure_data.user_failure_data if event is not None else None
        metadata: Mapping[str, dg.MetadataValue] = failure.metadata if failure is not None else {}
        if "remedy" in metadata:
            return Cause(str(metadata["place"].value), str(metadata["remedy"].value))
    return None


def _other_jobs(instance: dg.DagsterInstance) -> Iterable[News]:
    for job in OTHER_JOBS:
        last = instance.get_runs(dg.RunsFilter(job_name=job), limit=1)
        if last and last[0].status is dg.DagsterRunStatus.FAILURE:
            cause = _cause(instance, last[0].run_id)
            todo = cause.remedy if cause else "look at the run in the Dagster UI"
            line = f"The last run of the job {job} has failed. To do: {todo}"
            yield News(f"job:{job}", NewsKind.RUN_FAILED, Severity.ERROR, line)


def _automation(instance: dg.DagsterInstance) -> Iterable[News]:
    for name in failed_automation(instance):
        line = f"{name} has failed at its last look. To do: look at it in the Dagster UI, under Automation"
        yield News(f"sensor:{name}", NewsKind.SENSOR_FAILED, Severity.ERROR, line)


def _wants(channel: Channel, entry: Told) -> bool:
    kind, severity = NewsKind(entry.kind), Severity(entry.severity)
    is_bad_enough = SEVERITIES.index(severity) >= SEVERITIES.index(channel.severity)
    return is_bad_enough and (not channel.events or kind in channel.events)


def _is_due(news: News, entry: Told, channel: str, now: datetime) -> bool:
    if channel not in entry.at:
        return True
    return not news.is_said_once and now - datetime.fromisoformat(entry.at[channel]) >= AGAIN


def _send(channel: Channel, lasting: Sequence[Told], over: Sequence[Told]) -> bool:
    worst = max((Severity(each.severity) for each in lasting), key=SEVERITIES.index, default=Severity.INFO)
    lines = [*(each.line for each in lasting), *(f"Over: {each.line.partition(' To do:')[0]}" for each in over)]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"... and {len(lines) - MOST_LINES} more: dvz status"]
    counts = [number_of(len(lasting), "notice")] if lasting else []
    counts += [f"{len(over)} over"] if over else []
    return send(channel, f"DVZ data flow: {', '.join(counts)}", lines, worst)
