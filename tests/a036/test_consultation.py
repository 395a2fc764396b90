"""Consultation of A036 attestations: what is answered, what is refused, and what of it stays on record."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.a036.answer import answer
from dvz_assets.a036.frequency import requester_hash
from dvz_assets.a036.request import json_schema
from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import publish_analytics
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.report.content import content_of
from dvz_assets.report.page import render
from dvz_assets.settings import Settings
from dvz_assets.words.labels import load_labels
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz, write_landing
from tests.integration.running import run

FORMER, PRESENT, NOBODY, UNION, BRITON, OTHER, UNREGISTERED = (synthetic_insz(number) for number in range(7))
MONTHS = Month.range(Month.parse("2018-01"), Month.parse("2018-04"))
DOUBT = "Zonderlinge doubt"
NATIONALITIES = {PRESENT: "150", UNION: "124", BRITON: "112", OTHER: "354"}
TAKEN_BACK = {"eerste_dag": "20180110", "laatste_dag": "20180110"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, budget: dict[str, str]) -> Path:
    """Four statements of one person who changed number.

    Living wage until mid-February with one day taken back, equivalent living wage, other aid for a day, medical aid.
    That person became a Belgian in March. In April there are others, of every nationality, one of them in no register.
    """
    folder = tmp_path_factory.mktemp("a036")
    january, february, march, april = MONTHS
    law_65 = {"wetgeving": "2", "begrotingsartikel": budget["2"], "categorie": ""}
    aid_of_april: dict[str, dict[str, str]] = {
        "112": {"eerste_dag": "20180405", "laatste_dag": "20180405"},
        "105": {},
        "103": {},
    }
    lines = {
        january: [statement_line(FORMER, january)],
        february: [
            statement_line(FORMER, february, laatste_dag="20180215"),
            statement_line(FORMER, february, teken="-", bedrag="99999999", referentie="2", **TAKEN_BACK),
        ],
        march: [statement_line(PRESENT, march, **law_65, hulptype="101")],
        april: [
            statement_line(PRESENT, april, **(law_65 | {"hulptype": code} | days))
            for code, days in aid_of_april.items()
        ]
        + [statement_line(insz, april) for insz in (UNION, BRITON, OTHER, UNREGISTERED)],
    }
    persons: dict[Month, list[Row]] = {
        january: [register_row(FORMER, "354")],
        february: [],
        march: [register_row(PRESENT, "150")],
        april: [register_row(insz, NATIONALITIES[insz]) for insz in (UNION, BRITON, OTHER)],
    }
    replaced: list[Row] = [{"oud_insz": FORMER, "nieuw_insz": PRESENT, "datum": "20180301"}]
    deliveries = {month: Delivery(lines[month], persons[month], replaced if month == march else []) for month in MONTHS}
    flow = Flow(Settings(landing=write_landing(folder / "landing", deliveries), home=folder / "home"))
    assert run(flow, str(january), str(april)) is None
    return folder


@pytest.fixture(scope="module")
def budget() -> dict[str, str]:
    """A budget article of law 2."""
    articles = Flow(Settings()).reference.tables["budget_articles"].filter(law="2")
    return {"2": articles.rows(named=True)[0]["code"]}


@pytest.fixture
def flow(home: Path) -> Flow:
    return Flow(Settings(landing=home / "landing", home=home / "home"))


def register_row(insz: str, nationality: str) -> Row:
    return {"insz": insz, "naam": "NAAM", "nationaliteit": nationality, "register": "BR"}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "request_id": "question 1",
        "requester": "desk",
        "purpose": "FAMILY_OF_BELGIAN",
        "role": "sponsor",
        "application_reference": "application 1",
        "insz": PRESENT,
        "period_start": "2018-01-01",
        "period_end": "2018-12-31",
        "requested_at": "2018-06-02T10:00:00+02:00",
    } | changes


def ask(flow: Flow, folder: Path, content: bytes | dict[str, Any]) -> tuple[Result, dict[str, Any]]:
    file = folder / f"request {PRESENT}.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode("utf-8"))
    home = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    answered = CliRunner().invoke(app, ["a036", "answer", str(file), "--json", *home])
    assert answered.exit_code == 0, answered.stderr
    shown = answered.stdout + answered.stderr
    assert sum(value in shown for value in (*NATIONALITIES, FORMER, NOBODY, DOUBT)) == 0
    path = Path(json.loads(answered.stdout)["response"])
    assert path.stat().st_mode & 0o777 == 0o600
    response: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return answered, response


@pytest.mark.parametrize("insz", [PRESENT, FORMER])
def test_the_answer_gives_nature_type_and_periods_of_all_numbers_and_nothing_else(
    flow: Flow, tmp_path: Path, insz: str
) -> None:
    _, response = ask(flow, tmp_path, request(insz=insz))
    columns = ("nature", "type", "period_start", "period_end")
    periods = [tuple(each[column] for column in columns) for each in response["attestations"]]
    assert periods == [
        ("EQUIVALENT_LIVING_WAGE", "LAW_2_APRIL_1965", "2018-03-01", "2018-03-31"),
        ("LIVING_WAGE", "LAW_26_MAY_2002", "2018-01-01", "2018-01-09"),
        ("LIVING_WAGE", "LAW_26_MAY_2002", "2018-01-11", "2018-02-15"),
        ("SOCIAL_ASSISTANCE", "LAW_2_APRIL_1965", "2018-04-05", "2018-04-05"),
    ]
    assert {each["insz"] for each in response["attestations"]} == {PRESENT}
    assert {key for each in response["attestations"] for key in each} == {
        "nature",
        "type",
        "period_start",
        "period_end",
        "insz",
    }
    assert response.keys() == {
        "request_id",
        "status",
        "reason",
        "message_number",
        "attestations",
        "answered_at",
        "data_until",
    }
    assert (response["status"], response["request_id"], response["data_until"]) == ("ATTESTED", "question 1", "2018-04")


def test_periods_are_clipped_to_what_was_asked(flow: Flow, tmp_path: Path) -> None:
    _, response = ask(flow, tmp_path, request(period_start="2018-02-10", period_end="2018-03-02"))
    found = [(each["nature"], each["period_start"], each["period_end"]) for each in response["attestations"]]
    assert found == [
        ("EQUIVALENT_LIVING_WAGE", "2018-03-01", "2018-03-02"),
        ("LIVING_WAGE", "2018-02-10", "2018-02-15"),
    ]


@pytest.mark.parametrize(
    "changes", [{"insz": NOBODY}, {"period_start": "2017-01-01", "period_end": "2017-12-31"}], ids=["nobody", "before"]
)
def test_who_holds_none_has_no_attestation(flow: Flow, tmp_path: Path, changes: dict[str, str]) -> None:
    _, response = ask(flow, tmp_path, request(**changes))
    assert (response["status"], response["attestations"]) == ("NO_ATTESTATION", [])


REFUSED: dict[str, dict[str, Any]] = {
    "PURPOSE_NOT_IN_FORCE": {"purpose": "CURIOSITY"},
    "ROLE_DOES_NOT_FIT": {"role": "applicant"},
    "DOUBT_MISSING": {"purpose": "FAMILY_OF_EU_CITIZEN", "doubt": "  "},
    "INVALID_INSZ": {"insz": PRESENT[:-2] + "00"},
    "INVALID_PERIOD": {"period_start": "2018-03-02", "period_end": "2018-03-01"},
    "PERIOD_TOO_LONG": {"period_start": "2018-01-15", "period_end": "2019-01-15"},
    "NATIONALITY_DOES_NOT_FIT": {"insz": OTHER},
    "MALFORMED_REQUEST": {"amounts": True},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_may_not_be_asked_is_refused_with_its_reason(flow: Flow, tmp_path: Path, reason: str) -> None:
    _, response = ask(flow, tmp_path, request(**REFUSED[reason]))
    assert (response["status"], response["reason"], response["attestations"]) == ("REFUSED", reason, [])
    assert response["data_until"] is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"insz": 1}',
        json.dumps(request(period_start="20180101")).encode(),
        json.dumps(request()).encode() + b" " * 70_000,
    ],
    ids=["empty", "cut", "list", "encoding", "type", "date", "size"],
)
def test_a_malformed_file_is_refused_and_on_record(flow: Flow, tmp_path: Path, content: bytes) -> None:
    _, response = ask(flow, tmp_path, content)
    assert (response["reason"], response["request_id"]) == ("MALFORMED_REQUEST", None)
    assert list(flow.ledger.entries())[-1].details["purpose"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("purpose", "role"),
    [
        ("EU_CITIZEN_RESIDENCE", "applicant"),
        ("FAMILY_OF_EU_CITIZEN", "sponsor"),
        ("EU_CITIZEN_VERIFICATION", "resident"),
    ],
)
def test_a_doubt_that_is_stated_opens_the_purposes_that_need_one(
    flow: Flow, tmp_path: Path, purpose: str, role: str
) -> None:
    question = request(purpose=purpose, role=role, insz=UNION)
    assert ask(flow, tmp_path, question)[1]["reason"] == "DOUBT_MISSING"
    assert ask(flow, tmp_path, question | {"doubt": DOUBT})[1]["status"] == "ATTESTED"


def test_only_what_dvz_holds_already_is_verified_without_an_application(flow: Flow, tmp_path: Path) -> None:
    verification = request(purpose="EU_CITIZEN_VERIFICATION", role="resident", insz=UNION, doubt=DOUBT)
    examination = request()
    for question in (verification, examination):
        del question["application_reference"]
    assert ask(flow, tmp_path, verification)[1]["status"] == "ATTESTED"
    assert ask(flow, tmp_path, examination)[1]["reason"] == "MALFORMED_REQUEST"


@pytest.mark.parametrize(
    ("requested_at", "reason"),
    [
        ("2018-05-07T23:30:00+02:00", "PURPOSE_NOT_IN_FORCE"),
        ("2018-05-07T21:59:59Z", "PURPOSE_NOT_IN_FORCE"),
        ("2018-05-07T22:00:00Z", None),
        ("2018-05-08T00:00:00+02:00", None),
        ("2018-05-08T05:00:00+09:00", "PURPOSE_NOT_IN_FORCE"),
    ],
)
def test_a_purpose_is_in_force_from_its_first_day_in_brussels_on(
    flow: Flow, tmp_path: Path, requested_at: str, reason: str | None
) -> None:
    assert ask(flow, tmp_path, request(requested_at=requested_at))[1]["reason"] == reason


def test_purposes_are_those_of_the_owners_table(flow: Flow, tmp_path: Path) -> None:
    """Another role, another last day, a purpose more: rows, and no line of code."""
    folder = tmp_path / "reference"
    shutil.copytree(flow.settings.reference, folder)
    (folder / "a036_purposes.csv").write_text(
        "purpose,role,needs_doubt,person_nationality,valid_from,valid_to,legal_reference\n"
        "FAMILY_OF_BELGIAN,cousin,true,THIRD_COUNTRY,2018-05-08,2018-06-30,a new law\n",
        encoding="utf-8",
    )
    changed = Flow(flow.settings.model_copy(update={"reference": folder}))
    question = request(request_id="other rules", role="cousin", insz=OTHER, doubt=DOUBT)

    def reason(**changes: str) -> str | None:
        return answer(changed, json.dumps(question | changes).encode()).reason

    assert reason() is None
    assert reason(role="sponsor") == "ROLE_DOES_NOT_FIT"
    assert reason(doubt="") == "DOUBT_MISSING"
    assert reason(insz=PRESENT) == "NATIONALITY_DOES_NOT_FIT"
    assert reason(requested_at="2018-07-01T00:00:00+02:00") == "PURPOSE_NOT_IN_FORCE"


FITS = {
    "FAMILY_OF_BELGIAN": "BELGIAN",
    "FAMILY_OF_EU_CITIZEN": "EU",
    "FAMILY_OF_TCN": "THIRD_COUNTRY",
}


@pytest.mark.parametrize("purpose", FITS)
@pytest.mark.parametrize(
    ("insz", "requested_at", "nationality"),
    [
        (PRESENT, "2018-06-02T10:00:00+02:00", "BELGIAN"),
        (FORMER, "2018-06-02T10:00:00+02:00", "BELGIAN"),
        (UNION, "2018-06-02T10:00:00+02:00", "EU"),
        (OTHER, "2018-06-02T10:00:00+02:00", "THIRD_COUNTRY"),
        (BRITON, "2020-12-31T23:59:00+01:00", "EU"),
        (BRITON, "2021-01-01T00:00:00+01:00", "THIRD_COUNTRY"),
    ],
    ids=["became Belgian", "by the former number", "union", "third country", "Briton of 2020", "Briton of 2021"],
)
def test_the_nationality_of_the_latest_register_row_has_to_fit(
    flow: Flow, tmp_path: Path, purpose: str, insz: str, requested_at: str, nationality: str
) -> None:
    question = request(purpose=purpose, insz=insz, requested_at=requested_at, doubt=DOUBT)
    _, response = ask(flow, tmp_path, question)
    expected = ("ATTESTED", None) if FITS[purpose] == nationality else ("REFUSED", "NATIONALITY_DOES_NOT_FIT")
    assert (response["status"], response["reason"]) == expected
    assert list(flow.ledger.entries())[-1].persons, "a refusal names the person too"


@pytest.mark.parametrize("purpose", FITS)
@pytest.mark.parametrize(("insz", "status"), [(UNREGISTERED, "ATTESTED"), (NOBODY, "NO_ATTESTATION")])
def test_the_nationality_of_whom_no_row_is_held_is_not_checked(
    flow: Flow, tmp_path: Path, purpose: str, insz: str, status: str
) -> None:
    assert ask(flow, tmp_path, request(purpose=purpose, insz=insz, doubt=DOUBT))[1]["status"] == status


def test_a_whole_year_is_not_too_long(flow: Flow, tmp_path: Path) -> None:
    _, response = ask(flow, tmp_path, request(period_start="2018-01-15", period_end="2019-01-14"))
    assert response["status"] == "ATTESTED"


def test_asking_twice_gives_the_same_file_and_two_entries(flow: Flow, tmp_path: Path) -> None:
    question = request(request_id="twice", requester="desk of two questions")
    first, _ = ask(flow, tmp_path, question)
    path = Path(json.loads(first.stdout)["response"])
    before, entries = path.read_bytes(), len(list(flow.ledger.entries()))
    ask(flow, tmp_path, question)
    assert path.read_bytes() == before
    assert len(list(flow.ledger.entries())) == entries + 1
    last = list(flow.ledger.entries())[-1]
    assert last.persons == [flow.ledger.keyed_hash(PRESENT)]
    requester = requester_hash(flow.ledger, "desk of two questions")
    assert last.details == {
        "purpose": "FAMILY_OF_BELGIAN",
        "status": "ATTESTED",
        "reason": "",
        "requester": requester,
        "flag": "",
    }
    text = flow.ledger.file.read_text("utf-8")
    assert sum(value in text for value in (PRESENT, "application 1", "question 1", DOUBT)) == 0
    assert flow.ledger.verify() == []


def test_sensor_and_job_answer_what_has_no_answer(flow: Flow) -> None:
    folder = flow.settings.landing / "a036" / "requests"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{PRESENT}.json").write_text(json.dumps(request(request_id="by file")), encoding="utf-8")
    # what is no request stops nobody, and is told without its name
    (folder / f"{FORMER}.json").mkdir()
    (folder / "link.json").symlink_to(folder / f"{PRESENT}.json")
    os.mkfifo(folder / "pipe.json")
    definitions = build_definitions(flow)
    repository = definitions.get_repository_def()
    said = ""

    def tick() -> list[dg.RunRequest]:
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, repository_def=repository)
            data = definitions.resolve_sensor_def("a036_requests_sensor").evaluate_tick(context)
        nonlocal said
        said = data.skip_message or ""
        return list(data.run_requests or [])

    (asked,) = tick()
    assert PRESENT not in f"{asked.run_key} {asked.run_config}"
    with open_instance(flow.settings.home) as instance:
        job = definitions.resolve_job_def("a036_consultation")
        assert job.execute_in_process(instance=instance, run_config=asked.run_config).success
    assert tick() == []
    assert said == "Not answered, because they are no regular files of at most 1 MiB in a036/requests: 3."
    for path in folder.iterdir():
        if path.name != f"{PRESENT}.json":
            path.rmdir() if path.is_dir() else path.unlink()


def test_analysts_see_how_often_was_asked_for_what(flow: Flow, tmp_path: Path) -> None:
    student = {"purpose": "TCN_STUDENT_RESIDENCE", "role": "applicant", "insz": OTHER}
    for number in range(8):
        ask(flow, tmp_path, request(request_id=f"counted {number}", **student))
    ask(flow, tmp_path, request(request_id="another", purpose="FAMILY_OF_TCN_STUDENT", insz=OTHER))
    for event in (Event.COMPARED, Event.DELIVERED):  # nothing else is counted, wherever it comes in an alphabet
        flow.ledger.append(event, details={})
    publish_analytics(flow)
    file = flow.settings.home / "published" / "analytics.duckdb"
    query = "SELECT month, purpose, status, requests FROM consultation WHERE purpose LIKE '%STUDENT%' ORDER BY ALL"
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    month = Month.current().first_day
    assert rows == [
        (month, "FAMILY_OF_TCN_STUDENT", "ATTESTED", None),
        (month, "TCN_STUDENT_RESIDENCE", "ATTESTED", 10),
    ], "few are hidden, more are rounded"


def test_a_requester_who_asks_too_often_is_flagged_and_answered(flow: Flow, tmp_path: Path) -> None:
    """In the ledger, to analysts and in the report; the others are not, nor the same request asked again."""
    settings = flow.settings.model_copy(update={"home": tmp_path / "home", "a036_requests_per_month": 2})
    shutil.copytree(flow.settings.home, settings.home)
    limited = Flow(settings)

    def flag(requester: str, request_id: str) -> str | int:
        content = json.dumps(request(requester=requester, request_id=request_id)).encode()
        assert answer(limited, content).status == "ATTESTED"
        return list(limited.ledger.entries())[-1].details["flag"]

    asked = [("diligent desk", "1"), ("diligent desk", "2"), ("diligent desk", "2"), ("other desk", "1")]
    assert {flag(*each) for each in asked} == {""}
    assert flag("diligent desk", "3") == "MANY_REQUESTS"
    assert "diligent desk" not in limited.ledger.file.read_text("utf-8")

    publish_analytics(limited)
    file = settings.home / "published" / "analytics.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        flags = connection.execute("SELECT DISTINCT month, month_is_flagged FROM consultation").fetchall()
    assert flags == [(Month.current().first_day, True)]


def test_the_report_of_a_month_tells_of_its_consultations_and_of_the_flag(flow: Flow, tmp_path: Path) -> None:
    settings = flow.settings.model_copy(update={"home": tmp_path / "home"})
    shutil.copytree(flow.settings.home, settings.home)
    reported = Flow(settings)
    month = MONTHS[-1]
    with duckdb.connect(str(settings.home / "published" / "analytics.duckdb")) as connection:
        connection.execute("DELETE FROM consultation")
        rows = [("FAMILY_OF_TCN", "REFUSED", None, True), ("FAMILY_OF_BELGIAN", "ATTESTED", 51, True)]
        for row in rows:
            connection.execute("INSERT INTO consultation VALUES (?, ?, ?, ?, ?)", [month.first_day, *row])
        connection.execute(
            "INSERT INTO consultation VALUES (?, 'EU_CITIZEN_VERIFICATION', 'ATTESTED', 9, false)",
            [month.previous().first_day],
        )
    content = content_of(reported, month, [])
    assert [(row["purpose"], row["requests"]) for row in content.consultations] == [
        ("FAMILY_OF_BELGIAN", 51),
        ("FAMILY_OF_TCN", None),
    ]
    page = render(content)
    assert "meer dan 50 raadplegingen van attesten" in page
    assert load_labels().label("purpose", "FAMILY_OF_TCN", "fr") in page
    assert load_labels().label("purpose", "EU_CITIZEN_VERIFICATION", "fr") not in page
    before = content_of(reported, month.previous(), [])
    assert (content.requests_above, before.requests_above) == (50, None)


def test_the_schema_is_published_and_names_what_may_be_asked(flow: Flow) -> None:
    schema = json_schema(flow.reference.tables["a036_purposes"])
    printed = CliRunner().invoke(app, ["a036", "schema"])
    assert json.loads(printed.stdout) == schema
    properties = schema["properties"]
    assert {"FAMILY_OF_TCN", "EU_CITIZEN_VERIFICATION"} <= set(properties["purpose"]["enum"])
    assert properties["role"]["enum"] == ["applicant", "resident", "sponsor"]
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == properties.keys() - {"doubt", "application_reference"}
