"""A step, and the steps of a range: what runs side by side, how long it took, and what it may let appear."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dvz_assets.engines.duckdb_engine import DuckDBEngine
from dvz_assets.flow.assets import ASSETS, RELATIONAL, earlier_months_of
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.flow.steps import run_step, run_steps
from dvz_assets.home import write_steps
from dvz_assets.home.deliveries import delivery_folder
from dvz_assets.months import Month

MONTHS = Month.range(Month.parse("2018-04"), Month.parse("2018-06"))
LAST = MONTHS[-1]


class Counted(DuckDBEngine):
    """Another engine, which counts what it is asked for."""

    results = 0

    def result(self, *arguments: Any) -> Any:
        self.results += 1
        return super().result(*arguments)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names of the threads in which each write step is reached."""
    found: dict[str, list[str]] = {}
    monkeypatch.setattr(
        write_steps, "listener", lambda step: found.setdefault(step, []).append(threading.current_thread().name)
    )
    return found


def test_months_are_computed_side_by_side_unless_each_needs_the_one_before(
    ran_until: Callable[[str], Flow], threads: dict[str, list[str]]
) -> None:
    """They become partitions one after the other."""
    flow, here = ran_until(str(LAST)), threading.current_thread().name
    threads.clear()  # of the run that made the home
    for asset in ASSETS:
        assert [month for month, _ in run_steps(flow, asset, MONTHS)] == list(MONTHS)
        in_sequence = asset in earlier_months_of(asset)
        written = threads.pop(f"{asset}: candidate written")
        assert [name.startswith(asset) for name in written] == [not in_sequence] * len(MONTHS)
        assert threads[f"{asset}: renamed"] == [here] * len(MONTHS)
        list(run_steps(flow, asset, MONTHS[:1]))
        assert threads[f"{asset}: candidate written"] == [here], "one month needs no others"


def test_the_engine_runs_all_queries_but_those_that_are_of_duckdb(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(str(LAST))
    counted = Counted()
    on_cluster = replace(flow, shared_engine=counted)
    for asset in RELATIONAL:
        run_step(on_cluster, asset, LAST)
    assert counted.results == len(RELATIONAL) - len(("month_measures", "corrections"))


def test_an_engine_begins_once_before_several_months_want_it(
    ran_until: Callable[[str], Flow], monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = ran_until(str(LAST))
    begun: list[str] = []
    monkeypatch.setattr(flow.engine, "begin", lambda: begun.append("engine"))
    monkeypatch.setattr(write_steps, "listener", lambda step: begun.append(step.partition(":")[0]))
    list(run_steps(flow, "insz_replacements", MONTHS))
    assert "engine" not in begun
    list(run_steps(flow, "intersection", MONTHS))
    assert begun.index("engine") == begun.index("intersection") - 1
    assert begun.count("engine") == 1


def test_the_seconds_of_a_step_are_those_that_it_took(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(str(LAST))
    begun = time.perf_counter()
    step = run_step(flow, "decisions", LAST)
    assert step.seconds_writing > 0
    assert step.seconds_checking > 0
    assert step.seconds_writing + step.seconds_checking <= time.perf_counter() - begun
    for database in PUBLISHED_DATABASES.values():
        database.path(flow.settings.home).unlink()
        begun = time.perf_counter()
        publication = publish(flow, database)
        assert publication.seconds_publishing > 0
        assert publication.seconds_checking > 0
        assert publication.seconds_publishing + publication.seconds_checking <= time.perf_counter() - begun


def test_a_delivery_that_a_death_has_left_half_built_never_appears(ran_until: Callable[[str], Flow]) -> None:
    """Neither with the step of another asset, nor with its own."""
    flow = ran_until(str(LAST))
    folder = delivery_folder(flow.settings.home, LAST)
    shutil.copytree(folder / "0001", folder / ".building")
    (folder / ".building" / "dvz_export.csv").write_bytes(b"of a run that died")
    for asset in ASSETS:
        run_step(flow, asset, LAST)
        assert [path.name for path in folder.iterdir() if path.name != ".building"] == ["0001"], asset
    assert not (folder / ".building").exists()
