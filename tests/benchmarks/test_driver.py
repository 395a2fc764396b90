"""The driver end to end, on a population of 300: that it measures what it says, and leaves what is kept as it was."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks import bench, groups
from benchmarks.by_hand import history_of
from benchmarks.deliveries import Window, Zone
from benchmarks.events import CHECKING, PUBLISHING, WRITING
from benchmarks.growth import point_of
from benchmarks.homes import home_before
from benchmarks.kept import BARE, PIPELINE, code_hash
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS
from benchmarks.programs import run_by_hand
from benchmarks.results import Group, Results
from benchmarks.scales import LINES, Scale

TINY = Scale(
    name="tiny",
    national=Zone("few", persons=300, months=3, file_format="csv", foreigners=0.7),
    short=2,
    repetitions=1,
    backfills=1,
)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


def test_a_group_is_measured_and_merged(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run of everything in the group; a home that is kept is not touched by the runs in its copies."""
    monkeypatch.setenv("DVZ_HOME", str(tmp_path / "nowhere"))  # a developer's own settings play no part
    home = home_before(TINY.long_window, work)
    before = files_of(home)
    results = bench.measure(TINY, work, tmp_path, only=groups.MONTH)
    assert files_of(home) == before
    assert not list((work / "scratch").iterdir())
    assert not (tmp_path / "nowhere").exists()
    series = results.groups[groups.MONTH].series
    by_hand = {groups.BARE_LONG, groups.BARE_SHORT, groups.POLARS, groups.PANDAS}
    assert set(series) == {groups.PIPELINE_LONG, groups.PIPELINE_SHORT} | by_hand
    for name, (run,) in series.items():
        told = {WRITING, CHECKING, PUBLISHING} if name.startswith("pipeline") else set()
        assert {SECONDS, CPU_SECONDS, MEBIBYTES} | told <= set(run)
        assert 0 < run.get(WRITING, 0.1) < run[SECONDS]
    assert Results.read(tmp_path / "tiny.json").machine == results.machine
    bench.show(results, TINY)


def test_what_was_measured_before_a_stop_is_not_measured_again(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def note(name: str, scale: Scale, work: Path) -> Group:
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(name)
        return Group(code_hash(PIPELINE))

    monkeypatch.setattr(bench, "_measured", note)
    with pytest.raises(KeyboardInterrupt):
        bench.measure(TINY, work, tmp_path)
    first, measured[:] = list(measured), []
    results = bench.measure(TINY, work, tmp_path)
    assert first + measured == groups.groups_of(TINY) == list(results.groups)
    assert list(tmp_path.iterdir()) == [tmp_path / "tiny.json"]


@pytest.mark.parametrize("module", ["polars_job", "pandas_job"])
def test_a_translated_history_is_the_programs_own(module: str, work: Path, tmp_path: Path) -> None:
    window = TINY.long_window
    translated = history_of(module, window, work)
    run_by_hand(module, window, work, tmp_path, str(window.first), str(window.last.previous()))
    for table in ("history", "replacements"):
        own, ours = sorted((tmp_path / table).iterdir()), sorted((translated / table).iterdir())
        assert [path.name for path in own] == [path.name for path in ours]
        for one, other in zip(own, ours, strict=True):
            of_program, of_translation = pl.read_parquet(one), pl.read_parquet(other)
            assert of_program.schema == of_translation.schema, f"{module}: {table}"
            assert of_program.sort(pl.all()).equals(of_translation.sort(pl.all())), f"{module}: {table}"


def test_a_point_of_the_growth(work: Path) -> None:
    window = TINY.long_window
    point = point_of("few", [LINES], window, work, home_before(window, work))
    assert point.lines > 200
    assert 0.6 < point.foreigners < 0.8
    assert min(point.disk_bytes, point.memory_bytes) > 10_000


def test_a_window_has_the_last_months(work: Path) -> None:
    landing = Window(TINY.national, 2).landing(work)
    assert sorted(path.name for path in (landing / "register").iterdir()) == ["2014-06", "2014-07"]


def test_code_hash_names_the_code() -> None:
    assert code_hash(BARE) == code_hash(BARE) != code_hash(PIPELINE)
