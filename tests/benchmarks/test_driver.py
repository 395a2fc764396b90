"""The driver of the benchmarks works: it measures what it says, goes on after a stop, and writes what it measured."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks import bench, groups
from benchmarks.cache import PIPELINE, code_hash
from benchmarks.comparisons import LESS, Goal, Row, Spread, at_most, at_most_more, at_most_times, rows_of
from benchmarks.deliveries import Window, Zone
from benchmarks.events import WRITING
from benchmarks.growth import point_of
from benchmarks.homes import home_before
from benchmarks.measuring import RUNS_OF_SLOW, SECONDS, SLOW_SECONDS, Figures, interleaved
from benchmarks.page import BEGIN, END, PAGE, PICTURE, RESULTS, write_page
from benchmarks.process_tree import watched
from benchmarks.results import Group, Point, Results
from benchmarks.scales import FULL, LINES, QUICK, Scale

# one window is both the long and the short one, so that one home serves all
TINY = Scale(
    name="tiny",
    national=Zone("few", persons=200, months=2, file_format="parquet", foreigners=0.7),
    short=2,
    repetitions=1,
    backfills=1,
)
WINDOW = TINY.long_window
MEBIBYTES_OF_CHILD = 200
# works with its memory for a third of a second, then waits for its parent to end
CHILD = f"""
import os, sys, time
held = bytearray(b'x') * ({MEBIBYTES_OF_CHILD} << 20)
until = time.process_time() + 0.3
while time.process_time() < until:
    pass
os.close(1)
sys.stdin.read()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.read()
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


def test_a_point_of_the_growth(work: Path) -> None:
    point = point_of("few", [LINES], WINDOW, work, home_before(WINDOW, work))
    assert point.lines > 100
    assert 0.5 < point.foreigners < 0.9
    assert min(point.disk_bytes, point.memory_bytes) > 10_000


def test_a_window_has_the_last_months(work: Path) -> None:
    landing = Window(TINY.national, 1).landing(work)
    assert [path.name for path in (landing / "register").iterdir()] == ["2014-06"]


def test_what_was_measured_before_a_stop_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(name: str, scale: Scale, work: Path) -> Group:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(name)
        return Group(code_hash(PIPELINE))

    monkeypatch.setattr(bench, "_measured", note)
    with pytest.raises(KeyboardInterrupt):
        bench.measure(TINY, tmp_path / "work", tmp_path)
    first, asked[:] = list(asked), []
    results = bench.measure(TINY, tmp_path / "work", tmp_path)
    assert first + asked == groups.groups_of(TINY) == list(results.groups)


def test_programs_run_in_turn_and_slow_ones_less_often() -> None:
    ran: list[str] = []

    def program(name: str) -> Figures:
        ran.append(name)
        return {SECONDS: 1.0}

    interleaved({"one": partial(program, "one"), "two": partial(program, "two")}, 2)
    assert ran == ["one", "two", "one", "two"]
    assert len(interleaved({"slow": lambda: {SECONDS: SLOW_SECONDS + 1.0}}, 5)["slow"]) == RUNS_OF_SLOW


def test_a_child_that_nobody_waits_for_is_measured() -> None:
    """The Java of a local Spark is such a child."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT])
    with watched(parent.pid) as tree:
        parent.wait()
    assert tree.largest_bytes > MEBIBYTES_OF_CHILD << 20
    assert tree.cpu_seconds > 0.2


@pytest.mark.parametrize(
    ("goal", "met", "not_met"),
    [(at_most(1.2, "s"), 1.2, 1.3), (at_most_more(8, "s"), 10, 10.1), (at_most_times(2.5), 5, 5.1), (LESS, 1.9, 2)],
)
def test_a_goal_is_met_up_to_its_limit_and_never_unmeasured(goal: Goal, met: float, not_met: float) -> None:
    def is_met(*values: float) -> bool:
        return Row("a month", "s", Spread.of(values), "bare", Spread.of([1, 2, 9]), goal).is_met

    assert is_met(met)
    assert not is_met(not_met, not_met, 0)  # the median counts
    assert not is_met()


def test_nothing_measured_meets_no_goal() -> None:
    for scale in (FULL, QUICK):
        rows = rows_of(Results(scale.name, {}), scale)
        assert rows
        assert not any(row.is_met for row in rows)


def test_the_page_says_what_was_measured_and_keeps_what_people_wrote(tmp_path: Path) -> None:
    """What `python -m benchmarks.page` writes of the results in the repository is in the repository."""
    written = PAGE.read_text("utf-8")
    copy = tmp_path / "performance.md"
    copy.write_text(written.replace("| yes |", "| no |"), "utf-8")
    write_page(Results.read(RESULTS / "full.json"), FULL, copy, tmp_path / PICTURE.name)
    assert copy.read_text("utf-8") == written


@pytest.mark.parametrize("is_measured", [True, False])
def test_the_growth_is_drawn_when_it_was_measured(tmp_path: Path, is_measured: bool) -> None:
    point = Point("few", [LINES], history=2, lines=100, foreigners=0.7, disk_bytes=10_000, memory_bytes=20_000)
    speeds = {"disk": 1e9, "memory": 1e10}
    growth = Group("code", {"few": [{SECONDS: 2.0, WRITING: 1.0}]}, [point], speeds, failed=not is_measured)
    page, picture = tmp_path / "performance.md", tmp_path / PICTURE.name
    page.write_text(f"{BEGIN}\n{END}\n", "utf-8")
    write_page(Results(FULL.name, {}, {groups.GROWTH: growth}), FULL, page, picture)
    assert (f"](images/{picture.name})" in page.read_text("utf-8")) == picture.exists() == is_measured
    assert not is_measured or picture.read_text("utf-8").startswith("<svg")
