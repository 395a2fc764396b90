"""Every named case comes out as a lawyer wrote it: from the pipeline, and from the slow reading of the rules."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import polars as pl
import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from tests.cases.case_file import PERSON_KEYS, Case, comparable, deliveries, load_cases
from tests.cases.landing_writer import write_landing
from tests.cases.outcomes import CORRECTION_REASONS, GROUNDS, OUTCOMES, OUTCOMES_BY_THE_DESK
from tests.oracle.corrections import Correction, corrections
from tests.oracle.knowledge import Knowledge, known_by_month
from tests.oracle.rules import EXPORT_COLUMNS, MonthResult, judge_everybody

CASES = load_cases()
NOT_IN_SELECTION_ONE = "NOT_IN_SELECTION_ONE"
OF_DECISION = ("outcome", "grounds", "living_wage_days", "longest_living_wage_run", "assistance_months", "category")
KEYS = {
    "case": {"name", "month", "person", "lines", "expect"},
    "person": {
        *PERSON_KEYS,
        "in_register",
        "register_from",
        "former_numbers",
        "replaced_in",
        "told_in",
        "twice_in",
        "deceased_known_from",
    },
    "line": {
        "statement",
        "help",
        "article",
        "amount",
        "sign",
        "type",
        "first",
        "last",
        "ocmw",
        "quality_code",
        "former",
        "times",
    },
    "expect": {*OF_DECISION, *EXPORT_COLUMNS, "regime", "periods", "corrections"},
    "correction": {"month_sent", "kind", "reason"},
}
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))

Judged = tuple[Mapping[str, Knowledge], Mapping[str, MonthResult], Mapping[str, list[Correction]]]


@pytest.fixture(scope="module")
def published(cases_ran: Flow) -> Iterator[tuple[Flow, duckdb.DuckDBPyConnection]]:
    """The run of all cases, and its published file."""
    path = PUBLISHED_DATABASES["dvz_database"].path(cases_ran.settings.home)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield cases_ran, connection


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """All cases as the slow reading of the rules decides them; no pipeline."""
    landing = write_landing(tmp_path_factory.mktemp("cases"), deliveries(CASES))
    known = known_by_month(landing, reference_folder())
    results = {month: judge_everybody(each) for month, each in known.items()}
    return known, results, corrections(known, results)


def fetch(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def outcome_of(case: Case, flow: Flow, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the published files, and the lake, say of the person of a case."""
    corrected = corrections_of(case, flow)
    decisions = str(flow.lake.partition("decisions", case.month))
    found = fetch(connection, "SELECT * FROM read_parquet(?) WHERE insz = ?", decisions, case.insz)
    if not found:
        return {"outcome": NOT_IN_SELECTION_ONE, **corrected}
    where = "WHERE month = ? AND insz = ?"
    export = fetch(connection, f"SELECT * FROM export.dvz_export {where}", case.month.first_day, case.insz)
    periods = fetch(
        connection,
        f"SELECT period_start, period_end FROM export.dvz_export_period {where} ORDER BY ALL",
        case.month.first_day,
        case.insz,
    )
    facts = {**(export[0] if export else {}), **found[0], **corrected}
    return {**facts, "periods": [list(period.values()) for period in periods], "is_exported": bool(export)}


def corrections_of(case: Case, flow: Flow) -> dict[str, Any]:
    """What the month takes back about the person."""
    rows = pl.read_parquet(flow.lake.partition("corrections", case.month)).filter(pl.col("insz").is_in(case.numbers))
    return {
        "corrections": sorted(
            (row["insz"], Month.parse(f"{row['month_sent']:%Y-%m}"), row["kind"], row["reason"], row["insz_now"])
            for row in rows.iter_rows(named=True)
        )
    }


def judgement_of(case: Case, judged: Judged) -> dict[str, Any]:
    """What the slow reading of the rules says of the person of a case."""
    known, results, corrected = judged
    month = str(case.month)
    result = results[month]
    about_the_person = [
        (each.insz, Month.parse(each.month_sent), each.kind, each.reason, each.insz_now)
        for each in corrected[month]
        if each.insz in case.numbers
    ]
    facts = {"corrections": sorted(about_the_person), "regime": known[month].regime}
    if (decision := result.decisions.get(case.insz)) is None:
        return {"outcome": NOT_IN_SELECTION_ONE, **facts}
    periods = sorted([begin, end] for insz, _, begin, end in result.periods if insz == case.insz)
    return {
        **result.export.get(case.insz, {}),
        **{name: getattr(decision, name) for name in OF_DECISION},
        **facts,
        "periods": periods,
        "is_exported": case.insz in result.export,
    }


def differences(case: Case, found: dict[str, Any]) -> list[str]:
    """What is not as the case says, without a number."""
    different = [
        f"{key}: the case says {comparable(value)!r}, found {comparable(found.get(key))!r}"
        for key, value in case.expected.items()
        if key != "corrections" and comparable(found.get(key)) != comparable(value)
    ]
    if "corrections" in case.expected and "corrections" in found and found["corrections"] != case.corrections():
        told = [f"{kind} {reason} of {month_sent}" for _, month_sent, kind, reason, _ in found["corrections"]]
        different.append(f"corrections: found {told}, or under another number than the case says")
    if found.get("is_exported", False) is not (case.expected["outcome"] == "SENT"):
        different.append("exported without being sent, or the other way round")
    return different


@every_case
def test_named_case(case: Case, published: tuple[Flow, duckdb.DuckDBPyConnection]) -> None:
    assert differences(case, outcome_of(case, *published)) == [], f"Case '{case.name}' at {case.month}"


@every_case
def test_named_case_by_the_slow_reading_of_the_rules(case: Case, judged: Judged) -> None:
    assert differences(case, judgement_of(case, judged)) == [], f"Case '{case.name}' at {case.month}"


def test_cases_reach_every_outcome_ground_and_correction() -> None:
    reached = {case.expected["outcome"] for case in CASES}
    reached |= {ground for case in CASES for ground in case.expected.get("grounds", ())}
    reached |= {each["reason"] for case in CASES for each in case.expected.get("corrections", ())}
    assert {*OUTCOMES, *GROUNDS, *CORRECTION_REASONS} - {*OUTCOMES_BY_THE_DESK} <= reached


def test_keys_of_cases_are_known() -> None:
    """A misspelt key would check nothing, or tell the pipeline nothing."""
    keys = {
        "case": {key for case in CASES for key in case.content},
        "person": {key for case in CASES for key in case.content["person"]},
        "line": {key for case in CASES for line in case.content["lines"] for key in line},
        "expect": {key for case in CASES for key in case.expected},
        "correction": {key for case in CASES for each in case.expected.get("corrections", ()) for key in each},
    }
    assert {name: found - KEYS[name] for name, found in keys.items()} == {name: set() for name in KEYS}
