"""What is measured: groups of programs that run in turn. Nothing here knows goals or tables."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.by_hand import run_backfill_by_hand, run_last_month_by_hand
from benchmarks.cache import PIPELINE, ROOT, code_hash
from benchmarks.engines import ENGINES, EngineRuns, has_spark
from benchmarks.growth import point_of
from benchmarks.homes import copy_of, empty_folder, home_before, run_backfill, run_last_month
from benchmarks.measuring import (
    RUNS_OF_SLOW,
    disk_bytes_per_second,
    interleaved,
    measured,
    memory_bytes_per_second,
)
from benchmarks.peers import runs as peers
from benchmarks.programs import environment, installed
from benchmarks.results import Group
from benchmarks.same_rows import SameRows
from benchmarks.scales import LINES, Scale

TEN_TIMES_MEMORY = "4 GiB"

# Names of series; results and comparisons know them by these.
PIPELINE_LONG, PIPELINE_SHORT, BARE_LONG, BARE_SHORT = "pipeline, long", "pipeline, short", "bare, long", "bare, short"
POLARS = "polars, long"
NATIONAL, TEN_TIMES = "national", "ten times"
PIPELINE_BACKFILL, PIPELINE_DEMO = "pipeline, backfill", "pipeline, demo"
LAST_MONTH, ALL_MONTHS = "last month", "all months"
DEMO_MONTHS = ("--from", "2017-07", "--to", "2019-06")  # as in the Makefile
HELP, STATUS, DEFINITIONS = "dvz --help", "dvz status", "dagster definitions validate"


def measure_month(scale: Scale, work: Path) -> Group:
    """The last month, with much and with little history, and bare; with much, Polars too."""
    long_window, short_window, rows = scale.long_window, scale.short_window, SameRows()
    programs = {
        BARE_LONG: partial(run_last_month_by_hand, "bare", long_window, work, rows),
        PIPELINE_LONG: partial(run_last_month, long_window, work, rows=rows),
        BARE_SHORT: partial(run_last_month_by_hand, "bare", short_window, work, rows),
        PIPELINE_SHORT: partial(run_last_month, short_window, work, rows=rows),
        POLARS: partial(run_last_month_by_hand, "polars_job", long_window, work, rows),
    }
    return _group(interleaved(programs, scale.repetitions))


def measure_backfill(scale: Scale, work: Path) -> Group:
    """All months in one run, and the same with bare."""
    window, rows = scale.long_window, SameRows()
    programs = {
        BARE_LONG: partial(run_backfill_by_hand, "bare", window, work, rows),
        PIPELINE_LONG: partial(run_backfill, window, work, rows),
    }
    return _group(interleaved(programs, scale.backfills))


def measure_peers(scale: Scale, work: Path) -> Group:
    """The last month with little history, and these months in one run, against tools with the same models and tests."""
    window, rows = scale.short_window, SameRows()
    months = {PIPELINE_SHORT: partial(run_last_month, window, work, rows=rows)} | {
        of_peer(peer, LAST_MONTH): partial(peers.run_last_month, peer, window, work, rows) for peer in peers.PEERS
    }
    backfills = {PIPELINE_BACKFILL: partial(run_backfill, window, work, rows)} | {
        of_peer(peer, ALL_MONTHS): partial(peers.run_backfill, peer, window, work, rows) for peer in peers.PEERS
    }
    return _group(interleaved(months, scale.repetitions) | interleaved(backfills, scale.backfills))


def of_peer(peer: str, months: str) -> str:
    """Name of the series of a tool."""
    return f"{peer}, {months}"


def measure_demo(scale: Scale, work: Path) -> Group:
    """The 24 months of the sample, as ``make demo`` runs them once all is installed, and bare's national month."""
    window, rows = scale.long_window, SameRows()
    programs = {
        BARE_LONG: partial(run_last_month_by_hand, "bare", window, work, rows),
        PIPELINE_DEMO: partial(_run_demo, work),
    }
    return _group(interleaved(programs, scale.backfills))


def _run_demo(work: Path) -> dict[str, float]:
    with empty_folder(work) as folder:
        landing = ROOT / "data-sample" / "landing"
        command = [installed("dvz"), "run", *DEMO_MONTHS, "--landing", str(landing), "--home", str(folder / "home")]
        return measured(command, folder, environment())


def measure_commands(scale: Scale, work: Path) -> Group:
    """What people wait for when nothing is run."""
    window = scale.long_window
    home = home_before(window, work)
    with copy_of(home, work) as copy:
        settings = environment(first_month=str(window.first), landing=str(window.landing(work)), home=str(copy))
        dvz, dagster = installed("dvz"), installed("dagster")
        programs = {
            HELP: partial(measured, [dvz, "--help"], copy.parent, settings),
            STATUS: partial(measured, [dvz, "status"], copy.parent, settings),
            DEFINITIONS: partial(measured, [dagster, "definitions", "validate"], ROOT, settings),
        }
        return _group(interleaved(programs, scale.repetitions))


def measure_ten_times(scale: Scale, work: Path) -> Group:
    """A month of ten times as many persons, and the national month with as many months of history."""
    national, ten_times = scale.ten_times_windows
    programs = {
        NATIONAL: partial(run_last_month, national, work),
        TEN_TIMES: partial(run_last_month, ten_times, work, TEN_TIMES_MEMORY),
    }
    series = interleaved(programs, scale.repetitions)
    home = home_before(ten_times, work, TEN_TIMES_MEMORY)
    return Group(code_hash(PIPELINE), series, [point_of(TEN_TIMES, (LINES,), ten_times, work, home)])


def measure_growth(scale: Scale, work: Path) -> Group:
    """The last month of one population after another, and how fast the machine could read at best."""
    programs = {window.name: partial(run_last_month, window, work) for window in scale.growth}
    series = interleaved(programs, scale.repetitions)
    points = [
        point_of(window.name, panels, window, work, home_before(window, work))
        for window, panels in scale.growth.items()
    ]
    speeds = {"disk": disk_bytes_per_second(work), "memory": memory_bytes_per_second()}
    return Group(code_hash(PIPELINE), series, points, speeds)


def measure_spark(scale: Scale, work: Path) -> Group:
    """The last month on every engine, at every size; three times, for Spark takes long at each."""
    runs = EngineRuns(work, TEN_TIMES_MEMORY)
    programs = {
        on_engine(engine, window.name): partial(runs.run, window, engine)
        for window in scale.engines
        for engine in ENGINES
    }
    series = interleaved(programs, min(scale.repetitions, RUNS_OF_SLOW))
    points = [
        point_of(window.name, (), window, work, home_before(window, work, TEN_TIMES_MEMORY)) for window in scale.engines
    ]
    return Group(code_hash(PIPELINE), series, points)


def on_engine(engine: str, window: str) -> str:
    """Name of the series of a window on an engine."""
    return f"{engine}, {window}"


def _group(series: dict[str, list[dict[str, float]]]) -> Group:
    return Group(code_hash(PIPELINE), series)


MONTH, BACKFILL, COMMANDS, TEN, GROWTH, SPARK = "month", "backfill", "commands", "ten-times", "growth", "spark"
PEERS, DEMO = "peers", "demo"
GROUPS: Mapping[str, Callable[[Scale, Path], Group]] = {
    MONTH: measure_month,
    COMMANDS: measure_commands,
    DEMO: measure_demo,
    PEERS: measure_peers,
    GROWTH: measure_growth,
    BACKFILL: measure_backfill,
    TEN: measure_ten_times,
    SPARK: measure_spark,
}
OTHER_SCALE = "it is only in the full comparison"


def groups_of(scale: Scale) -> list[str]:
    """Names of the groups that are measured at a scale, the quickest first."""
    missing = left_out(scale)
    return [name for name in GROUPS if name not in missing]


def left_out(scale: Scale) -> dict[str, str]:
    """Why groups are not measured, by name: they do not fit into the scale, or need what is not installed."""
    missing = {}
    if not scale.peers_and_demo:
        missing[DEMO] = missing[PEERS] = OTHER_SCALE
    elif not peers.are_installed():
        missing[PEERS] = "it needs dbt and SQLMesh (make peers-setup)"
    if scale.ten_times is None:
        missing[TEN] = OTHER_SCALE
    if not scale.growth:
        missing[GROWTH] = OTHER_SCALE
    if not scale.engines:
        missing[SPARK] = OTHER_SCALE
    elif not has_spark():
        missing[SPARK] = "it needs pyspark (make spark-setup) and Java 17"
    return missing
