"""The threshold indicator: strictly more than three times the living wage, of students alone, and never sent."""

from dataclasses import dataclass, field
from decimal import Decimal

import duckdb
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz, write_landing
from tests.integration.running import run

MONTHS = Month.range(Month.parse("2018-01"), Month.parse("2018-05"))
# category 2 on 31 May 2018
LIVING_WAGE = Decimal("892.70")
EXACTLY_THREE_TIMES = int(LIVING_WAGE * 300) - 4 * 50_000
EU_CITIZEN = synthetic_insz(0)
INDICATOR = (
    "aid_amount_12m, monthly_living_wage, living_wage_category, living_wage_category_assumed, "
    "verified, multiple, exceeds"
)
Indicator = tuple[object, ...]


@dataclass(frozen=True)
class Student:
    """500 EUR of assistance in each of four months under a former number, and what comes in the fifth."""

    former: str
    insz: str
    last_cents: int
    living_wage: dict[str, str] = field(default_factory=dict)


STUDENTS = {
    "exactly": Student(synthetic_insz(1), synthetic_insz(2), EXACTLY_THREE_TIMES),
    "a cent more": Student(synthetic_insz(3), synthetic_insz(4), EXACTLY_THREE_TIMES + 1),
    "living wage": Student(synthetic_insz(5), synthetic_insz(6), 50_000, {"categorie": "3", "bedrag": "10000"}),
}


def assistance(insz: str, month: Month, cents: int, **changes: str) -> Row:
    return statement_line(insz, month, bedrag=str(cents), **({"wetgeving": "2", "categorie": ""} | changes))


def people(flow: Flow) -> list[Row]:
    rows = flow.reference.tables["residence_motives"].iter_rows(named=True)
    motives = {row["category"]: row["code"] for row in rows}
    student = {"naam": "A", "nationaliteit": "354", "register": "VR", "verblijfsdocument": "A"}
    citizen = {"naam": "B", "nationaliteit": "124", "register": "VR", "verblijf_sinds": "20180101"}
    return [
        *({**student, "insz": each.insz, "verblijfsmotief": motives["TCN_STUDENT"]} for each in STUDENTS.values()),
        {**citizen, "insz": EU_CITIZEN, "verblijfsmotief": motives["EU_CITIZEN"]},
    ]


def lines(flow: Flow, month: Month) -> list[Row]:
    """Assistance of the students and of somebody who is no student; living wage in the last month."""
    articles = flow.reference.tables["budget_articles"].filter(law="2").rows(named=True)
    helps = flow.reference.tables["help_types"].filter(aid_kind="ASSISTANCE").rows(named=True)
    law_65 = {"begrotingsartikel": articles[0]["code"], "hulptype": helps[0]["code"]}
    found = [assistance(EU_CITIZEN, month, EXACTLY_THREE_TIMES + 1, **law_65)]
    for student in STUDENTS.values():
        if month < MONTHS[-1]:
            found.append(assistance(student.former, month, 50_000, **law_65))
            continue
        found.append(assistance(student.insz, month, student.last_cents, **law_65))
        if student.living_wage:
            found.append(statement_line(student.insz, month, **student.living_wage))
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """The five months, all published."""
    folder = tmp_path_factory.mktemp("threshold")
    flow = Flow(Settings(landing=folder / "landing", home=folder / "home"))
    replaced: list[Row] = [
        {"oud_insz": each.former, "nieuw_insz": each.insz, "datum": "20180501"} for each in STUDENTS.values()
    ]
    deliveries = {
        month: Delivery(lines(flow, month), people(flow), replaced if month == MONTHS[-1] else []) for month in MONTHS
    }
    write_landing(folder / "landing", deliveries)
    assert run(flow, str(MONTHS[0]), str(MONTHS[-1])) is None
    return flow


@pytest.fixture
def indicators(ran: Flow) -> dict[str, Indicator]:
    """What the published table says of each student in May 2018; failures print no number of a person."""
    names = {student.insz: name for name, student in STUDENTS.items()}
    with duckdb.connect(str(ran.settings.home / "published" / "dvz.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT insz, {INDICATOR} FROM control.threshold_indicator WHERE month = DATE '2018-05-01'"
        ).fetchall()
    return {names.get(insz, "no student"): tuple(values) for insz, *values in rows}


def test_only_students_have_one_and_nothing_of_it_is_sent(ran: Flow, indicators: dict[str, Indicator]) -> None:
    assert indicators.keys() == STUDENTS.keys()
    delivered = ran.settings.home / "deliveries" / "2018-05" / "0001"
    sent = " ".join(path.read_text("utf-8") for path in delivered.iterdir())
    assert not any(word in sent for word in ("threshold", "multiple", "exceeds", "aid_amount_12m", "monthly_living"))


def test_exactly_three_times_is_not_more(indicators: dict[str, Indicator]) -> None:
    row = indicators["exactly"]
    assert row == (LIVING_WAGE * 3, LIVING_WAGE, "2", True, row[4], Decimal("3.00"), False)


def test_a_cent_more_is_more(indicators: dict[str, Indicator]) -> None:
    assert indicators["a cent more"][-1] is True


def test_the_category_is_that_of_the_latest_line_of_living_wage(indicators: dict[str, Indicator]) -> None:
    row = indicators["living wage"]
    assert row[0] == Decimal("2600.00"), "living wage counts as aid as well"
    assert row[2:4] == ("3", False)
    assert row[1] > LIVING_WAGE  # type: ignore[operator]
