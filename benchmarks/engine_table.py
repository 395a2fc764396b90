"""The table of docs/performance.md about engines, from the results of the group ``spark``: medians by size."""

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.engines import DUCKDB, ENGINES, SPARK
from benchmarks.events import RELATIONAL
from benchmarks.groups import on_engine
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS
from benchmarks.results import Group
from benchmarks.table import markdown

HEADINGS = ("statement lines", "engine", "whole process", "CPU time", "peak memory", "relational steps")
NAMES = {DUCKDB: "DuckDB", SPARK: "Spark"}


def engine_table(group: Group) -> str:
    """By size and engine: the month, and its relational steps with the extremes."""
    return markdown(HEADINGS, _rows(group))


def _rows(group: Group) -> Iterator[Sequence[str]]:
    for point in group.points:
        for engine in ENGINES:
            runs = group.series[on_engine(engine, point.series)]
            figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            inside = sorted(run[RELATIONAL] for run in runs)
            yield (
                f"{point.lines:,}",
                NAMES[engine],
                f"{figures[SECONDS]:.1f} s",
                f"{figures[CPU_SECONDS]:.1f} CPU s",
                f"{figures[MEBIBYTES]:.0f} MiB",
                f"{figures[RELATIONAL]:.2f} s ({inside[0]:.2f} to {inside[-1]:.2f})",
            )
