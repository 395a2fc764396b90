"""What is run, asked and removed in an object store is what it is in a folder."""

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.flow.retention import purge
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import release_months
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.conftest import FIRST_MONTH, LAST_MONTH
from tests.integration.running import redeliver, run
from tests.object_store.store import LEDGER_KEY, Store
from tests.spark.comparing import compared

MAY_STAY_IN_SCRATCH = ("dagster", "locks", "restricted")  # Dagster's state and its lock; folders of this process


@pytest.fixture(scope="session")
def ran(store: Store, pristine_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Flow, Flow]:
    """Three months in a folder and in the store; not to be changed."""
    folder = tmp_path_factory.mktemp("folder")
    before = dict(os.environ)
    os.environ.update(store.environment)
    os.umask(0o077)
    here = Flow(Settings.load(landing=pristine_landing, home=folder / "home", ledger_key=LEDGER_KEY))
    there = Flow(store.settings("ran", pristine_landing))
    for flow in (here, there):
        assert run(flow, FIRST_MONTH, LAST_MONTH) is None
        os.environ.pop("DAGSTER_HOME")
    release_months()
    os.environ.clear()
    os.environ.update(before)
    return here, there


def test_the_results_are_those_of_a_folder(ran: tuple[Flow, Flow], store: Store) -> None:
    here, there = ran
    found = compared(here.settings.home, store.objects("ran"))
    assert all(number for number, _ in found.values())
    assert {part: different for part, (_, different) in found.items() if different} == {}
    assert there.ledger.verify() == []
    assert [entry.event for entry in there.ledger.entries()] == [entry.event for entry in here.ledger.entries()]


def test_what_is_being_built_stays_on_this_machine_and_does_not_stay(ran: tuple[Flow, Flow], store: Store) -> None:
    objects = [path.relative_to(store.objects("ran")) for path in store.objects("ran").rglob("*") if path.is_file()]
    assert [str(path) for path in objects if any(part.startswith(".") for part in path.parts)] == []
    scratch = ran[1].settings.work
    left = [path.relative_to(scratch) for path in scratch.rglob("*") if path.is_file()]
    assert [str(path) for path in left if path.parts[0] not in MAY_STAY_IN_SCRATCH] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--json"],
        ["sql", "FROM month_overview"],
        ["verify", "--month", LAST_MONTH],
        ["diff", "--month", LAST_MONTH, "--now"],
        ["plan", "--reference", "{reference}"],
        ["verify", "{home}/deliveries/2018-06/0001", "--json"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_questions_get_the_same_answers(
    ran: tuple[Flow, Flow], store: Store, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = ran
    monkeypatch.setenv("DVZ_LANDING", str(here.settings.landing))
    monkeypatch.setenv("DVZ_LEDGER_KEY", LEDGER_KEY)
    monkeypatch.setenv("DVZ_SCRATCH", str(there.settings.work))
    monkeypatch.setenv("DVZ_LOCK_DATABASE", store.lock_database)
    said = []
    for flow in ran:
        words = {"reference": flow.settings.reference, "home": flow.settings.home}
        asked = [each.format(**words) for each in arguments]
        said.append(CliRunner().invoke(app, [*asked, "--home", str(flow.settings.home)]))
    assert [each.exit_code for each in said] == [0, 0], said[1].stderr
    # files of one's own stay on this machine
    own = said[1].stdout.replace(str(there.settings.work), "HOME").replace(str(there.settings.home), "HOME")
    assert without_moments(own) == without_moments(said[0].stdout.replace(str(here.settings.home), "HOME"))


def without_moments(text: str) -> str:
    """What was said, by whatever run and whenever it was done."""
    text = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "RUN", text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\"\s]*", "MOMENT", text)


def test_a_second_delivery_holds_nothing_that_a_dead_process_put(flow_there: Flow, store: Store) -> None:
    assert run(flow_there, FIRST_MONTH) is None
    deliveries = store.objects(flow_there.settings.home.name) / "deliveries" / FIRST_MONTH
    (deliveries / "0002").mkdir()
    (deliveries / "0002" / "left-over.csv").write_text("what a process that died before its voucher has put")
    statement = flow_there.settings.landing / "novaprima" / FIRST_MONTH
    redeliver(statement, "statement.csv", lambda lines: lines[: len(lines) // 2])
    assert run(flow_there, FIRST_MONTH) is None
    assert sorted(path.name for path in (deliveries / "0002").iterdir()) == [
        "changes.csv",
        "dvz_corrections.csv",
        "dvz_export.csv",
        "dvz_export_period.csv",
        "voucher.json",
    ]
    assert json.loads((deliveries / "0002" / "voucher.json").read_text())["sequence"] == 2


def test_encrypted_deliveries_keep_what_was_sent(store: Store, landing: Path) -> None:
    recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    flow = Flow(store.settings("sealed", landing, delivery_recipient=recipient))
    assert run(flow, FIRST_MONTH) is None
    assert run(flow, FIRST_MONTH) is None  # and the same again is no second delivery
    objects = store.objects("sealed")
    delivered = sorted(path.name for path in (objects / "deliveries" / FIRST_MONTH / "0001").iterdir())
    assert delivered == ["dvz_corrections.csv.age", "dvz_export.csv.age", "dvz_export_period.csv.age", "voucher.json"]
    assert [path.name for path in (objects / "deliveries" / FIRST_MONTH).iterdir()] == ["0001"]
    assert (objects / "lake" / "sent" / f"month={FIRST_MONTH}" / "0001" / "dvz_export.csv").exists()


def test_what_is_too_old_goes_and_stays_known(flow_there: Flow, store: Store) -> None:
    assert run(flow_there, FIRST_MONTH) is None
    old = Flow(flow_there.settings.model_copy(update={"retention_months": 1}))
    assert purge(old)
    objects = store.objects(flow_there.settings.home.name)
    assert not list((objects / "deliveries").rglob("*.csv"))
    assert old.lake.months("decisions") == []
    assert old.lake.purged_months() == {Month.parse(FIRST_MONTH)}
    assert Event.PURGED in [entry.event for entry in old.ledger.entries()]
    assert old.ledger.verify() == []
