"""Cases under a reading of the law that is not ours, from the pipeline and from the slow reading.

The rules are rows: whole months, the longest run and a window are in no rule of ``reference/``, and must work.
"""

from collections.abc import Mapping

import pytest

from dvz_assets.flow.context import Flow
from tests.cases.case_file import Case, deliveries
from tests.cases.other_reading import load_other_cases, other_reading
from tests.cases.test_named_cases import NOT_IN_SELECTION_ONE, corrections_of, differences
from tests.oracle.corrections import Correction, corrections
from tests.oracle.knowledge import known_by_month
from tests.oracle.rules import MonthResult, judge_everybody
from tests.properties.readings import write_reading
from tests.properties.running import rows, run_zone

CASES = load_other_cases()
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """The run of these cases."""
    folder = tmp_path_factory.mktemp("other-reading")
    tables = write_reading(folder / "reference", other_reading())
    return run_zone(folder, deliveries(CASES), reference=tables, history_gaps="accept")


@pytest.fixture(scope="module")
def judged(ran: Flow) -> tuple[Mapping[str, MonthResult], Mapping[str, list[Correction]]]:
    """What the slow reading of the rules decides, and takes back, in each month."""
    known = known_by_month(ran.settings.landing, ran.settings.reference)
    results = {month: judge_everybody(each) for month, each in known.items()}
    return results, corrections(known, results)


@every_case
def test_case(case: Case, ran: Flow) -> None:
    outcomes = {row["insz"]: row["outcome"] for row in rows(ran, "decisions", case.month)}
    outcome = outcomes.get(case.insz, NOT_IN_SELECTION_ONE)
    is_exported = case.insz in {row["insz"] for row in rows(ran, "dvz_export", case.month)}
    found = {"outcome": outcome, "is_exported": is_exported, **corrections_of(case, ran)}
    assert differences(case, found) == [], f"Case '{case.name}'"


@every_case
def test_case_by_the_slow_reading_of_the_rules(
    case: Case, judged: tuple[Mapping[str, MonthResult], Mapping[str, list[Correction]]]
) -> None:
    decision = judged[0][str(case.month)].decisions.get(case.insz)
    outcome = NOT_IN_SELECTION_ONE if decision is None else decision.outcome
    assert outcome == case.expected["outcome"], f"Case '{case.name}'"
    reasons = [each.reason for each in judged[1][str(case.month)] if each.insz in case.numbers]
    assert reasons == [reason for _, _, _, reason, _ in case.corrections()], f"Case '{case.name}'"
