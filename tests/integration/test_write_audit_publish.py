"""A candidate that breaks an expectation never becomes visible; the last good version stays, the check says why."""

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile

import dagster as dg
import duckdb
import polars as pl
import pytest

from dvz_assets.flow import publishing, steps
from dvz_assets.flow.checks import check_name
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from tests.integration.running import fingerprint, manifest_in, redeliver, run

FIRST, SECOND, THIRD = "2018-04", "2018-05", "2018-06"
WATCHED = ("lake", "published", "deliveries")


def doubled(frame: pl.DataFrame) -> pl.DataFrame:
    """Every row twice: no table allows it."""
    return pl.concat([frame, frame])


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(FIRST)


def spoil(asset: str, monkeypatch: pytest.MonkeyPatch, at: str | None = None) -> None:
    """Let the writer of an asset write candidates (that of one month) that break the grain of its table."""
    write = steps.WRITERS[asset]

    def write_spoiled(flow: Flow, connection: duckdb.DuckDBPyConnection, month: Month) -> Manifest:
        manifest = write(flow, connection, month)
        if at not in (None, str(month)):
            return manifest
        candidate = flow.lake.candidate(asset, month)
        frame = pl.read_parquet(candidate, hive_partitioning=False)
        if frame.is_empty():
            frame = pl.DataFrame({name: [None] for name in frame.columns}, schema=frame.schema)
        write_frame(doubled(frame), candidate, manifest_in(candidate))
        return manifest

    monkeypatch.setattr(steps, "WRITERS", {**steps.WRITERS, asset: write_spoiled})


@pytest.mark.parametrize("asset", ["aid_history", "decisions"])
def test_nothing_appears_behind_a_month_that_fails(asset: str, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Months are computed side by side, but become partitions in their order."""
    assert flow.settings.months_at_once > 1
    spoil(asset, monkeypatch, at=SECOND)
    failure = run(flow, FIRST, THIRD)
    assert failure is not None
    assert failure.month == Month.parse(SECOND)
    assert flow.lake.months(asset) == [Month.parse(FIRST)]


@pytest.mark.parametrize("asset", WRITERS)
def test_a_seeded_violation_is_never_visible(asset: str, ran: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    partition = ran.lake.partition(asset, Month.parse(FIRST))
    before = {folder: fingerprint(ran.settings.home / folder) for folder in ("published", "deliveries")}
    good = partition.read_bytes()
    spoil(asset, monkeypatch)
    failure = run(ran, FIRST)
    assert failure is not None
    assert (failure.month, failure.message.split(":")[0]) == (Month.parse(FIRST), "CHECK_FAILED")
    assert asset in failure.message
    assert partition.read_bytes() == good
    assert {folder: fingerprint(ran.settings.home / folder) for folder in before} == before
    with open_instance(ran.settings.home) as instance:
        key = dg.AssetCheckKey(dg.AssetKey(asset), check_name(asset))
        record = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.evaluation is not None
        assert (record.evaluation.passed, record.evaluation.partition) == (False, FIRST)
        broken = record.evaluation.metadata.items()
        counts = [str(entry.value) for name, entry in broken if "unique" in name or "filled" in name]
        assert counts
        assert "row" in counts[0]


@pytest.mark.parametrize("name", PUBLISHED_DATABASES)
def test_a_published_file_that_breaks_its_suite_is_not_renamed(
    name: str, ran: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = PUBLISHED_DATABASES[name]
    before = fingerprint(ran.settings.home / "published")
    fill = publishing._fill

    def fill_twice(*arguments: object) -> None:
        fill(*arguments)  # type: ignore[arg-type]
        fill(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_fill", fill_twice)
    spoiled = {**PUBLISHED_DATABASES, name: replace(database, settings=(*database.settings, "threads"))}
    with pytest.raises(Exception, match="CHECK_FAILED"):
        publishing.publish(ran, spoiled[name])
    assert {path: before.get(path) for path in before} == {
        path: value for path, value in fingerprint(ran.settings.home / "published").items() if path in before
    }


def too_many_rejects(lines: list[str]) -> list[str]:
    return [lines[0], *(line.replace(";+;", ";x;") for line in lines[1:])]


def test_a_month_that_is_just_being_written_keeps_what_was_published(ran: Flow) -> None:
    month, databases = Month.parse(FIRST), PUBLISHED_DATABASES.values()
    statement = ran.settings.landing / "novaprima" / FIRST
    redeliver(statement, "statement.csv", lambda lines: lines[: len(lines) // 2])
    for asset in takewhile(lambda each: each != "dvz_export", WRITERS):
        step = run_step(ran, asset, month)
        assert max(step.seconds_writing, step.seconds_checking) < 600, "a moment, not a duration"
    assert [publish(ran, each).replaced for each in databases] == [(), ()]
    for asset in WRITERS:
        run_step(ran, asset, month)
    assert [publish(ran, each).replaced for each in databases] == [(FIRST,), (FIRST,)]


@pytest.mark.parametrize("other", [b"", b"~"])
def test_the_results_of_checks_that_are_kept_are_the_last_ones(other: bytes, ran: Flow) -> None:
    """Whichever of the two texts comes first in an alphabet."""
    path = ran.settings.home / "checks" / f"month={FIRST}" / "decisions.json"
    results = path.read_bytes()
    path.write_bytes(other)
    run_step(ran, "decisions", Month.parse(FIRST))
    assert path.read_bytes() == results


def test_too_many_rejects_show_on_asset_and_partition(ran: Flow) -> None:
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", too_many_rejects)
    failure = run(ran, SECOND)
    assert failure is not None
    assert "share_of_rejected_rows_is_tolerable" in failure.message
    assert not ran.lake.has("aid_history", Month.parse(SECOND))
    with open_instance(ran.settings.home) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("aid_history"), check_name("aid_history"))
        record = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.evaluation is not None
        assert (record.evaluation.passed, record.evaluation.partition) == (False, SECOND)
    quarantine = pl.read_parquet(ran.lake.quarantine("novaprima_statement", Month.parse(SECOND)))
    assert set(quarantine["reason"]) >= {"invalid_sign"}
    # the corrected delivery runs by itself
    redeliver(
        ran.settings.landing / "novaprima" / SECOND,
        "statement.csv",
        lambda lines: [line.replace(";x;", ";+;") for line in lines],
    )
    assert run(ran, SECOND) is None
