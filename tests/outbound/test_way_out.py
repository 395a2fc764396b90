"""The way of a month that was really run: withheld, prepared, released, transmitted, answered, and what others see."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow import delivery
from dvz_assets.flow.context import Flow
from dvz_assets.flow.retention import purge
from dvz_assets.flow.staleness import stale_months
from dvz_assets.flow.steps import run_step
from dvz_assets.home.deliveries import Voucher, delivery_folder, written_deliveries
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.outbound.states import APPROVALS_REQUIRED, State, delivery_states
from dvz_assets.settings import Settings
from tests.integration.running import fingerprint, run
from tests.outbound.prepared import answer, key_pair

FIRST, SECOND = Month.parse("2018-04"), Month.parse("2018-05")


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(str(SECOND))


def dvz(flow: Flow, *arguments: str, insz: str | None = None, **environment: str) -> Result:
    home = ("--landing", str(flow.settings.landing), "--home", str(flow.settings.home))
    own = home[2:] if arguments[0] in ("hold", "explain") else home
    return CliRunner().invoke(app, [*arguments, *own], input=None if insz is None else f"{insz}\n", env=environment)


def of_json(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def published(flow: Flow) -> dict[str, tuple[Any, ...]]:
    columns = "state, is_historical, released_at IS NOT NULL, transmitted_at IS NOT NULL, acknowledged_at IS NOT NULL"
    with duckdb.connect(str(flow.settings.home / "published" / "dvz.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT strftime(month, '%Y-%m') || '/' || sequence, {columns} FROM export.delivery"
        ).fetchall()
    return {name: tuple(values) for name, *values in rows}


def sent(flow: Flow, month: Month) -> list[str]:
    return flow.lake.scan("dvz_export", month).collect()["insz"].to_list()


def decision(flow: Flow, month: Month, insz: str) -> tuple[str, list[str]]:
    row = flow.lake.scan("decisions", month).filter(pl.col("insz") == insz).collect().row(0, named=True)
    return row["outcome"], row["grounds"]


def voucher(flow: Flow, month: Month) -> Voucher:
    return written_deliveries(flow.storage, month)[-1]


def test_a_month_goes_from_prepared_to_acknowledged_on_the_command_line(ran: Flow, tmp_path: Path) -> None:
    """A historical month with two approvers, to a folder; export.delivery and status follow at once."""
    for name in ("desk", "legal"):
        key_pair(tmp_path, name)
    approvers = [{"function": name, "key": str(tmp_path / f"{name}.pem")} for name in ("desk", "legal")]
    outbox = tmp_path / "outbox"
    environment = {"DVZ_APPROVALS_REQUIRED": "2", "DVZ_APPROVERS": json.dumps(approvers), "DVZ_OUTBOX": str(outbox)}

    def step(*arguments: str) -> Any:
        return of_json(dvz(ran, *arguments, "--json", **environment))

    month = ("--month", str(FIRST))
    assert voucher(ran, FIRST).historical is True
    (prepared,) = (each for each in ran.ledger.authentic_entries(FIRST) if each.event == Event.DELIVERED)
    assert prepared.details[APPROVALS_REQUIRED] == 1  # by the settings of the run, it would have needed none
    assert published(ran)[f"{FIRST}/1"] == (State.PREPARED, True, False, False, False)
    refused = dvz(ran, "delivery", "transmit", *month, **environment)
    assert (refused.exit_code, "WRONG_STATE" in refused.stderr, outbox.exists()) == (1, True, False)
    shown = step("delivery", "show", *month)
    assert (shown["state"], shown["missing_approvals"]) == (State.PREPARED, 2)
    assert not any(insz in json.dumps(shown) for insz in sent(ran, FIRST))
    step("delivery", "release", *month, "--key", str(tmp_path / "desk.key"))
    assert published(ran)[f"{FIRST}/1"][0] == State.PREPARED
    step("delivery", "release", *month, "--key", str(tmp_path / "legal.key"))
    assert published(ran)[f"{FIRST}/1"] == (State.RELEASED, True, True, False, False)
    assert [each["state"] for each in step("delivery", "transmit")] == [State.TRANSMITTED]  # all that are released
    assert (outbox / str(FIRST) / "0001" / "voucher.json").exists()
    assert published(ran)[f"{FIRST}/1"] == (State.TRANSMITTED, True, True, True, False)
    answer(ran.settings.landing, voucher(ran, FIRST))
    step("delivery", "acknowledge")
    assert published(ran)[f"{FIRST}/1"] == (State.ACKNOWLEDGED, True, True, True, True)
    states = {each["month"]: each["state"] for each in of_json(dvz(ran, "status", "--json"))}
    assert (states[str(FIRST)], states[str(SECOND)]) == (State.ACKNOWLEDGED, State.PREPARED)
    status = dvz(ran, "status").stdout
    assert f"explicit release (dvz delivery release): {SECOND}." in " ".join(status.split())
    assert ran.ledger.verify() == []


def test_what_was_refused_or_rejected_is_followed_by_the_next_number_even_with_the_same_result(ran: Flow) -> None:
    assert dvz(ran, "delivery", "reject", "--month", str(SECOND), "--reference", "desk 1").exit_code == 0
    assert run(ran, str(SECOND)) is None
    first, second = written_deliveries(ran.storage, SECOND)
    assert (second.sequence, second.replaces, first.files == second.files) == (2, 1, True)
    assert [each.state for each in delivery_states(ran.ledger)[SECOND]] == [State.REPLACED, State.PREPARED]
    for arguments in (["release"], ["transmit", "--done"]):
        assert dvz(ran, "delivery", *arguments, "--month", str(SECOND)).exit_code == 0
    answer(ran.settings.landing, second, status="REFUSED", reason="not readable")
    assert dvz(ran, "delivery", "acknowledge").exit_code == 0
    assert "not readable" in dvz(ran, "delivery", "show", "--month", str(SECOND)).stdout
    assert run(ran, str(SECOND)) is None
    assert [each.state for each in delivery_states(ran.ledger)[SECOND]] == ["REPLACED", "REFUSED", "PREPARED"]
    assert run(ran, str(SECOND)) is None  # and then the same result writes nothing
    assert len(written_deliveries(ran.storage, SECOND)) == 3
    (*_, materialised) = [each for each in ran.ledger.entries() if each.event == Event.MATERIALISED]
    assert materialised.details["sequence"] == 3
    assert materialised.outputs["voucher.json"] == ran.ledger.content_hash(voucher(ran, SECOND).sha256)


@pytest.mark.parametrize(("late", "is_historical"), [(0, None), (1, True)])
def test_a_month_is_historical_from_the_day_after_the_last_that_the_setting_allows(
    ran: Flow, late: int, is_historical: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = SECOND.last_day + timedelta(days=ran.settings.historical_after_days)
    monkeypatch.setattr(delivery, "now", lambda: datetime.combine(last, time(23, 59), UTC) + timedelta(days=late))
    assert dvz(ran, "delivery", "reject", "--month", str(SECOND), "--reference", "desk 1").exit_code == 0
    run_step(ran, "delivery", SECOND)
    assert (voucher(ran, SECOND).sequence, voucher(ran, SECOND).historical) == (2, is_historical)


def test_a_month_of_today_is_released_by_being_prepared(ran: Flow) -> None:
    """As is a month that the setting does not call historical."""
    recent = Flow(ran.settings.model_copy(update={"historical_after_days": 100_000}))
    assert dvz(ran, "delivery", "reject", "--month", str(SECOND), "--reference", "desk 1").exit_code == 0
    assert run(recent, str(SECOND)) is None
    assert voucher(recent, SECOND).historical is None
    assert delivery_states(recent.ledger)[SECOND][-1].state is State.RELEASED
    assert not (delivery_folder(ran.settings.home, SECOND) / "outbox").exists()  # a run only prepares


def test_a_person_on_the_list_is_withheld_in_its_months_and_these_are_stale(ran: Flow) -> None:
    insz = next(each for each in sent(ran, FIRST) if each in sent(ran, SECOND))
    before = fingerprint(ran.settings.home / "lake" / "decisions")
    period = ("--first-month", str(SECOND), "--last-month", str(SECOND))
    added = dvz(ran, "hold", "add", "--reason", "OBJECTION", *period, "--reference", "desk 1", "--json", insz=insz)
    name = of_json(added)["name"]
    assert insz not in added.stdout
    assert [(each.month, each.asset, each.reason) for each in stale_months(ran)] == [
        (SECOND, "decisions", "the list of persons withheld has changed")
    ]
    assert run(ran, str(SECOND)) is None
    assert decision(ran, SECOND, insz) == ("WITHHELD", [])
    assert (insz in sent(ran, FIRST), insz in sent(ran, SECOND), stale_months(ran)) == (True, False, [])
    assert voucher(ran, SECOND).sequence == 2
    # the list is private, and nothing of the person stands where it may not
    file = ran.holds.folder / "holds.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert insz not in dvz(ran, "hold", "list").stdout
    assert insz in dvz(ran, "hold", "list", "--persons").stdout
    for folder in ("ledger", "reports", "checks", "dagster"):
        for path in (ran.settings.home / folder).rglob("*"):
            assert not path.is_file() or insz.encode() not in path.read_bytes(), folder
    explained = of_json(dvz(ran, "explain", "--month", str(SECOND), "--json", insz=insz))
    assert (explained["found"]["outcome"], explained["differences"]) == ("WITHHELD", [])
    # lifted, the month is what it was
    assert dvz(ran, "hold", "end", name, "--reference", "desk 2").exit_code == 0
    assert [each.month for each in stale_months(ran)] == [SECOND]
    assert run(ran, str(SECOND)) is None
    assert decision(ran, SECOND, insz)[0] == "SENT"
    assert before.keys() == fingerprint(ran.settings.home / "lake" / "decisions").keys()
    assert [entry.event for entry in ran.ledger.entries() if "hold" in entry.details] == ["HELD", "HOLD_ENDED"]


def test_a_hold_on_a_replaced_number_holds_for_the_person(ran: Flow) -> None:
    """Whatever number stands on the list, it is the person who is withheld."""
    pairs = ran.lake.scan("identity_map", SECOND).collect().select("old_insz", "present_insz").rows()
    numbers = {f"{now:011d}": f"{old:011d}" for old, now in pairs}
    held = [insz for insz in sent(ran, SECOND) if insz in numbers] or list(numbers)[:1]
    period = ("--first-month", str(SECOND))
    for insz in held:
        reason = ("--reason", "RESTRICTION", *period, "--reference", "desk 1")
        assert dvz(ran, "hold", "add", *reason, insz=numbers[insz]).exit_code == 0
    assert run(ran, str(SECOND)) is None
    assert not set(held) & set(sent(ran, SECOND))


def test_a_purge_asks_for_permission_and_copies_what_an_appeal_needs(ran: Flow) -> None:
    insz = sent(ran, FIRST)[0]
    appeal = ("--reason", "APPEAL", "--first-month", "2026-01", "--reference", "desk 1", "--json")
    name = of_json(dvz(ran, "hold", "add", *appeal, insz=insz))["name"]
    before = fingerprint(ran.settings.home / "deliveries")
    refused = dvz(ran, "purge", DVZ_PURGE_NEEDS_PERMISSION="true")
    assert (refused.exit_code, "PERMISSION_MISSING" in refused.stderr) == (1, True)
    assert fingerprint(ran.settings.home / "deliveries") == before
    permission = {"DVZ_PURGE_NEEDS_PERMISSION": "true", "DVZ_ARCHIVIST_PERMISSION": "RA 2026/7"}
    assert dvz(ran, "purge", **permission).exit_code == 0
    assert not delivery_folder(ran.settings.home, FIRST).exists()
    copy = json.loads((ran.holds.folder / name / f"{FIRST}.json").read_text())
    assert [row["insz"] for row in copy["deliveries"]["0001"]["dvz_export.csv"]] == [insz]
    assert all(row["insz"] == insz for row in copy["decisions"])
    assert {entry.details.get("permission") for entry in ran.ledger.entries() if entry.event == "PURGED"} == {
        "RA 2026/7"
    }
    without = Flow(ran.settings.model_copy(update={"purge_needs_permission": True}))
    assert purge(without) == [], "the copies are no leftovers, and where nothing is due nobody is asked"
    assert (ran.holds.folder / name).exists()
    assert dvz(ran, "hold", "end", name, "--reference", "desk 2").exit_code == 0
    assert not (ran.holds.folder / name).exists()


def test_sensors_transmit_take_in_answers_and_tell_the_asset(ran: Flow, tmp_path: Path) -> None:
    flow = Flow(ran.settings.model_copy(update={"outbox": str(tmp_path / "outbox")}))
    definitions = build_definitions(flow)
    with open_instance(flow.settings.work) as instance:

        def tick(name: str, cursor: str | None = None) -> Any:
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            return definitions.get_sensor_def(name)(context)

        first = tick("transmission_sensor")
        assert (first.run_requests, len(first.asset_events)) == ([], 2)  # nothing is released; both are told of
        assert dvz(flow, "delivery", "release", "--month", str(FIRST)).exit_code == 0
        second = tick("transmission_sensor", first.cursor)
        assert [event.metadata["state"].value for event in second.asset_events] == [State.RELEASED]
        job = definitions.get_job_def("transmission")
        (request,) = second.run_requests
        done = job.execute_in_process(run_config=request.run_config, instance=instance, tags=request.tags)
        assert done.success
        assert tick("transmission_sensor", second.cursor).run_requests == []
        answer(flow.settings.landing, voucher(flow, FIRST))
        answers = tick("acknowledgements_sensor")
        assert len(answers.run_requests) == 1
        assert definitions.get_job_def("acknowledgements").execute_in_process(instance=instance).success
        assert isinstance(tick("acknowledgements_sensor", answers.cursor), dg.SkipReason)
    assert published(flow)[f"{FIRST}/1"][0] == State.ACKNOWLEDGED


def test_an_attempt_that_failed_is_made_again(ran: Flow, tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where a folder should be")
    flow = Flow(ran.settings.model_copy(update={"outbox": str(tmp_path / "outbox")}))
    definitions = build_definitions(flow)
    assert dvz(flow, "delivery", "release", "--month", str(FIRST)).exit_code == 0
    with open_instance(flow.settings.work) as instance:
        sensor, keys = definitions.get_sensor_def("transmission_sensor"), set()
        for _ in range(2):
            result = sensor(dg.build_sensor_context(instance=instance))
            assert isinstance(result, dg.SensorResult)
            (request,) = result.run_requests or []
            keys.add(request.run_key)
            job = definitions.get_job_def("transmission")
            done = job.execute_in_process(
                run_config=request.run_config, instance=instance, tags=request.tags, raise_on_error=False
            )
            assert not done.success
    assert len(keys) == 2


def test_a_delivery_that_cannot_leave_holds_no_other_back(ran: Flow, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    for month in (FIRST, SECOND):
        assert dvz(ran, "delivery", "release", "--month", str(month)).exit_code == 0
    occupied = outbox / str(FIRST) / "0001" / "voucher.json"
    occupied.parent.mkdir(parents=True)
    occupied.write_text("{}")
    told = dvz(ran, "delivery", "transmit", DVZ_OUTBOX=str(outbox))
    assert (told.exit_code, "OUTBOX_OCCUPIED" in told.stderr, str(FIRST) in told.stderr) == (1, True, True)
    assert [each[-1].state for each in delivery_states(ran.ledger).values()] == [State.RELEASED, State.TRANSMITTED]
    assert published(ran)[f"{SECOND}/1"][0] == State.TRANSMITTED


def test_a_late_snapshot_warns_and_does_not_block(ran: Flow, flow_with: Callable[..., Flow]) -> None:
    flow = flow_with(max_snapshot_days=0)
    assert run(flow, str(FIRST)) is None
    state = next(each for each in of_json(dvz(flow, "status", "--json")) if each["month"] == str(FIRST))
    assert state["failed_checks"] == ["register_persons.snapshot_is_of_the_month"]


def test_settings_of_release_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVZ_APPROVERS", '[{"function": "desk", "key": "desk.pem"}]')
    assert [each.function for each in Settings.load(home=str(tmp_path)).approvers] == ["desk"]
