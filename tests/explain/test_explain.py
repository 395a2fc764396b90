"""Every outcome and every ground can be explained, by tests that lead to what was recorded and name their law."""

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import SIGNAL
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Reason
from dvz_assets.questions.explain.explanation import derive
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.explain.grounds import GROUNDS as EXPLAINED_GROUNDS
from dvz_assets.questions.explain.model import FAILED, NOT_REACHED, PASSED, Explanation
from dvz_assets.questions.explain.tests import TESTS
from dvz_assets.settings import Settings
from tests.cases.case_file import Case, load_cases
from tests.cases.landing_writer import synthetic_insz
from tests.cases.outcomes import GROUNDS, OUTCOMES
from tests.integration.running import manifest_in, redeliver, run

CASES = load_cases()
SAMPLE = Path(__file__).parents[2] / "data-sample" / "landing"
NOTE_MONTH, DELIBERATION_MONTH = "2018-05", "2018-06"
COUNTERS = ("living_wage_days", "longest_living_wage_run", "assistance_months")


def explained(flow: Flow, month: Month, insz: str) -> Explanation:
    return derive(Facts(flow, month, insz))


def ask(flow: Flow, month: str, insz: str, *options: str) -> Result:
    arguments = ["explain", "--month", month, *options, "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, arguments, input=f"{insz}\n")


def frame_of(flow: Flow, asset: str, month: str) -> pl.DataFrame:
    return pl.read_parquet(flow.lake.partition(asset, Month.parse(month)), hive_partitioning=False)


def somebody(flow: Flow, month: str, **where: str) -> str:
    return str(frame_of(flow, "decisions", month).filter(**where)["insz"][0])


@pytest.fixture(scope="module")
def sample_ran(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """Five months of the sample data, so that 90 days can be reached under both regimes; nothing of it is changed."""
    folder = tmp_path_factory.mktemp("sample")
    for month in Month.range(Month.parse("2018-02"), Month.parse(DELIBERATION_MONTH)):
        for source in ("novaprima", "register"):
            shutil.copytree(SAMPLE / source / str(month), folder / "landing" / source / str(month))
    flow = Flow(Settings(landing=folder / "landing", home=folder / "home"))
    assert run(flow, "2018-02", DELIBERATION_MONTH) is None
    os.environ.pop("DAGSTER_HOME", None)
    return flow


@pytest.fixture
def sample_copy(sample_ran: Flow, tmp_path: Path) -> Flow:
    """The same in a place that a test may change."""
    shutil.copytree(sample_ran.settings.home, tmp_path / "home")
    return Flow(Settings(landing=sample_ran.settings.landing, home=tmp_path / "home"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_every_named_case_is_explained_as_its_lawyer_wrote_it(case: Case, cases_ran: Flow) -> None:
    found = explained(cases_ran, case.month, case.insz)
    assert not found.differences
    assert found.found.outcome == case.expected["outcome"]
    assert list(found.found.grounds) == case.expected.get("grounds", list(found.found.grounds))
    for counter in COUNTERS:
        if case.expected.get(counter) is not None:
            assert found.counters[counter].count == case.expected[counter]
    states = [test.state for test in found.tests]
    if found.found.outcome == "SENT":
        assert found.sent is not None
        assert found.deliveries
        assert NOT_REACHED not in states
    elif found.found.outcome == "BELOW_THRESHOLD":
        assert {test.asks for test in found.tests if test.state == FAILED} == {"ground"}
        assert NOT_REACHED not in states
    else:
        (failed,) = [test for test in found.tests if test.state == FAILED]
        assert failed.outcome == found.found.outcome
        assert set(states[states.index(FAILED) + 1 :]) == {NOT_REACHED}
    for test in found.tests:
        assert test.legal_reference
        assert (test.fact is None) == (test.state not in (PASSED, FAILED)), "a fact is shown only where a test needs it"


def test_every_outcome_and_ground_has_a_named_case_and_a_test_in_its_order() -> None:
    # nobody is withheld by the statement or the register
    assert set(OUTCOMES) - {"WITHHELD"} <= {case.expected["outcome"] for case in CASES}
    assert set(GROUNDS) <= {ground for case in CASES for ground in case.expected.get("grounds", ())}
    named_by_a_test = [name for name in OUTCOMES if name not in ("BELOW_THRESHOLD", "WITHHELD", "SENT")]
    assert [test.outcome for test in TESTS[1:] if test.outcome != "NOT_THIRD_COUNTRY"] == named_by_a_test
    assert {ground.name for ground in EXPLAINED_GROUNDS} == set(GROUNDS)


@pytest.mark.parametrize("month", [NOTE_MONTH, DELIBERATION_MONTH])
def test_every_decision_of_the_sample_is_explained_and_carries_its_law(sample_ran: Flow, month: str) -> None:
    numbers = frame_of(sample_ran, "decisions", month)["insz"]
    found = [explained(sample_ran, Month.parse(month), insz) for insz in numbers]
    assert numbers.len() > 150
    assert sum(bool(each.differences) for each in found) == 0
    assert sum(not test.legal_reference for each in found for test in each.tests) == 0
    sent = [each for each in found if each.found.outcome == "SENT"]
    assert sum(1 for _ in sent) >= 20
    rules = sample_ran.reference.tables["category_rules"].filter(regime=found[0].regime)
    law = dict(rules.select("category", "legal_reference").iter_rows())
    for each in sent:
        grounds = [test for test in each.tests if test.asks == "ground" and test.state == PASSED]
        assert grounds
        assert all(test.legal_reference.endswith(law[each.found.category]) for test in grounds)


def test_the_answer_tells_the_way_and_what_was_sent(sample_ran: Flow) -> None:
    insz = somebody(sample_ran, DELIBERATION_MONTH, outcome="SENT", category="EU_CITIZEN")
    text = ask(sample_ran, DELIBERATION_MONTH, insz)
    assert text.exit_code == 0, text.stderr
    shown = ("Selection one", "Selection two", "Criteria", "Outcome: SENT (", "15. residence not too long", "0001 of ")
    for words in shown:
        assert words in text.stdout
    assert "law: note of 8 May 2014, 1.1 first selection" in text.stdout
    assert text.stdout.rstrip().endswith(SIGNAL)
    content = json.loads(ask(sample_ran, DELIBERATION_MONTH, insz, "--json").stdout)
    assert content["differences"] == []
    assert content["found"] == content["recorded"]
    assert content["sent"]["insz"] == insz
    assert content["periods"]
    assert content["counters"]["living_wage_days"].keys() == {"count", "periods"}
    assert content["present_number"] is None
    # the authorised columns and no others; what is empty is left out
    assert set(content["sent"]) <= set(sample_ran.reference.authorised_columns("DELIB_18_055"))


def test_under_the_note_only_its_columns_are_told(sample_ran: Flow) -> None:
    insz = somebody(sample_ran, NOTE_MONTH, outcome="SENT")
    content = json.loads(ask(sample_ran, NOTE_MONTH, insz, "--json").stdout)
    assert set(content["sent"]) <= set(sample_ran.reference.authorised_columns("NOTE_2014"))
    assert "last_name" not in content["sent"]


def test_the_question_is_on_record_without_the_person(sample_ran: Flow) -> None:
    insz = somebody(sample_ran, DELIBERATION_MONTH, outcome="BELGIAN")
    before = len(list(sample_ran.ledger.entries()))
    assert ask(sample_ran, DELIBERATION_MONTH, insz).exit_code == 0
    entries = list(sample_ran.ledger.entries())
    assert len(entries) == before + 1
    entry = entries[-1]
    assert (entry.event, entry.month, entry.regime) == ("EXPLAINED", DELIBERATION_MONTH, "DELIB_18_055")
    assert entry.details == {"outcome": "BELGIAN"}
    assert entry.rules == sample_ran.reference.fingerprint
    assert entry.persons == [sample_ran.ledger.keyed_hash(insz)]
    assert sample_ran.ledger.file.read_text("utf-8").count(insz) == 0


def test_without_a_record_nothing_is_told(sample_copy: Flow) -> None:
    insz = somebody(sample_copy, DELIBERATION_MONTH, outcome="SENT")
    lines = sample_copy.ledger.file.read_text("utf-8").splitlines(keepends=True)
    sample_copy.ledger.file.write_text("".join(lines[:-1]), encoding="utf-8")  # its head no longer fits
    answer = ask(sample_copy, DELIBERATION_MONTH, insz)
    assert answer.exit_code == 1
    assert answer.stdout == ""


def test_of_a_belgian_nothing_is_shown_that_no_test_needs(sample_ran: Flow) -> None:
    insz = somebody(sample_ran, DELIBERATION_MONTH, outcome="BELGIAN")
    content = json.loads(ask(sample_ran, DELIBERATION_MONTH, insz, "--json").stdout)
    assert content["counters"] == {}
    assert content["sent"] is None
    assert content["found"]["category"] is None
    position = [test["outcome"] for test in content["tests"]].index("BELGIAN")
    later = content["tests"][position + 1 :]
    assert len(later) == 13 + len(GROUNDS)
    assert {test["state"] for test in later} == {NOT_REACHED}
    assert all(test["fact"] is None for test in later)


def test_who_is_not_in_selection_one_is_explained_without_the_register(sample_ran: Flow) -> None:
    unknown = json.loads(ask(sample_ran, DELIBERATION_MONTH, synthetic_insz(800_000), "--json").stdout)
    assert unknown["found"]["outcome"] == "NOT_IN_SELECTION_ONE"
    assert unknown["tests"][0]["fact"] == "no line in the statement of the month"
    selected = frame_of(sample_ran, "selection_one", DELIBERATION_MONTH)["insz"]
    former = frame_of(sample_ran, "identity_map", DELIBERATION_MONTH)["old_insz"]
    others = set(frame_of(sample_ran, "aid_history", DELIBERATION_MONTH)["insz"]) - set(selected) - set(former)
    # of somebody who is in the register, so that there is something to keep silent about
    known = set(frame_of(sample_ran, "register_persons", DELIBERATION_MONTH)["insz"])
    recovered = json.loads(ask(sample_ran, DELIBERATION_MONTH, f"{min(others & known):011d}", "--json").stdout)
    assert recovered["found"]["outcome"] == "NOT_IN_SELECTION_ONE"
    assert recovered["tests"][0]["fact"].count("net of") == 2
    for content in (unknown, recovered):
        assert content["differences"] == []
        assert {test["state"] for test in content["tests"][1:]} == {NOT_REACHED}
        assert all(test["fact"] is None for test in content["tests"][1:])


def test_a_former_number_is_explained_under_the_present_one(sample_ran: Flow) -> None:
    links = frame_of(sample_ran, "identity_map", DELIBERATION_MONTH)
    decided = frame_of(sample_ran, "decisions", DELIBERATION_MONTH)["insz"].cast(pl.Int64)
    link = links.filter(pl.col("present_insz").is_in(decided.implode())).sort("old_insz").row(0, named=True)
    former, present = (f"{link[name]:011d}" for name in ("old_insz", "present_insz"))
    by_former = json.loads(ask(sample_ran, DELIBERATION_MONTH, former, "--json").stdout)
    by_present = json.loads(ask(sample_ran, DELIBERATION_MONTH, present, "--json").stdout)
    assert by_former.pop("present_number") == present
    assert by_present.pop("present_number") is None
    assert by_former == by_present
    assert f"The number was replaced; explained is its holder, whose present number is {present}." in (
        ask(sample_ran, DELIBERATION_MONTH, former).stdout
    )


def test_a_number_that_is_none_and_a_month_that_is_none(sample_ran: Flow) -> None:
    wrong = ask(sample_ran, DELIBERATION_MONTH, "30010100190")
    assert wrong.exit_code == 1
    assert "INVALID_INSZ" in wrong.stderr
    assert (wrong.stdout + wrong.stderr).count("30010100190") == 0
    missing = ask(sample_ran, "2018-07", synthetic_insz(1))
    assert missing.exit_code == 1
    assert "PARTITION_MISSING" in missing.stderr


def test_a_month_that_was_purged_is_not_asked_to_be_run(sample_copy: Flow) -> None:
    (sample_copy.settings.home / "purged").mkdir()
    (sample_copy.settings.home / "purged" / f"{NOTE_MONTH}.json").write_text("{}", encoding="utf-8")
    sample_copy.lake.partition("decisions", Month.parse(NOTE_MONTH)).unlink()
    answer = ask(sample_copy, NOTE_MONTH, synthetic_insz(1))
    assert answer.exit_code == 1
    assert "MONTH_PURGED" in answer.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": pl.lit("SENT")}, "outcome: the tests lead to BELGIAN, and SENT was recorded"),
        ({"category": pl.lit("EU_FAMILY")}, "category: the tests lead to nothing, and EU_FAMILY was recorded"),
        (
            {"living_wage_days": pl.lit(3, pl.Int32)},
            "counts: the tests lead to nothing, and living_wage_days 3 was recorded",
        ),
    ],
    ids=["outcome", "category", "counter"],
)
def test_a_decision_that_its_tests_do_not_lead_to_is_reported(
    sample_copy: Flow, changes: dict[str, pl.Expr], said: str
) -> None:
    insz = somebody(sample_copy, DELIBERATION_MONTH, outcome="BELGIAN")
    path = sample_copy.lake.partition("decisions", Month.parse(DELIBERATION_MONTH))
    write_frame(pl.read_parquet(path, hive_partitioning=False).with_columns(**changes), path, manifest_in(path))
    answer = ask(sample_copy, DELIBERATION_MONTH, insz)
    assert answer.exit_code == 1
    assert said in answer.stderr


def test_a_month_is_explained_by_the_rules_of_its_time(sample_ran: Flow, tmp_path: Path) -> None:
    insz = next(
        row["insz"]
        for row in frame_of(sample_ran, "decisions", DELIBERATION_MONTH).iter_rows(named=True)
        if row["grounds"] == ["LIVING_WAGE_90_DAYS"]
    )
    for name, content in sample_ran.reference.content.items():
        (tmp_path / f"{name}.csv").write_bytes(content.replace(b",CUMULATIVE,,90,", b",CUMULATIVE,,900,"))
    changed = Flow(sample_ran.settings.model_copy(update={"reference": tmp_path}))
    found = explained(changed, Month.parse(DELIBERATION_MONTH), insz)
    assert found.rules_changed_since
    assert not explained(sample_ran, Month.parse(DELIBERATION_MONTH), insz).rules_changed_since
    assert not found.differences
    assert found.found.outcome == "SENT"
    (ground,) = [test for test in found.tests if test.state == PASSED and test.asks == "ground"]
    assert ground.parameter == "at least 90"


def test_a_month_is_explained_by_the_list_of_persons_withheld_of_its_time(sample_copy: Flow) -> None:
    """Whoever was sent and objects, or appeals, stands on the list when the desk is asked why."""
    month = Month.parse(DELIBERATION_MONTH)
    insz = frame_of(sample_copy, "dvz_export", DELIBERATION_MONTH)["insz"][0]
    assert "withheld" not in ask(sample_copy, DELIBERATION_MONTH, insz).stdout
    hold = sample_copy.holds.add(insz, Reason.APPEAL, month, None, "desk 1")
    answer = ask(sample_copy, DELIBERATION_MONTH, insz)
    assert answer.exit_code == 0, answer.stderr
    assert "The list of persons withheld has changed since" in answer.stdout
    found = explained(sample_copy, month, insz)
    assert (found.withheld_changed_since, found.found.outcome, found.differences) == (True, "SENT", ())
    assert not explained(sample_copy, month.previous(), insz).withheld_changed_since
    # and whoever was withheld then is explained so, on the list still or no more
    assert run(sample_copy, DELIBERATION_MONTH) is None
    found = explained(sample_copy, month, insz)
    assert (found.withheld_changed_since, found.found.outcome, found.differences) == (False, "WITHHELD", ())
    sample_copy.holds.end(hold.name, None, "desk 2")
    found = explained(sample_copy, month, insz)
    assert (found.withheld_changed_since, found.found.outcome, found.differences) == (True, "WITHHELD", ())


def test_who_stands_only_in_an_earlier_delivery_is_told_so(flow: Flow) -> None:
    """Sent at first; a re-delivery takes the lines away, and what was sent by then stays sent."""
    month = "2018-04"
    assert run(flow, month) is None
    insz = frame_of(flow, "dvz_export", month)["insz"][0]
    statement = flow.settings.landing / "novaprima" / month
    redeliver(statement, "statement.csv", lambda lines: [line for line in lines if insz not in line])
    assert run(flow, month) is None
    content = json.loads(ask(flow, month, insz, "--json").stdout)
    assert content["found"]["outcome"] == "NOT_IN_SELECTION_ONE"
    assert content["sent"] is None
    assert [delivery[:4] for delivery in content["deliveries"]] == ["0001"]
    assert content["in_force"].startswith("0002")
    text = ask(flow, month, insz).stdout
    assert "Nothing is sent about this person." in text
    assert "In delivery 0001" in text
