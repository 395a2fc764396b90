"""The arithmetic of the table: medians, ratios, and whether a goal is met. Nothing here measures or prints."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks import groups
from benchmarks.events import CHECKING, PUBLISHING, WRITING
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS
from benchmarks.peers.runs import PEERS
from benchmarks.results import Results
from benchmarks.scales import Scale

GIBIBYTE = 1024.0
DEMO_TIMES_BARE = 18.5  # half of the 37 s that it took where bare needs 1 s for a national month
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of several runs."""

    median: float
    lowest: float
    highest: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Self | None:
        """The spread of values; None when there are none."""
        return cls(statistics.median(values), min(values), max(values), len(values)) if values else None


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted, in words, and whether a median (and that of the yardstick) does it."""

    text: str
    is_met: Callable[[float, float], bool]


def at_most(limit: float, unit: str) -> Goal:
    """No more than a fixed amount."""
    return Goal(f"≤ {limit:g} {unit}", lambda value, _: value <= limit)


def at_most_more(extra: float, unit: str) -> Goal:
    """No more than an amount above the yardstick."""
    return Goal(f"≤ + {extra:g} {unit}", lambda value, yardstick: value <= yardstick + extra)


def at_most_times(factor: float) -> Goal:
    """No more than a multiple of the yardstick."""
    return Goal(f"≤ {factor:g} {TIMES}", lambda value, yardstick: value <= factor * yardstick)


LESS = Goal("faster", lambda value, yardstick: value < yardstick)
FINISHES = Goal("finishes", lambda value, yardstick: True)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``measured`` is None when the measuring did not come to an end."""

    what: str
    unit: str
    measured: Spread | None
    compared_with: str
    yardstick: Spread | None
    goal: Goal

    @property
    def ratio(self) -> float | None:
        """Median by median; None when there is nothing to compare with."""
        if self.measured is None or self.yardstick is None or not self.yardstick.median:
            return None
        return self.measured.median / self.yardstick.median

    @property
    def is_met(self) -> bool:
        """Whether the goal is met; what was not measured has not met it."""
        if self.measured is None or (self.compared_with and self.yardstick is None):
            return False
        return self.goal.is_met(self.measured.median, self.yardstick.median if self.yardstick else 0)


def rows_of(results: Results, scale: Scale) -> list[Row]:
    """The lines of the table: of the groups of this scale, and of those that not every machine can measure."""
    shown = {*groups.groups_of(scale)} - {groups.PEERS} | {*results.groups}
    lines: dict[str, Callable[[Results, Scale], Iterator[Row]]] = {
        groups.MONTH: _month,
        groups.BACKFILL: _backfill,
        groups.PEERS: _peers,
        groups.DEMO: _demo,
        groups.TEN: _ten_times,
        groups.COMMANDS: _commands,
    }
    return [row for name, of_group in lines.items() if name in shown for row in of_group(results, scale)]


def _spread(results: Results, group: str, series: str, figure: str) -> Spread | None:
    """The spread of a figure; None when a run does not tell it."""
    runs = results.runs(group, series)
    return Spread.of([run[figure] for run in runs]) if all(figure in run for run in runs) else None


def _month(results: Results, scale: Scale) -> Iterator[Row]:
    def of(series: str, figure: str) -> Spread | None:
        return _spread(results, groups.MONTH, series, figure)

    long_name, short_name = f"{scale.national.months} months of history", f"{scale.short} months of history"
    seconds, bare = of(groups.PIPELINE_LONG, SECONDS), of(groups.BARE_LONG, SECONDS)
    yield Row(f"a month, {long_name}, whole process", "s", seconds, "bare", bare, at_most_more(4, "s"))
    cpu, bare_cpu = of(groups.PIPELINE_LONG, CPU_SECONDS), of(groups.BARE_LONG, CPU_SECONDS)
    yield Row("the same, CPU time", "CPU s", cpu, "bare", bare_cpu, at_most_more(5, "CPU s"))
    steps = of(groups.PIPELINE_LONG, WRITING)
    yield Row("inside its steps, without suites and publishing", "s", steps, "bare", bare, at_most_times(1.4))
    polars = of(groups.POLARS, SECONDS)
    yield Row("inside its steps, without suites and publishing", "s", steps, "Polars, lazy", polars, at_most_times(1))
    yield Row("its expectation suites", "s", of(groups.PIPELINE_LONG, CHECKING), "", None, at_most(1.2, "s"))
    for name, series in ((short_name, groups.PIPELINE_SHORT), (long_name, groups.PIPELINE_LONG)):
        yield Row(f"publishing both files, {name}", "s", of(series, PUBLISHING), "", None, at_most(1.5, "s"))
    few = of(groups.PIPELINE_SHORT, SECONDS)
    yield Row(f"a month, {long_name}, whole process", "s", seconds, short_name, few, at_most_times(1.05))
    few_bare = of(groups.BARE_SHORT, SECONDS)
    yield Row(f"a month, {short_name}, whole process", "s", few, "bare", few_bare, at_most_more(4, "s"))
    memory = of(groups.PIPELINE_LONG, MEBIBYTES)
    yield Row("peak memory of a month", "MiB", memory, "", None, at_most(0.7 * GIBIBYTE, "MiB"))


def _backfill(results: Results, scale: Scale) -> Iterator[Row]:
    pipeline = _spread(results, groups.BACKFILL, groups.PIPELINE_LONG, SECONDS)
    bare = _spread(results, groups.BACKFILL, groups.BARE_LONG, SECONDS)
    what = f"backfill of {scale.national.months} months in one run"
    yield Row(what, "s", pipeline, "bare", bare, at_most_times(1.2))


def _peers(results: Results, scale: Scale) -> Iterator[Row]:
    for what, of_pipeline, suffix in (
        (f"a month, {scale.short} months of history, whole process", groups.PIPELINE_SHORT, groups.LAST_MONTH),
        (f"backfill of {scale.short} months in one run", groups.PIPELINE_BACKFILL, groups.ALL_MONTHS),
    ):
        for peer in PEERS:
            for unit, figure in (("s", SECONDS), ("CPU s", CPU_SECONDS)):
                pipeline = _spread(results, groups.PEERS, of_pipeline, figure)
                yardstick = _spread(results, groups.PEERS, groups.of_peer(peer, suffix), figure)
                yield Row(what, unit, pipeline, peer, yardstick, LESS)


def _demo(results: Results, scale: Scale) -> Iterator[Row]:
    demo, bare = (_spread(results, groups.DEMO, name, SECONDS) for name in (groups.PIPELINE_DEMO, groups.BARE_LONG))
    what = "make demo, installed: 24 months of the sample"
    yield Row(what, "s", demo, "bare, a national month", bare, at_most_times(DEMO_TIMES_BARE))


def _ten_times(results: Results, scale: Scale) -> Iterator[Row]:
    national, ten_times = scale.ten_times_windows
    what = f"a month at ten times national, {ten_times.months} months of history, DuckDB limited to"
    what = f"{what} {groups.TEN_TIMES_MEMORY}"
    memory = _spread(results, groups.TEN, groups.TEN_TIMES, MEBIBYTES)
    yield Row(f"{what}: peak memory", "MiB", memory, "", None, FINISHES)
    seconds = _spread(results, groups.TEN, groups.TEN_TIMES, SECONDS)
    of_national = _spread(results, groups.TEN, groups.NATIONAL, SECONDS)
    compared_with = f"national, {national.months} months of history"
    yield Row(f"{what}: whole process", "s", seconds, compared_with, of_national, at_most_times(12))


def _commands(results: Results, scale: Scale) -> Iterator[Row]:
    for name, limit in ((groups.HELP, 0.5), (groups.STATUS, 1.5), (groups.DEFINITIONS, 4)):
        yield Row(name, "s", _spread(results, groups.COMMANDS, name, SECONDS), "", None, at_most(limit, "s"))
