"""Changes of the input that may not change, or may change only so much, what comes out about a person."""

import tempfile
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz
from tests.properties.populations import landing_zones
from tests.properties.running import rows, run_zone

ASSETS = ("decisions", "dvz_export", "dvz_export_periods")
NEWCOMER = synthetic_insz(800_000)


def about_everybody(flow: Flow, zone: dict[Month, Delivery]) -> list[dict[str, Any]]:
    return [row for month in zone for asset in ASSETS for row in rows(flow, asset, month)]


@settings(max_examples=2)
@given(zone=landing_zones(persons=16))
def test_data_of_another_person_change_nobody_elses_row(zone: dict[Month, Delivery]) -> None:
    with_newcomer = deepcopy(zone)
    for month, delivery in with_newcomer.items():
        facts = {"nationaliteit": "124", "register": "VR", "verblijfsdocument": "E", "verblijfsmotief": "4.2.1"}
        delivery.persons.insert(
            0, {"insz": NEWCOMER, "naam": "Nieuw", "verblijf_sinds": f"{month:}"[:4] + "0101", **facts}
        )
        help_line = {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "101"}
        delivery.statement.insert(0, statement_line(NEWCOMER, month, **help_line))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        before = about_everybody(run_zone(Path(one), zone), zone)
        after = about_everybody(run_zone(Path(other), with_newcomer), zone)
    others = [row for row in after if row["insz"] != NEWCOMER]
    assert len(after) > len(others)
    assert sum(1 for one, other in zip(before, others, strict=True) if one != other) == 0


def split(line: Row) -> list[Row]:
    """Two adjoining periods with the same amount per day, where whole cents allow it; else the line itself."""
    first, last = (
        date(int(line[day][:4]), int(line[day][4:6]), int(line[day][6:])) for day in ("eerste_dag", "laatste_dag")
    )
    days = (last - first).days + 1
    if days < 2 or int(line["bedrag"]) % days:
        return [line]
    middle = first + timedelta(days=days // 2)
    per_day = int(line["bedrag"]) // days
    return [
        {**line, "laatste_dag": f"{middle - timedelta(days=1):%Y%m%d}", "bedrag": str(per_day * (days // 2))},
        {**line, "eerste_dag": f"{middle:%Y%m%d}", "bedrag": str(per_day * (days - days // 2))},
    ]


@settings(max_examples=2)
@given(zone=landing_zones(persons=16))
def test_splitting_a_line_changes_cents_of_rounding_alone(zone: dict[Month, Delivery]) -> None:
    # the same line twice is a duplicate, and so would its parts be: references make every line its own
    unique = deepcopy(zone)
    for delivery in unique.values():
        delivery.statement = [
            {**line, "referentie": f"R{number}", "bedrag": str(int(line["bedrag"]) // 31 * 930)}
            for number, line in enumerate(delivery.statement)
        ]
    halves = deepcopy(unique)
    for delivery in halves.values():
        delivery.statement = [part for line in delivery.statement for part in split(line)]
    parts = sum(len(delivery.statement) for delivery in halves.values())
    assume(parts > sum(len(delivery.statement) for delivery in unique.values()))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole = about_everybody(run_zone(Path(one), unique), unique)
        split_up = about_everybody(run_zone(Path(other), halves), unique)
    different = 0
    for before, after in zip(whole, split_up, strict=True):
        if (amount := before.get("amount_reimbursed_12m")) is not None:
            assert abs(amount - after["amount_reimbursed_12m"]) <= Decimal("0.01") * parts
            after["amount_reimbursed_12m"] = amount
        different += before != after
    assert different == 0
