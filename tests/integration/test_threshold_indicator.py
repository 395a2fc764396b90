"""The threshold indicator: strictly more than three times the living wage, of students alone, and never sent."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz, write_landing
from tests.integration.running import run

STUDENT, FORMER, EU_CITIZEN = (synthetic_insz(number) for number in range(3))
MONTHS = Month.range(Month.parse("2018-01"), Month.parse("2018-05"))
INDICATOR = (
    "aid_amount_12m, monthly_living_wage, living_wage_category, living_wage_category_assumed, "
    "verified, multiple, exceeds"
)


@pytest.fixture
def motives(flow: Flow) -> dict[str, str]:
    """A code of IT 202 for each category."""
    rows = flow.reference.tables["residence_motives"].iter_rows(named=True)
    return {row["category"]: row["code"] for row in rows}


def assistance(insz: str, month: Month, cents: int, **changes: str) -> Row:
    law_65 = {"wetgeving": "2", "begrotingsartikel": "A", "hulptype": "H", "categorie": ""}
    return statement_line(insz, month, bedrag=str(cents), **(law_65 | changes))


def indicator(
    folder: Path, motives: dict[str, str], flow: Flow, last_cents: int, **last: str
) -> list[tuple[object, ...]]:
    """What the published table says of May 2018, after assistance of 500 EUR in each of five months."""
    articles = flow.reference.tables["budget_articles"].filter(law="2").rows(named=True)
    helps = flow.reference.tables["help_types"].filter(aid_kind="ASSISTANCE").rows(named=True)
    law_65 = {"begrotingsartikel": articles[0]["code"], "hulptype": helps[0]["code"]}
    deliveries = {}
    for month in MONTHS:
        cents = last_cents if month == MONTHS[-1] else 50_000
        number = FORMER if month < MONTHS[-1] else STUDENT
        lines = [assistance(number, month, cents, **law_65), assistance(EU_CITIZEN, month, cents, **law_65)]
        if last and month == MONTHS[-1]:
            lines.append(statement_line(STUDENT, month, **last))
        people: list[Row] = [
            {
                "insz": STUDENT,
                "naam": "A",
                "nationaliteit": "354",
                "register": "VR",
                "verblijfsdocument": "A",
                "verblijfsmotief": motives["TCN_STUDENT"],
            },
            {
                "insz": EU_CITIZEN,
                "naam": "B",
                "nationaliteit": "124",
                "register": "VR",
                "verblijfsmotief": motives["EU_CITIZEN"],
                "verblijf_sinds": "20180101",
            },
        ]
        replaced: list[Row] = []
        if month == MONTHS[-1]:
            replaced = [{"oud_insz": FORMER, "nieuw_insz": STUDENT, "datum": "20180501"}]
        deliveries[month] = Delivery(lines, people, replaced)
    landing = write_landing(folder / "months", deliveries)
    own = Flow(Settings(landing=landing, home=folder / "own"))
    assert run(own, str(MONTHS[0]), str(MONTHS[-1])) is None
    delivered = own.settings.home / "deliveries" / "2018-05" / "0001"
    sent = " ".join(path.read_text("utf-8") for path in delivered.iterdir())
    assert not any(word in sent for word in ("threshold", "multiple", "exceeds", "aid_amount_12m", "monthly_living"))
    with duckdb.connect(str(own.settings.home / "published" / "dvz.duckdb"), read_only=True) as connection:
        rows: list[tuple[object, ...]] = connection.execute(
            f"SELECT insz = '{STUDENT}', {INDICATOR} FROM control.threshold_indicator WHERE month = DATE '2018-05-01'"
        ).fetchall()
    return rows


# category 2 on 31 May 2018
LIVING_WAGE = Decimal("892.70")


def test_exactly_three_times_is_not_more(tmp_path: Path, motives: dict[str, str], flow: Flow) -> None:
    exactly = int(LIVING_WAGE * 300) - 4 * 50_000
    (row,) = indicator(tmp_path, motives, flow, exactly)
    assert row == (True, LIVING_WAGE * 3, LIVING_WAGE, "2", True, row[5], Decimal("3.00"), False)


def test_a_cent_more_is_more(tmp_path: Path, motives: dict[str, str], flow: Flow) -> None:
    (row,) = indicator(tmp_path, motives, flow, int(LIVING_WAGE * 300) - 4 * 50_000 + 1)
    assert row[-1] is True


def test_the_category_is_that_of_the_latest_line_of_living_wage(
    tmp_path: Path, motives: dict[str, str], flow: Flow
) -> None:
    (row,) = indicator(tmp_path, motives, flow, 50_000, categorie="3", bedrag="10000")
    assert row[1] == Decimal("2600.00"), "living wage counts as aid as well"
    assert row[3:5] == ("3", False)
    assert row[2] > LIVING_WAGE  # type: ignore[operator]
