"""Days on which calendars go wrong: month ends, leap years, changes of the clock, the turn of the year."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvz_assets.months import Month
from dvz_assets.orchestration.partitions import monthly_partitions
from dvz_assets.project_files import reference_folder
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz
from tests.oracle.rules import compute
from tests.properties.running import run_zone
from tests.properties.test_against_the_rules import differences

months = st.builds(Month, st.integers(1900, 2200), st.integers(1, 12))


@given(month=months, distance=st.integers(-600, 600))
def test_months_are_added_and_taken_away(month: Month, distance: int) -> None:
    moved = month.plus(distance)
    assert moved.minus(distance) == month
    assert Month.parse(str(moved)) == moved
    assert (moved > month) == (distance > 0)
    assert moved.last_day + timedelta(days=1) == moved.next().first_day
    assert moved.previous().last_day + timedelta(days=1) == moved.first_day


@given(month=months, count=st.integers(0, 30))
def test_a_range_has_every_month_once(month: Month, count: int) -> None:
    found = Month.range(month, month.plus(count))
    assert len(found) == count + 1
    assert all(one.next() == other for one, other in pairwise(found))


@pytest.mark.parametrize("key", ["2018-03", "2018-10", "2018-12", "2019-01", "2020-02"])
def test_partitions_begin_at_midnight_in_brussels(key: str) -> None:
    brussels = ZoneInfo("Europe/Brussels")
    window = monthly_partitions("2014-05").time_window_for_partition_key(key)
    month = Month.parse(key)
    assert window.start.astimezone(brussels).replace(tzinfo=None) == datetime.combine(
        month.first_day, datetime.min.time()
    )
    assert window.end == monthly_partitions("2014-05").time_window_for_partition_key(str(month.next())).start
    assert isinstance(window, dg.TimeWindow)
    assert window.start.astimezone(UTC).hour in (22, 23)


# the day of a snapshot, near the ends of months, in leap years, in the month after its statement
SNAPSHOTS = (
    date(2020, 2, 28),
    date(2020, 2, 29),
    date(2020, 3, 1),
    date(2021, 2, 28),
    date(2021, 3, 1),
    date(2019, 1, 1),
)
days_off = st.integers(-2, 2)


@st.composite
def persons_at_boundaries(draw: st.DrawFn) -> tuple[Month, Delivery]:
    """Persons whose five years, cards and lives end around the snapshot, with aid around the ends of months."""
    snapshot = draw(st.sampled_from(SNAPSHOTS))
    month = Month(snapshot.year, snapshot.month).minus(draw(st.sampled_from((0, 1))))
    delivery = Delivery(snapshot_date=snapshot)
    for serial in range(20):
        near = snapshot + timedelta(days=draw(days_off))
        since = draw(st.sampled_from((date(2016, 2, 29), _years_before(near, 5), _years_before(near, 4))))
        person: Row = {
            "insz": synthetic_insz(serial),
            "naam": "Naam",
            "nationaliteit": draw(st.sampled_from(("124", "354"))),
            "register": "VR",
            "verblijfsdocument": draw(st.sampled_from(("A", "E"))),
            "document_geldig_tot": f"{near:%Y%m%d}",
            "verblijfsmotief": draw(st.sampled_from(("4.2.1", "PH_FAM_TCN_10", "PH_FAM_TCN_10BIS"))),
            "verblijf_sinds": f"{since:%Y%m%d}",
            "overleden_op": draw(st.sampled_from(("", "", f"{near:%Y%m%d}"))),
        }
        delivery.persons.append(person)
        last = month.last_day - timedelta(days=draw(st.integers(0, 2)))
        first = last - timedelta(days=draw(st.sampled_from((0, 1, 27, 28, 29, 30, 89, 90, 365))))
        help_line = {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "101"} if serial % 2 else {}
        period = {"eerste_dag": f"{first:%Y%m%d}", "laatste_dag": f"{last:%Y%m%d}"}
        delivery.statement.append(statement_line(synthetic_insz(serial), month, **help_line, **period))
    return month, delivery


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


@settings(max_examples=8)
@given(drawn=persons_at_boundaries())
def test_boundaries_of_dates_agree_with_the_rules(drawn: tuple[Month, Delivery]) -> None:
    month, delivery = drawn
    with tempfile.TemporaryDirectory() as folder:
        flow = run_zone(Path(folder), {month: delivery})
        expected = compute(flow.settings.landing, reference_folder(), str(month))
        assert differences(flow, month, expected) == []
