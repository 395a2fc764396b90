"""How the cost grows with months, persons and share of foreigners, and what reading the bytes alone would take."""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.deliveries import SOURCES, Window
from benchmarks.events import WRITING
from benchmarks.measuring import SECONDS
from benchmarks.results import Point, Results
from benchmarks.scales import FOREIGNERS, HISTORY, LINES
from dvz_assets.home.folder import Folder
from dvz_assets.home.lake import Lake

BELGIAN = "150"
WHOLE, STEPS = "whole process", "inside the steps"
FROM_DISK, FROM_MEMORY = "reading the bytes from disk", "reading the bytes from memory"
COLOURS = {WHOLE: "#2f6db3", STEPS: "#c2571a", FROM_DISK: "#6b7280", FROM_MEMORY: "#b6bbc4"}
GREY, FONT = "#6b7280", "system-ui, sans-serif"


def point_of(series: str, panels: Sequence[str], window: Window, work: Path, home: Path) -> Point:
    """Place the last month of a window in panels; lines and share are those of the month before, from its home."""
    lake, before = Lake(Folder(home, home)), window.last.previous()
    statement = pl.scan_parquet(lake.partition("novaprima_statement", before), hive_partitioning=False)
    register = pl.scan_parquet(lake.partition("register_snapshot", before), hive_partitioning=False)
    landing = window.landing(work)
    delivered = [
        path for source in SOURCES for path in (landing / source / str(window.last)).iterdir() if path.suffix != ".json"
    ]
    history = [lake.partition("aid_history", month) for month in lake.months("aid_history")]
    return Point(
        series=series,
        panels=list(panels),
        history=window.months,
        lines=statement.select(pl.len()).collect().item(),
        foreigners=register.select((pl.col("nationaliteit") != BELGIAN).mean()).collect().item(),
        disk_bytes=sum(path.stat().st_size for path in [*delivered, *history]),
        memory_bytes=sum(map(_bytes_in_memory, [*delivered, *history])),
    )


def _bytes_in_memory(path: Path) -> int:
    """Size without compression; a file without rows has none."""
    if path.suffix != ".parquet":
        return path.stat().st_size
    sizes = f"SELECT coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata('{path}')"
    with duckdb.connect() as connection:
        return int(connection.execute(sizes).fetchall()[0][0])


def growth_picture(results: Results) -> str:
    """Three panels as SVG: seconds of the last month by months of history, lines, and share of foreigners."""
    import altair as alt
    import vl_convert

    panels = [
        alt.Chart(alt.InlineData(values=list(_values(results, panel))), title=panel, width=230, height=260)
        .mark_line(point=True)
        .encode(
            x=alt.X("at:Q", title=panel, scale=alt.Scale(type="log" if panel == LINES else "linear", zero=False)),
            y=alt.Y("seconds:Q", title="seconds", scale=alt.Scale(type="log")),
            color=alt.Color("of:N", title=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))),
        )
        for panel in (HISTORY, LINES, FOREIGNERS)
    ]
    styled = alt.hconcat(*panels).configure(background="transparent", font=FONT).configure_view(strokeWidth=0)
    styled = styled.configure_axis(labelColor=GREY, titleColor=GREY, tickCount=5).configure_legend(orient="bottom")
    return vl_convert.vegalite_to_svg(styled.configure_title(color=GREY, anchor="start").to_dict()) + "\n"


def _values(results: Results, panel: str) -> Iterator[dict[str, str | float]]:
    speeds = results.groups["growth"].speeds
    points = [(name, point) for name, group in results.groups.items() for point in group.points]
    for group_name, point in points:
        if panel not in point.panels:
            continue
        runs = results.runs(group_name, point.series)
        at = {HISTORY: point.history, LINES: point.lines, FOREIGNERS: point.foreigners}[panel]
        seconds = {
            WHOLE: statistics.median(run[SECONDS] for run in runs),
            STEPS: statistics.median(run[WRITING] for run in runs),
            FROM_DISK: point.disk_bytes / speeds["disk"],
            FROM_MEMORY: point.memory_bytes / speeds["memory"],
        }
        for name, value in seconds.items():
            yield {"at": at, "of": name, "seconds": value}
