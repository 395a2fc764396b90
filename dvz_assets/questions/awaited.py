"""What is awaited next, and by when: the next month, and what a person or the receiver has to do. It changes nothing.

The statement of a month closes in the following month; the month is due some days after the schedule of that month.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dvz_assets.flow.context import Flow
from dvz_assets.flow.runnable_months import months_of_flow
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.outbound.states import LEFT, State
from dvz_assets.questions.outgoing import Outgoing, outgoing_deliveries
from dvz_assets.settings import Settings

DAYS_AFTER_THE_SCHEDULE = 5
DEADLINE_HOUR = 18
LAST_DAY = 28  # that every month has


class Waiting(StrEnum):
    """What is waited for."""

    DELIVERY = "its delivery"
    RUN = "its run"
    RELEASE = "its release"
    TRANSMISSION = "its transmission"
    ANSWER = "the receiver's answer"
    NEXT_RUN = "the next run: it was refused"


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that is awaited; ``by`` is None where nothing says when."""

    month: Month
    waiting: Waiting
    by: datetime | None
    late: bool
    delivery: str = ""

    @property
    def in_words(self) -> str:
        """Such as ``2018-07 waits for its delivery, by 2018-08-15 18:00``."""
        what = f"delivery {self.delivery}" if self.delivery else str(self.month)
        by = "" if self.by is None else f", by {self.by.astimezone(BRUSSELS):%Y-%m-%d %H:%M}"
        return f"{what} waits for {self.waiting}{by}{' (late)' if self.late else ''}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "month": str(self.month),
            "awaits": self.waiting.name,
            "by": None if self.by is None else self.by.isoformat(),
            "late": self.late,
            "delivery": self.delivery or None,
        }


def deadline(settings: Settings, month: Month) -> datetime:
    """When a month has to be materialised at the latest, in Brussels."""
    following = month.next()
    day = min(settings.schedule_day + DAYS_AFTER_THE_SCHEDULE, LAST_DAY)
    return datetime(following.year, following.number, day, DEADLINE_HOUR, tzinfo=BRUSSELS)


def due_month(settings: Settings, now: datetime) -> Month:
    """The newest month whose deadline has passed."""
    month = Month.of(now).previous()
    return month if deadline(settings, month) <= now else month.previous()


def next_month(flow: Flow) -> Month:
    """The first month after all that are materialised or purged; where there is none, the first that is delivered."""
    done = {*flow.lake.months("delivery"), *flow.lake.purged_months()}
    delivered = months_of_flow(flow)
    if done:
        return next((month for month in delivered if month not in done), max(done).next())
    return delivered[0] if delivered else Month.parse(flow.settings.first_month)


def is_late(flow: Flow, now: datetime) -> bool:
    """Whether the month that is due is not materialised: another month, run again, does not change that."""
    due = due_month(flow.settings, now)
    return due >= Month.parse(flow.settings.first_month) and not (
        flow.lake.has("delivery", due) or due in flow.lake.purged_months()
    )


def awaited(flow: Flow, now: datetime) -> list[Awaited]:
    """The next month first, then the deliveries that wait for somebody."""
    month = next_month(flow)
    by = deadline(flow.settings, month)
    waiting = Waiting.RUN if month in months_of_flow(flow) else Waiting.DELIVERY
    return [Awaited(month, waiting, by, late=now >= by), *of_deliveries(flow)]


def of_deliveries(flow: Flow) -> list[Awaited]:
    """The deliveries that wait for somebody."""
    return [awaited for each in outgoing_deliveries(flow) for awaited in _of_delivery(flow, each)]


def _of_delivery(flow: Flow, each: Outgoing) -> list[Awaited]:
    delivery = each.delivery
    if delivery.state is State.TRANSMITTED:
        by = delivery.times[LEFT] + timedelta(days=flow.settings.acknowledge_within_days)
        return [Awaited(delivery.month, Waiting.ANSWER, by, each.overdue, delivery.name)]
    waiting = {
        State.PREPARED: Waiting.RELEASE,
        State.RELEASED: Waiting.TRANSMISSION,
        State.REFUSED: Waiting.NEXT_RUN,
        State.REJECTED: Waiting.NEXT_RUN,
    }.get(delivery.state)
    return [] if waiting is None else [Awaited(delivery.month, waiting, None, late=False, delivery=delivery.name)]
