"""Every outcome and every ground can be explained, by tests that lead to what was recorded and name their law."""

import json
from collections.abc import Callable

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.explain.explanation import FAILED, NOT_REACHED, PASSED, Explanation, derive
from dvz_assets.explain.facts import Facts
from dvz_assets.explain.tests import TESTS
from dvz_assets.flow.context import Flow
from dvz_assets.lake import read_manifest, write_frame
from dvz_assets.months import Month
from tests.cases.case_file import Case, load_cases
from tests.cases.landing_writer import synthetic_insz
from tests.cases.outcomes import OUTCOMES
from tests.integration.running import redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"
CASES = load_cases()


def explained(flow: Flow, month: Month, insz: str) -> Explanation:
    return derive(Facts(flow, month, insz))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_every_named_case_is_explained_as_its_lawyer_wrote_it(case: Case, cases_ran: Flow) -> None:
    found = explained(cases_ran, case.month, case.insz)
    assert found.agrees
    assert found.outcome == case.expected["outcome"]
    assert list(found.grounds) == case.expected.get("grounds", list(found.grounds))
    states = [step.state for step in found.steps]
    if found.outcome == "SENT":
        assert found.sent is not None
        assert NOT_REACHED not in states
    elif found.outcome != "BELOW_THRESHOLD":
        (failed,) = [step for step in found.steps if step.state == FAILED]
        assert failed.outcome == found.outcome
    for step in found.steps:
        assert step.legal_reference
        assert (step.fact is None) == (step.state not in (PASSED, FAILED)), "a fact is shown only where a test needs it"


def test_the_tests_are_those_of_the_rules_in_their_order() -> None:
    assert [test.outcome for test in TESTS[1:]] == [
        name for name in OUTCOMES if name not in ("BELOW_THRESHOLD", "SENT")
    ]


@pytest.fixture
def ran(flow: Flow) -> Flow:
    assert run(flow, FIRST, LAST) is None
    return flow


@pytest.mark.parametrize("month", [FIRST, SECOND, LAST])
def test_every_decision_is_explained_and_carries_its_law(ran: Flow, month: str) -> None:
    chosen = Month.parse(month)
    numbers = pl.read_parquet(ran.lake.partition("decisions", chosen), hive_partitioning=False)["insz"]
    found = [explained(ran, chosen, insz) for insz in numbers]
    assert len(found) > 50
    assert sum(not each.agrees for each in found) == 0
    assert sum(not step.legal_reference for each in found for step in each.steps) == 0
    of_category = [step for each in found if each.outcome == "SENT" for step in each.steps if step.asks == "ground"]
    assert all("; note" in step.legal_reference for step in of_category)


def ask(flow: Flow, month: str, insz: str, *options: str) -> Result:
    arguments = ["explain", "--month", month, *options, "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, arguments, input=f"{insz}\n")


def somebody(flow: Flow, month: str, **where: str) -> str:
    decisions = pl.read_parquet(flow.lake.partition("decisions", Month.parse(month)), hive_partitioning=False)
    return str(decisions.filter(**where)["insz"][0])


def test_the_answer_tells_the_way_and_what_was_sent(ran: Flow) -> None:
    insz = somebody(ran, LAST, outcome="SENT")
    text = ask(ran, LAST, insz)
    assert text.exit_code == 0, text.stderr
    for words in ("Selection one", "Selection two", "Criteria", "Outcome: SENT", "law: note of 8 May 2014", "a signal"):
        assert words in text.stdout
    content = json.loads(ask(ran, LAST, insz, "--json").stdout)
    assert content["agrees"]
    assert content["sent"]["insz"] == insz
    assert content["deliveries"][0].startswith("0001")
    assert content["counters"]["living_wage_days"].keys() == {"count", "periods"}


def test_the_question_is_on_record_without_the_person(ran: Flow) -> None:
    insz = somebody(ran, LAST, outcome="BELGIAN")
    assert ask(ran, LAST, insz).exit_code == 0
    entry = list(ran.ledger.entries())[-1]
    assert (entry.event, entry.month, entry.details) == ("EXPLAINED", LAST, {"outcome": "BELGIAN"})
    assert entry.persons == [ran.ledger.keyed_hash(insz)]
    assert ran.ledger.file.read_text("utf-8").count(insz) == 0


def test_of_a_belgian_nothing_is_shown_that_no_test_needs(ran: Flow) -> None:
    content = json.loads(ask(ran, LAST, somebody(ran, LAST, outcome="BELGIAN"), "--json").stdout)
    assert content["counters"] == {}
    assert content["sent"] is None
    later = [step for step in content["steps"] if step["state"] == NOT_REACHED]
    assert len(later) == 12
    assert all(step["fact"] is None for step in later)


def test_who_is_not_in_selection_one_is_explained_without_the_register(ran: Flow) -> None:
    unknown = json.loads(ask(ran, LAST, synthetic_insz(800_000), "--json").stdout)
    assert unknown["outcome"] == "NOT_IN_SELECTION_ONE"
    assert unknown["steps"][0]["fact"] == "no line in the statement of the month"
    lines = pl.read_parquet(ran.lake.partition("aid_history", Month.parse(LAST)), hive_partitioning=False)
    selected = pl.read_parquet(ran.lake.partition("selection_one", Month.parse(LAST)), hive_partitioning=False)
    links = pl.read_parquet(ran.lake.partition("identity_map", Month.parse(LAST)), hive_partitioning=False)
    others = set(lines["insz"]) - set(selected["insz"]) - set(links["old_insz"])
    recovered = json.loads(ask(ran, LAST, f"{min(others):011d}", "--json").stdout)
    assert recovered["outcome"] == "NOT_IN_SELECTION_ONE"
    assert "net of" in recovered["steps"][0]["fact"]
    assert all(step["fact"] is None for step in recovered["steps"][1:])


def test_a_former_number_is_explained_under_the_present_one(ran: Flow) -> None:
    present, former = somebody(ran, LAST, outcome="SENT"), synthetic_insz(800_000)
    register = ran.settings.landing / "register" / LAST
    redeliver(register, "insz_replacements.csv", lambda lines: [*lines, f"{former};{present};20180601"])
    assert run(ran, LAST) is None
    content = json.loads(ask(ran, LAST, former, "--json").stdout)
    assert content["number_was_replaced"]
    assert (content["outcome"], content["sent"]["insz"]) == ("SENT", present)


def test_a_number_that_is_none_and_a_month_that_is_none(ran: Flow) -> None:
    wrong = ask(ran, LAST, "30010100190")
    assert wrong.exit_code == 1
    assert "INVALID_INSZ" in wrong.stderr
    assert (wrong.stdout + wrong.stderr).count("30010100190") == 0
    missing = ask(ran, "2018-07", synthetic_insz(1))
    assert missing.exit_code == 1
    assert "PARTITION_MISSING" in missing.stderr


def test_a_decision_that_its_tests_do_not_lead_to_is_reported(ran: Flow) -> None:
    insz, path = somebody(ran, LAST, outcome="BELGIAN"), ran.lake.partition("decisions", Month.parse(LAST))
    frame = pl.read_parquet(path, hive_partitioning=False)
    write_frame(frame.with_columns(outcome=pl.lit("SENT")), path, read_manifest(path))
    answer = ask(ran, LAST, insz)
    assert answer.exit_code == 1
    assert "The tests lead to BELGIAN, and SENT was recorded" in answer.stderr


def test_a_month_is_explained_by_the_rules_of_its_time(ran: Flow, flow_with: Callable[..., Flow]) -> None:
    insz = somebody(ran, LAST, outcome="SENT")
    reference = ran.settings.home.parent / "reference"
    reference.mkdir()
    for name, content in ran.reference.content.items():
        (reference / f"{name}.csv").write_bytes(content.replace(b"DAYS_OR_ASSISTANCE,90", b"DAYS_OR_ASSISTANCE,900"))
    changed = flow_with(reference=reference)
    found = explained(changed, Month.parse(LAST), insz)
    assert found.rules_changed_since
    assert found.agrees
