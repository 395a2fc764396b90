"""Questions about what was sent: to one person, between deliveries, and under other rules. Each goes on record."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.outbound.holds import Reason
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.other_regime import under_regime
from dvz_assets.words.labels import load_labels
from tests.cases.landing_writer import synthetic_insz
from tests.integration.running import fingerprint, redeliver, run
from tests.integration.test_staleness import drop_a_living_wage_line

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def dvz(flow: Flow, *arguments: str, insz: str | None = None, **environment: str) -> Result:
    home = ["--home", str(flow.settings.home)]
    if arguments[0] not in ("person", "explain"):
        home += ["--landing", str(flow.settings.landing)]
    return CliRunner().invoke(app, [*arguments, *home], input=f"{insz}\n" if insz else None, env=environment)


def sent(flow: Flow, month: str) -> pl.DataFrame:
    return pl.read_parquet(flow.lake.partition("dvz_export", Month.parse(month)), hive_partitioning=False)


def test_everything_sent_about_a_person(ran: Flow) -> None:
    insz = sent(ran, LAST)["insz"][0]
    months = [month for month in (FIRST, SECOND, LAST) if insz in sent(ran, month)["insz"].to_list()]
    answer = dvz(ran, "person", "--json", insz=insz)
    assert answer.exit_code == 0, answer.stderr
    found = json.loads(answer.stdout)["sent"]
    assert [each["month"] for each in found] == months
    assert found[-1]["regime"] == "DELIB_18_055"
    assert found[-1]["sent"]["last_name"] == sent(ran, LAST)["last_name"][0]
    assert found[-1]["grounds"]
    assert found[-1]["periods"]
    entry = list(ran.ledger.entries())[-1]
    assert (entry.event, entry.persons) == ("ACCESS_ANSWERED", [ran.ledger.keyed_hash(insz)])


def test_a_person_is_found_under_a_former_number(ran: Flow) -> None:
    present, former = sent(ran, LAST)["insz"][0], synthetic_insz(800_000)
    register = ran.settings.landing / "register" / LAST
    redeliver(register, "insz_replacements.csv", lambda lines: [*lines, f"{former};{present};20180601"])
    assert run(ran, LAST) is None
    by_number = [json.loads(dvz(ran, "person", "--json", insz=number).stdout) for number in (present, former)]
    assert by_number[0] == by_number[1]
    assert by_number[0]["sent"]


def test_the_document_to_hand_over_is_private_and_says_what_it_is(ran: Flow, tmp_path: Path) -> None:
    document = tmp_path / "answer.md"
    answer = dvz(ran, "person", "--document", str(document), insz=sent(ran, LAST)["insz"][0])
    assert answer.exit_code == 0
    text = document.read_text("utf-8")
    assert "These data are a signal" in text
    assert "## June 2018, delivery 0001" in text
    assert document.stat().st_mode & 0o777 == 0o600
    assert sent(ran, LAST)["insz"][0] not in answer.stdout


@pytest.mark.parametrize(("language", "words"), [("nl", "Uw rechten"), ("fr", "Vos droits"), ("de", "Ihre Rechte")])
def test_a_person_is_answered_in_words_and_in_their_language(
    ran: Flow, tmp_path: Path, language: str, words: str
) -> None:
    """Every explanation of the person's row is told; no code and no column name is left; one page without requests."""
    insz, page = sent(ran, LAST)["insz"][0], tmp_path / "answer.html"
    assert dvz(ran, "explain", "--month", LAST, insz=insz).exit_code == 0
    answer = dvz(
        ran, "person", "--document", str(page), "--language", language, insz=insz, DVZ_CONTACT_AUTHORITY="<b>GBA</b>"
    )
    assert answer.exit_code == 0, answer.stderr
    text = page.read_text("utf-8")
    assert words in text
    assert page.stat().st_mode & 0o777 == 0o600
    labels = load_labels()
    assert labels.label("use", "EXPLAINED", language) in text
    assert "&lt;b&gt;GBA&lt;/b&gt;" in text
    codes = [code for kind in ("field", "ground", "aid_kind", "regime", "state") for code in labels.codes(kind)]
    assert not [code for code in codes if code in text and not code.isdigit()]
    assert not [each for each in ("<script", "src=", "href=") if each in text]


def test_a_number_that_is_none_is_not_repeated(ran: Flow) -> None:
    answer = dvz(ran, "person", insz="30010100190")
    assert answer.exit_code == 1
    assert "INVALID_INSZ" in answer.stderr
    assert (answer.stdout + answer.stderr).count("30010100190") == 0


def persons_file(answer: Result) -> pl.DataFrame:
    return pl.read_csv(json.loads(answer.stdout)["persons_file"], separator=";", infer_schema=False)


def test_two_deliveries_of_a_month_differ_by_whom_the_redelivery_touched(ran: Flow) -> None:
    before = sent(ran, SECOND)
    redeliver(ran.settings.landing / "register" / SECOND, "persons.csv", lambda lines: lines[: len(lines) // 2])
    assert run(ran, SECOND) is None
    answer = dvz(ran, "diff", "--exact", "--month", SECOND, "--deliveries", "1,2", "--json")
    assert answer.exit_code == 0, answer.stderr
    found = persons_file(answer)
    gone = set(before["insz"]) - set(sent(ran, SECOND)["insz"])
    assert set(found["insz"]) == gone != set()
    assert set(found["change"]) == {"removed"}
    assert set(found["outcome_after"]) == {"NOT_IN_REGISTER"}
    assert json.loads(answer.stdout)["outcomes"] == {"SENT to NOT_IN_REGISTER": len(gone)}
    assert not [insz for insz in gone if insz in answer.stdout]


def test_two_months_differ_by_person_and_column(ran: Flow) -> None:
    found = persons_file(dvz(ran, "diff", "--exact", "--month", SECOND, "--with", LAST, "--json"))
    one, other = set(sent(ran, SECOND)["insz"]), set(sent(ran, LAST)["insz"])
    by_change = {change: set(found.filter(change=change)["insz"]) for change in ("added", "removed", "changed")}
    assert by_change["added"] == other - one
    assert by_change["removed"] == one - other
    assert by_change["changed"] <= one & other
    assert "last_name" in found.filter(change="changed")["columns"][0], "the next regime authorises names"


def test_what_a_change_of_law_changes_is_told_by_what_was_known_then(ran: Flow) -> None:
    """Whatever has been set, and whoever was withheld, since the month was run."""
    month = Month.parse(LAST)

    def of_one_country(lines: list[str]) -> list[str]:
        at = lines[0].split(";").index("land_van_herkomst")
        rows = [line.split(";") for line in lines[1:]]
        return [lines[0], *(";".join([*row[:at], "354", *row[at + 1 :]]) for row in rows)]

    redeliver(ran.settings.landing / "register" / LAST, "persons.csv", of_one_country)
    assert run(ran, LAST) is None
    before = under_regime(ran, month, "NOTE_2014", now=False)
    assert before.regime == "NOTE_2014"
    for insz in sent(ran, LAST)["insz"]:
        ran.holds.add(insz, Reason.OBJECTION, month, None, "desk 1")
    since = Flow(ran.settings.model_copy(update={"country_of_origin": "it006"}))
    assert under_regime(since, month, "NOTE_2014", now=False) == before
    assert under_regime(since, month, "NOTE_2014", now=True) != before


def test_now_is_what_a_run_would_send_and_nothing_is_written_of_it(ran: Flow) -> None:
    assert json.loads(dvz(ran, "diff", "--exact", "--month", LAST, "--now", "--json").stdout)["changes"] == {
        "added": 0,
        "removed": 0,
        "changed": 0,
    }
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    redeliver(ran.settings.landing / "register" / LAST, "persons.csv", lambda lines: lines[: len(lines) // 2])
    before = fingerprint(ran.settings.home / "lake") | fingerprint(ran.settings.home / "deliveries")
    expected = persons_file(dvz(ran, "diff", "--exact", "--month", LAST, "--now", "--json"))
    assert fingerprint(ran.settings.home / "lake") | fingerprint(ran.settings.home / "deliveries") == before
    assert run(ran, SECOND, LAST) is None
    really = persons_file(dvz(ran, "diff", "--exact", "--month", LAST, "--deliveries", "1,2", "--json"))
    assert expected.height > 0
    assert expected.equals(really)


@pytest.mark.parametrize("question", [[], ["--now", "--with", LAST], ["--deliveries", "1"], ["--deliveries", "1,9"]])
def test_a_question_that_is_none_is_refused(ran: Flow, question: list[str]) -> None:
    answer = dvz(ran, "diff", "--exact", "--month", SECOND, *question)
    assert answer.exit_code == 1
    assert "To do:" in answer.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "--set COLUMN=VALUE"),
        (["--set", "living_wage_days_mode"], "COLUMN=VALUE"),
        (["--set", "shoe_size=4"], "columns of category_rules"),
        (["--set", "living_wage_days_mode=CUMULATIVE"], "rules with another value"),
        (["--set", "living_wage_days_mode=CONSECUTIVE", "--category", "PILGRIM"], "0 that were chosen"),
        (["--set", "living_wage_days_mode=SOMETIMES"], "CUMULATIVE or CONSECUTIVE"),
    ],
)
def test_a_reading_that_is_none_is_not_tried(ran: Flow, values: list[str], said: str) -> None:
    answer = dvz(ran, "plan", "--exact", *values)
    assert answer.exit_code == 1
    assert said in answer.stderr


def test_a_reading_is_tried_in_the_rules_that_are_named(ran: Flow) -> None:
    """Of one category and one regime; what is asked for is told by category and grounds."""
    values = ["--set", "min_living_wage_days=30", "--category", "EU_CITIZEN", "--regime", "NOTE_2014"]
    planned = json.loads(dvz(ran, "plan", "--exact", *values, "--json").stdout)
    assert planned
    assert {each["category"] for each in planned} == {"EU_CITIZEN"}
    assert {each["month"] for each in planned} <= {FIRST, SECOND}
    assert all("LIVING_WAGE_90_DAYS" in each["grounds"] for each in planned)


def test_every_reading_of_the_list_is_tried(ran: Flow, tmp_path: Path) -> None:
    """As one by one with --set; readings without a column are left out."""
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    readings = pl.read_csv(folder / "readings.csv", infer_schema=False)
    few = readings.filter(pl.col("id").is_in(["signal-and-no-decision", "recognised-right"]))
    few.write_csv(folder / "readings.csv")
    answer = dvz(ran, "plan", "--readings", "--reference", str(folder), "--json")
    assert answer.exit_code == 0, answer.stderr
    (tried,) = json.loads(answer.stdout)
    assert (tried["reading"], tried["column"], tried["value"]) == (
        "recognised-right",
        "requires_recognised_right",
        "false",
    )
    alone = dvz(ran, "plan", "--set", "requires_recognised_right=false", "--json")
    assert tried["effects"] == json.loads(alone.stdout) != []


def test_a_plan_tells_what_other_rules_would_do_and_a_run_does_it(ran: Flow, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    assert "Nobody's outcome" in dvz(ran, "plan", "--exact", "--reference", str(folder)).stdout
    rules = folder / "category_rules.csv"
    text = rules.read_text("utf-8").replace("ANY_DAY,4,", "ANY_DAY,1,")
    rules.write_text(text.replace("CUMULATIVE,,90,", "CUMULATIVE,,30,"), encoding="utf-8")
    before = fingerprint(ran.settings.home)
    planned = json.loads(dvz(ran, "plan", "--exact", "--reference", str(folder), "--json").stdout)
    values = ["--set", "min_assistance_months=1", "--set", "min_living_wage_days=30"]
    assert json.loads(dvz(ran, "plan", "--exact", *values, "--json").stdout) == planned
    assert fingerprint(ran.settings.home) == before
    more_sent: Counter[str] = Counter()
    for each in planned:
        if each["outcome_before"] == "BELOW_THRESHOLD":
            more_sent[each["month"]] += each["persons"]
    counts = {month: sent(ran, month).height for month in (FIRST, SECOND, LAST)}
    changed = Flow(ran.settings.model_copy(update={"reference": folder}))
    assert run(changed, FIRST, LAST) is None
    really = {month: sent(ran, month).height - count for month, count in counts.items()}
    assert dict(more_sent) == {month: count for month, count in really.items() if count} != {}
