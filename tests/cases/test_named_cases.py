"""Every named case comes out as a lawyer wrote it: landing files in, published files out."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from tests.cases.case_file import Case, comparable, load_cases
from tests.cases.outcomes import GROUNDS, OUTCOMES

CASES = load_cases()
NOT_IN_SELECTION_ONE = "NOT_IN_SELECTION_ONE"
OF_DECISION = ("outcome", "grounds", "living_wage_days", "longest_living_wage_run", "assistance_months", "category")


@pytest.fixture(scope="module")
def published(cases_ran: Flow) -> Iterator[tuple[Flow, duckdb.DuckDBPyConnection]]:
    """The run of all cases, and its published file."""
    path = PUBLISHED_DATABASES["dvz_database"].path(cases_ran.settings.home)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield cases_ran, connection


def fetch(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def outcome_of(case: Case, flow: Flow, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the published files, and the decisions of the lake, say of the person of a case."""
    decisions = str(flow.lake.partition("decisions", case.month))
    found = fetch(connection, "SELECT * FROM read_parquet(?) WHERE insz = ?", decisions, case.insz)
    if not found:
        return {"outcome": NOT_IN_SELECTION_ONE}
    where = "WHERE month = ? AND insz = ?"
    export = fetch(connection, f"SELECT * FROM export.dvz_export {where}", case.month.first_day, case.insz)
    periods = fetch(
        connection,
        f"SELECT period_start, period_end FROM export.dvz_export_period {where} ORDER BY ALL",
        case.month.first_day,
        case.insz,
    )
    facts = {**(export[0] if export else {}), **found[0]}
    return {**facts, "periods": [list(period.values()) for period in periods], "is_exported": bool(export)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_named_case(case: Case, published: tuple[Flow, duckdb.DuckDBPyConnection]) -> None:
    found = outcome_of(case, *published)
    differences = [
        f"{key}: the case says {comparable(value)!r}, the pipeline says {comparable(found.get(key))!r}"
        for key, value in case.expected.items()
        if comparable(found.get(key)) != comparable(value)
    ]
    assert not differences, f"Case '{case.name}' at {case.month}: " + "; ".join(differences)
    assert found.get("is_exported", False) is (case.expected["outcome"] == "SENT")


def test_cases_reach_every_outcome_and_ground() -> None:
    reached = {case.expected["outcome"] for case in CASES} | {
        ground for case in CASES for ground in case.expected.get("grounds", ())
    }
    assert set(OUTCOMES) | set(GROUNDS) <= reached
