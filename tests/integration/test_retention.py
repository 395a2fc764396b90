"""What is too old goes, evidence of it stays, and neither makes a month look missing."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.assets import Retention, stored_for
from dvz_assets.flow.context import Flow
from dvz_assets.flow.retention import Removal, due, purge
from dvz_assets.flow.staleness import stale_months
from dvz_assets.home import write_steps
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.outbound.holds import Reason
from dvz_assets.questions.reproduction import reproduce
from tests.integration.running import fingerprint, run
from tests.integration.test_automation import Sensor

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    """Three months, of which the first is one month older than it may be kept."""
    months_back = len(Month.range(Month.parse(SECOND), Month.current())) - 1
    return Flow(ran_until(LAST).settings.model_copy(update={"retention_months": months_back}))


def dvz(flow: Flow, *arguments: str) -> Result:
    environment = {"DVZ_RETENTION_MONTHS": str(flow.settings.retention_months)}
    home = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, [*arguments, *home], env=environment)


def voucher_hash(home: Path) -> str:
    return hashlib.sha256((home / "deliveries" / FIRST / "0001" / "voucher.json").read_bytes()).hexdigest()


def sent_in(flow: Flow, month: str) -> str:
    return str(flow.lake.scan("dvz_export", Month.parse(month)).collect()["insz"][0])


def published_months(flow: Flow) -> set[str]:
    found: set[str] = set()
    for name, table in (("dvz.duckdb", "control.decision"), ("analytics.duckdb", "funnel")):
        with duckdb.connect(str(flow.settings.home / "published" / name), read_only=True) as connection:
            found |= {str(row[0])[:7] for row in connection.execute(f"SELECT DISTINCT month FROM {table}").fetchall()}
    return found


def test_a_dry_run_removes_nothing(ran: Flow) -> None:
    before = fingerprint(ran.settings.home)
    answer = dvz(ran, "purge", "--dry-run")
    assert answer.exit_code == 0
    assert f"results of {FIRST}" in answer.stdout
    assert fingerprint(ran.settings.home) == before


def test_what_goes_is_shown_without_its_paths(tmp_path: Path) -> None:
    """The file of a consultation may be asked for by name."""
    path = tmp_path / "of-somebody.json"
    path.touch()
    removal = Removal.of("consultations", None, [path])
    assert path.name not in repr(removal) + json.dumps(removal.as_json())


def test_what_is_too_old_goes_and_its_evidence_stays(ran: Flow) -> None:
    home = ran.settings.home
    voucher = ran.ledger.content_hash(voucher_hash(home))
    assert dvz(ran, "purge").exit_code == 0
    left = [path for path in home.rglob("*") if path.is_file() and FIRST in str(path.relative_to(home))]
    kept = {path.relative_to(home).parts[1] for path in left if path.relative_to(home).parts[0] == "lake"}
    assert kept == {
        "novaprima_statement",
        "register_snapshot",
        "insz_replacements",
        "identity_map",
        "aid_history",
        "register_persons",
        "month_measures",
    }
    assert not (home / "deliveries" / FIRST).exists()
    assert published_months(ran) == {SECOND, LAST}
    entry = next(each for each in ran.ledger.entries() if each.event == "PURGED")
    assert (entry.month, entry.details["what"]) == (FIRST, "results")
    assert entry.inputs == {"0001/voucher.json": voucher, "all": entry.inputs["all"]}
    assert ran.ledger.verify() == []
    assert due(ran) == []


def test_deliveries_of_which_a_purge_that_died_has_left_nothing_else_go(ran: Flow) -> None:
    first = Month.parse(FIRST)
    for asset in stored_for(Retention.RESULTS):
        ran.lake.partition(asset, first).unlink(missing_ok=True)
    assert [(each.what, each.month) for each in due(ran)] == [("results", first)]
    purge(ran)
    assert not (ran.settings.home / "deliveries" / FIRST).exists()
    assert due(ran) == []


def test_a_purged_month_is_neither_missing_nor_run_again(ran: Flow) -> None:
    purge(ran)
    states = {state["month"]: state for state in json.loads(dvz(ran, "status", "--json").stdout)}
    assert (states[FIRST]["purged"], states[FIRST]["materialised"], states[SECOND]["purged"]) == (True, False, False)
    failure = run(ran, FIRST)
    assert failure is not None
    assert failure.message.startswith("MONTH_PURGED")
    assert Sensor(ran).tick()[0] == []
    assert stale_months(ran) == []


def test_later_months_are_computed_and_reproduced_from_the_kept_history(ran: Flow) -> None:
    before = fingerprint(ran.settings.home / "deliveries" / LAST)
    purge(ran)
    assert reproduce(ran, Month.parse(LAST)).succeeded
    assert run(ran, LAST) is None
    assert fingerprint(ran.settings.home / "deliveries" / LAST) == before


def test_history_goes_only_by_its_own_setting(ran: Flow) -> None:
    months = ran.settings.retention_months
    with_history = Flow(ran.settings.model_copy(update={"history_retention_months": months}))
    purge(with_history)
    assert not ran.lake.has("aid_history", Month.parse(FIRST))
    assert ran.lake.has("aid_history", Month.parse(SECOND))
    assert ran.lake.has("identity_map", Month.parse(FIRST))
    assert {each.details["what"] for each in ran.ledger.entries() if each.event == "PURGED"} == {"results", "history"}


def test_quarantine_and_leftovers_go_after_their_days(ran: Flow) -> None:
    candidate = ran.lake.candidate("decisions", Month.parse(LAST))
    candidate.parent.mkdir(exist_ok=True)
    candidate.write_bytes(b"left by a run that failed")
    old = ran.lake.quarantine("novaprima_statement", Month.parse(LAST))
    for path in (candidate, old):
        os.utime(path, (0, 0))
    young = ran.lake.quarantine("novaprima_statement", Month.parse(SECOND))
    purge(ran)
    assert (candidate.exists(), old.exists(), young.exists()) == (False, False, True)
    assert ran.ledger.verify() == []
    # what analysts see of rejects comes from the counts, not from the rows that are gone
    changed = Flow(ran.settings.model_copy(update={"small_cell_threshold": 6}))
    assert run(changed, LAST) is None


def test_to_the_day(ran: Flow) -> None:
    """Leftovers after ``quarantine_days``, answers to consultations on the first day of the first month kept."""
    days = time.time() - ran.settings.quarantine_days * 24 * 60 * 60
    leftovers = [
        ran.lake.quarantine(asset, Month.parse(LAST)) for asset in ("novaprima_statement", "register_snapshot")
    ]
    for path, seconds in zip(leftovers, (-60, 60), strict=True):
        path.write_bytes(b"")
        os.utime(path, (days + seconds, days + seconds))
    responses = ran.settings.home / "a036" / "responses"
    responses.mkdir(parents=True)
    first_kept = Month.parse(SECOND).first_day
    for name, day in (("old", first_kept - timedelta(days=1)), ("kept", first_kept)):
        (responses / f"{name}.json").write_text(json.dumps({"answered_at": f"{day}T12:00:00+00:00"}), "utf-8")
    purge(ran)
    assert [path.exists() for path in leftovers] == [False, True]
    assert [path.name for path in responses.iterdir()] == ["kept.json"]


def test_two_purges_at_once_wait_for_each_other(ran: Flow) -> None:
    left = ran.settings.home / "restricted" / "left.csv"
    left.write_bytes(b"left")
    os.utime(left, (0, 0))
    with ThreadPoolExecutor(2) as pool:
        removed = pool.map(lambda _: [each.what for each in purge(Flow(ran.settings))], range(2))
    assert sorted(removed) == [[], ["results", "quarantine and leftovers"]]


def test_a_purge_that_died_before_it_published_is_made_up_by_the_next(
    ran: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(step: str) -> None:
        if step == "results: removed":
            raise KeyboardInterrupt

    monkeypatch.setattr(write_steps, "listener", die)
    with pytest.raises(KeyboardInterrupt):
        purge(ran)
    assert FIRST in published_months(ran)
    assert purge(ran) == []
    assert published_months(ran) == {SECOND, LAST}


def test_a_hold_goes_when_it_has_been_over_as_long_as_results_are_kept(ran: Flow) -> None:
    """By itself, too, when nothing else is due."""
    purge(ran)
    insz, first_kept = sent_in(ran, LAST), Month.parse(SECOND)
    last_months = (first_kept.previous(), first_kept, None)
    holds = [ran.holds.add(insz, Reason.OBJECTION, first_kept.minus(2), last, "desk 1") for last in last_months]
    longer = Flow(ran.settings.model_copy(update={"retention_months": ran.settings.retention_months + 1}))
    assert due(longer) == []
    (over,) = due(ran)
    assert over.as_json() == {"what": "holds that are over", "month": None, "files": 0, "bytes": 0}
    purge(ran)
    assert ran.holds.all() == tuple(holds[1:])
    assert [each.details["what"] for each in ran.ledger.entries() if each.event == "PURGED"] == ["results", over.what]
    assert due(ran) == []


def test_what_a_home_cannot_do_without_is_no_leftover(ran: Flow) -> None:
    """Keys and the list of persons withheld, whatever their age; all else that lies in the private folders is."""
    ran.holds.add(sent_in(ran, LAST), Reason.OBJECTION, Month.parse(LAST), None, "desk 1")
    left = [ran.settings.home / "restricted" / name for name in ("answer", "answer.csv", "recomputation-1/x.zip")]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left")
    private = [path for path in (ran.settings.home / "restricted").rglob("*") if path.is_file()]
    for path in private:
        os.utime(path, (0, 0))
    purge(ran)
    kept = {path for path in private if path.exists()}
    assert kept == {path for path in private if path.suffix == ".key" or ran.holds.folder in path.parents}
    assert {path.suffix for path in kept} == {".key", ".json"}
    assert not (ran.settings.home / "restricted" / "recomputation-1").exists()


def test_the_job_says_on_the_asset_that_a_month_was_purged(ran: Flow) -> None:
    with open_instance(ran.settings.home) as instance:
        result = build_definitions(ran).resolve_job_def("retention").execute_in_process(instance=instance)
        assert result.success
        records = instance.fetch_observations(dg.AssetKey("delivery"), limit=10).records
    assert [record.partition_key for record in records] == [FIRST]
