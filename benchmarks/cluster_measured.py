"""What was measured on the engines, from the results of the group ``spark``: medians by size, lines through them."""

import statistics
from collections.abc import Callable, Iterator, Sequence

from benchmarks.cluster import Line, Model
from benchmarks.engines import DUCKDB, ENGINES, GIVEN, SPARK
from benchmarks.events import CHECKING, RELATIONAL, WRITING
from benchmarks.groups import on_engine
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS, Figures
from benchmarks.results import Group, Point
from benchmarks.scales import Scale

NAMES = {DUCKDB: "DuckDB", SPARK: "Spark"}


def model_of(group: Group) -> Model:
    """The lines through what was measured."""
    return Model(
        duckdb=_line(group, DUCKDB, steps),
        spark=_line(group, SPARK, steps),
        rest=_line(group, DUCKDB, lambda run: run[SECONDS] - run[RELATIONAL]),
        rest_in_range=_line(group, DUCKDB, lambda run: run[WRITING] + run[CHECKING] - run[RELATIONAL]),
        memory_bytes=_line(group, DUCKDB, lambda run: run[MEBIBYTES] * 1024**2),
        given_bytes=_line(group, DUCKDB, lambda run: run[GIVEN] * 1024**2),
    )


def steps(run: Figures) -> float:
    """What the engine takes."""
    return run[RELATIONAL]


def least(group: Group, engine: str, point: Point, cost: Callable[[Figures], float] = steps) -> float:
    """A cost in the run in which it was least: other work on the machine can only add to it."""
    return min(map(cost, group.series[on_engine(engine, point.series)]))


def _line(group: Group, engine: str, cost: Callable[[Figures], float]) -> Line:
    """Through the two largest sizes: larger ones are what it is asked about."""
    small, large = group.points[-2:]
    return Line.through(
        (small.lines, least(group, engine, small, cost)), (large.lines, least(group, engine, large, cost))
    )


def lines_of_national(group: Group, scale: Scale) -> int:
    """Statement lines of the month in which as many persons are as in the national one."""
    windows = {window.name: window for window in scale.engines}
    (lines,) = (point.lines for point in group.points if windows[point.series].zone.persons == scale.national.persons)
    return lines


def measured_rows(group: Group, national: int) -> Iterator[Sequence[str]]:
    """By size and engine: the month, and its relational steps with the extremes."""
    for point in group.points:
        for engine in ENGINES:
            runs = group.series[on_engine(engine, point.series)]
            figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            inside = sorted(run[RELATIONAL] for run in runs)
            yield (
                f"{point.lines:,} ({point.lines / national:.1f} times national)",
                NAMES[engine],
                f"{figures[SECONDS]:.1f} s",
                f"{figures[CPU_SECONDS]:.1f} CPU s",
                f"{figures[MEBIBYTES]:.0f} MiB",
                f"{figures[RELATIONAL]:.2f} s ({inside[0]:.2f} to {inside[-1]:.2f})",
            )
