"""The driver of the benchmarks runs every program of a group, and every engine, for real: in ``make bench-quick``."""

from pathlib import Path

import pytest

from benchmarks import bench, groups
from benchmarks.engines import DUCKDB, EngineRuns
from benchmarks.events import CHECKING, PUBLISHING, RELATIONAL, WRITING
from benchmarks.homes import home_before
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS
from benchmarks.results import Results
from tests.benchmarks.test_driver import TINY, WINDOW


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


def test_a_group_is_measured_and_written(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program of the month runs once; a home that is used again is not touched by the runs in its copies."""
    monkeypatch.setenv("DVZ_HOME", str(tmp_path / "nowhere"))  # a developer's own settings play no part
    home = home_before(WINDOW, work)
    before = files_of(home)
    results = bench.measure(TINY, work, tmp_path, only=groups.MONTH)
    assert files_of(home) == before
    assert not list((work / "scratch").iterdir())
    assert not (tmp_path / "nowhere").exists()
    series = results.groups[groups.MONTH].series
    by_hand = {groups.BARE_LONG, groups.BARE_SHORT, groups.POLARS}
    assert set(series) == {groups.PIPELINE_LONG, groups.PIPELINE_SHORT} | by_hand
    for name, (run,) in series.items():
        told = {WRITING, CHECKING, PUBLISHING} if name.startswith("pipeline") else set()
        assert {SECONDS, CPU_SECONDS, MEBIBYTES} | told <= set(run)
        assert 0 < run.get(WRITING, 0.1) < run[SECONDS]
    assert list(Results.read(tmp_path / "tiny.json").groups) == [groups.MONTH]
    bench.show(results, TINY)


def test_a_run_on_an_engine_tells_its_steps_and_refuses_other_bytes(work: Path) -> None:
    runs = EngineRuns(work, "1 GiB")
    figures = runs.run(WINDOW, DUCKDB)
    assert 0 < figures[RELATIONAL] < figures[WRITING]
    with pytest.raises(RuntimeError, match="few-2: the engines do not give the same bytes"):
        runs.refuse_other(WINDOW, "other")
