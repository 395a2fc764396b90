"""What has changed since a month was run makes it stale: said by status and by a check, put right by ``--stale``."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.flow.staleness import stale_months
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from tests.integration.running import fingerprint, redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def dvz(flow: Flow, *arguments: str) -> Result:
    home = ("--landing", str(flow.settings.landing), "--home", str(flow.settings.home))
    return CliRunner().invoke(app, [*arguments, *home])


def stale(flow: Flow) -> list[str]:
    return [str(each.month) for each in stale_months(flow)]


def currency(flow: Flow) -> dict[str | None, bool]:
    """Last evaluation of the check for each month."""
    with open_instance(flow.settings.home) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("delivery"), "is_current")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=20)
    return {each.evaluation.partition: each.evaluation.passed for each in reversed(records) if each.evaluation}


def test_nothing_is_stale_after_a_run(ran: Flow) -> None:
    assert stale(ran) == []
    assert currency(ran) == {FIRST: True, SECOND: True, LAST: True}
    assert "Nothing is stale." in dvz(ran, "run", "--stale").stderr


def drop_a_living_wage_line(lines: list[str]) -> list[str]:
    """Without the first line of living wage: somebody's days change in this month and in the later ones."""
    number = next(number for number, line in enumerate(lines) if ";105;+;" in line)
    return lines[:number] + lines[number + 1 :]


def test_a_redelivery_makes_its_month_and_the_later_ones_stale(ran: Flow) -> None:
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert stale(ran) == [SECOND, LAST]
    states = json.loads(dvz(ran, "status", "--json").stdout)
    assert [state["stale"] for state in states] == [
        None,
        "novaprima_statement: a new delivery is there",
        f"reimbursed_runs: aid_history {SECOND} is stale",
    ]
    before = fingerprint(ran.settings.home / "deliveries" / FIRST)
    assert run(ran, SECOND) is None
    assert stale(ran) == [LAST]
    assert currency(ran)[LAST] is False
    assert dvz(ran, "run", "--stale").exit_code == 0
    assert stale(ran) == []
    assert currency(ran)[LAST] is True
    assert fingerprint(ran.settings.home / "deliveries" / FIRST) == before


def test_the_sensor_tells_of_stale_months_once_and_again_when_they_are_current(ran: Flow) -> None:
    definitions = build_definitions(ran)
    sensor, repository = definitions.resolve_sensor_def("currency_sensor"), definitions.get_repository_def()
    cursor: str | None = None

    def tick() -> list[tuple[str | None, bool]]:
        nonlocal cursor
        with dg.DagsterInstance.ephemeral() as instance:
            data = sensor.evaluate_tick(
                dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
            )
        cursor = data.cursor
        return [(event.partition, event.passed) for event in data.asset_events]  # type: ignore[union-attr]

    assert tick() == []
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert tick() == [(SECOND, False), (LAST, False)]
    assert tick() == []
    assert run(ran, SECOND, LAST) is None
    assert tick() == [(SECOND, True), (LAST, True)]


def test_the_order_of_events_does_not_matter(ran: Flow, tmp_path: Path) -> None:
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert dvz(ran, "run", "--stale").exit_code == 0
    fresh = Flow(Settings(landing=ran.settings.landing, home=tmp_path / "fresh"))
    assert run(fresh, FIRST, LAST) is None
    for month in (FIRST, SECOND, LAST):
        for asset in ("decisions", "dvz_export", "dvz_export_periods", "reimbursed_runs"):
            path = Path("lake") / asset / f"month={month}" / "data.parquet"
            assert (ran.settings.home / path).read_bytes() == (fresh.settings.home / path).read_bytes(), path


def test_a_changed_reference_table_makes_months_stale(ran: Flow, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(reference_folder(), folder)
    rules = folder / "category_rules.csv"
    rules.write_text(
        rules.read_text("utf-8").replace("DAYS_OR_ASSISTANCE,90", "DAYS_OR_ASSISTANCE,91"), encoding="utf-8"
    )
    changed = Flow(ran.settings.model_copy(update={"reference": folder}))
    assert stale(changed) == [FIRST, SECOND, LAST]
    assert {each.reason for each in stale_months(changed)} == {"a reference table has changed"}


def test_an_older_sequence_is_refused_and_changes_nothing(ran: Flow) -> None:
    folder = ran.settings.landing / "register" / SECOND
    old = {path.name: path.read_bytes() for path in folder.iterdir()}
    redeliver(folder, "persons.csv", lambda lines: lines)
    assert run(ran, SECOND) is None
    before = {name: fingerprint(ran.settings.home / name) for name in ("lake", "published", "deliveries")}
    for name, content in old.items():
        (folder / name).write_bytes(content)
    failure = run(ran, SECOND)
    assert failure is not None
    assert failure.message.startswith("OLDER_SEQUENCE")
    assert {name: fingerprint(ran.settings.home / name) for name in before} == before
