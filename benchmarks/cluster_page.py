"""The part of docs/performance.md about Spark, from the results of the group ``spark``: what was measured, the model.

Every figure of that section is written here. A size is told in statement lines a month and in multiples of national.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmarks.cluster import MEASURED_CORES, Assumptions, Line, Machines, Model
from benchmarks.cluster_measured import NAMES, least, lines_of_national, measured_rows, model_of
from benchmarks.engines import DUCKDB, GIVEN, READ, SPARK
from benchmarks.groups import TEN_TIMES_MEMORY, on_engine
from benchmarks.results import Group
from benchmarks.scales import Scale

CLUSTERS = (Machines(4, 8), Machines(16, 8))
ONE_MACHINE = (2, 8, 32)
MEMORIES = (24, 256)  # GiB of a machine
GIBIBYTE = 1024**3


def spark_section(group: Group, scale: Scale) -> list[str]:
    """Paragraphs and tables in Markdown."""
    model = model_of(group)
    national = lines_of_national(group, scale)
    everybody = national * model.assumed.inhabitants / scale.national.persons
    sizes = {"national": national, "ten times national": 10 * national, "all inhabitants": everybody}
    return [
        _measured_table(group, national),
        _fits(model, group),
        _crossover_table(model, national, everybody),
        _answer(model, national, everybody),
        _month_table(model, sizes),
        _range_table(model, sizes),
        _memory(model, national),
        _assumptions(model.assumed, group),
    ]


def _measured_table(group: Group, national: int) -> str:
    headings = ("statement lines", "engine", "whole process", "CPU time", "peak memory", "relational steps")
    return _table(headings, measured_rows(group, national))


def _fits(model: Model, group: Group) -> str:
    smallest, largest = group.points[0], group.points[-1]
    ratio = least(group, SPARK, largest) / least(group, DUCKDB, largest)
    bends = " and ".join(
        f"{line.at(smallest.lines):.1f} s on {NAMES[engine]} where {least(group, engine, smallest):.1f} s were measured"
        for engine, line in ((DUCKDB, model.duckdb), (SPARK, model.spark))
    )
    return (
        f"At {largest.lines:,} lines Spark takes {ratio:.0f} times as long for the relational steps, on the same "
        f"{MEASURED_CORES} cores. As a line through the two largest sizes, each in its fastest run, the steps take "
        f"{_of(model.duckdb)} on DuckDB and {_of(model.spark)} on Spark; all else takes {_of(model.rest)} on either, "
        f"on the machine that runs the flow. (At {smallest.lines:,} lines that gives {bends}.) Without any fixed "
        f"cost or loss Spark would need {model.cores_to_keep_up():.0f} cores to keep up with DuckDB on "
        f"{MEASURED_CORES}."
    )


def _crossover_table(model: Model, national: int, everybody: float) -> str:
    headings = (
        "Spark's relational steps on",
        *(f"beat DuckDB on {cores} cores of one machine" for cores in ONE_MACHINE),
        "on as many cores of one machine",
    )
    return _table(headings, (_crossovers(model, machines, national, everybody) for machines in CLUSTERS))


def _crossovers(model: Model, machines: Machines, national: int, everybody: float) -> Sequence[str]:
    cluster = model.cluster(machines)
    sizes = [cluster.beats(model.one_machine(cores)) for cores in (*ONE_MACHINE, machines.number * machines.cores)]
    return [_named(machines), *(_size_or_never(size, national, everybody) for size in sizes)]


def _answer(model: Model, national: int, everybody: float) -> str:
    without_loss = replace(model, assumed=replace(model.assumed, efficiency=1.0))
    said = [
        f"All inhabitants of Belgium in one month would be {_size(everybody, national)}.",
        *(_where_first(each, national, everybody) for each in (model, without_loss)),
    ]
    if not _wins(model, everybody) and not _wins(without_loss, everybody):
        said.append("So a cluster does not pay for a month at any size that Belgium could have.")
    return " ".join(said)


def _where_first(model: Model, national: int, everybody: float) -> str:
    """Where the first of the clusters wins against DuckDB on the fewest cores, and whether that is in reach."""
    smallest = _smallest(model)
    by, against = f"With an efficiency of {model.assumed.efficiency:.0%}", f"DuckDB on {min(ONE_MACHINE)} cores"
    if smallest is None:
        return f"{by}, none of these clusters beats {against} at any size."
    beyond = "" if _wins(model, everybody) else ", more than Belgium could have"
    return f"{by}, the first of these clusters beats {against} from {_size(smallest, national)} on{beyond}."


def _wins(model: Model, everybody: float) -> bool:
    smallest = _smallest(model)
    return smallest is not None and smallest <= everybody


def _smallest(model: Model) -> float | None:
    sizes = [model.cluster(machines).beats(model.one_machine(min(ONE_MACHINE))) for machines in CLUSTERS]
    return min((size for size in sizes if size is not None), default=None)


def _month_table(model: Model, sizes: Mapping[str, float]) -> str:
    lines = {
        **{f"DuckDB on {cores} cores": model.rest + model.one_machine(cores) for cores in ONE_MACHINE},
        **{f"Spark on {_named(machines)}": model.rest + model.cluster(machines) for machines in CLUSTERS},
    }
    return _seconds_table("a month, whole process", lines, sizes)


def _range_table(model: Model, sizes: Mapping[str, float]) -> str:
    lines = {"DuckDB on one machine of 2 cores": model.rest_in_range + model.duckdb}
    for machines in CLUSTERS:
        lines[f"months side by side, DuckDB on {_named(machines)}"] = model.month_of_range_side_by_side(machines)
        lines[f"Spark on {_named(machines)}, without its fixed cost"] = model.month_of_range_in_cluster(machines)
    return _seconds_table("a month of a long range", lines, sizes)


def _seconds_table(what: str, lines: Mapping[str, Line], sizes: Mapping[str, float]) -> str:
    rows = ((name, *(f"{line.at(size):,.1f} s" for size in sizes.values())) for name, line in lines.items())
    return _table((what, *sizes), rows)


def _memory(model: Model, national: int) -> str:
    reached = " and ".join(
        f"{memory} GiB at {_size(model.memory_bytes.reaches(memory * GIBIBYTE), national)}" for memory in MEMORIES
    )
    return (
        f"The memory of a month on DuckDB, whole process, grows as {model.memory_bytes.fixed / 1024**2:.0f} MiB and "
        f"{model.memory_bytes.each / 1024:.1f} KiB for every line (with a `memory_limit` of "
        f"{TEN_TIMES_MEMORY} for DuckDB itself): {reached}. Beyond its limit DuckDB spills to the "
        "disk; it does not stop."
    )


def _assumptions(assumed: Assumptions, group: Group) -> str:
    largest = group.series[on_engine(DUCKDB, group.points[-1].series)][0]
    seconds = largest[READ] * 1024**2 / assumed.storage_bytes
    listed = (
        "Every cost is fixed plus so much for every line, also beyond what was measured; 24 months of history.",
        f"A core beyond the {MEASURED_CORES} measured does {assumed.efficiency:.0%} of the work of one of these, of "
        "Spark in a cluster and of DuckDB in one machine alike.",
        "What was measured of Spark as fixed (the start of Java, planning, compiling) stays as it is on a cluster: a "
        "server that is running spares the first, and scheduling on many machines costs more.",
        f"Results come back at {assumed.network_bytes / 1e9:g} GB a second, "
        f"{largest[GIVEN]:.0f} MiB at {group.points[-1].lines:,} lines.",
        f"Storage is as fast for the cluster as for the one machine. A shared one with "
        f"{assumed.storage_bytes / 1e9:g} GB a second in all would add {seconds:.1f} s to Spark at "
        f"{group.points[-1].lines:,} lines ({largest[READ]:.0f} MiB read); this is left out.",
        "Raw and cleaned layer, suites, delivery and publishing stay on one machine and become no faster on a cluster "
        "or on more cores.",
        "A core costs the same in one machine and in a cluster.",
        f"Side by side, the relational steps of a month start a run of their own ({assumed.seconds_to_start:g} s, "
        "[decision 0012](decisions/0012-many-months-at-once.md)); everything else is in order. In truth "
        "register persons and the suites of these steps go side by side too. Spark's fixed cost is left out of a "
        "range, as if it were paid once: the best that could be.",
        f"Belgium has {assumed.inhabitants / 1e6:.1f} million inhabitants, each with as many lines as a person of the "
        "national month.",
    )
    return "Assumed:\n\n" + "\n".join(f"- {each}" for each in listed)


def _of(line: Line) -> str:
    return f"{line.fixed:.1f} s and {line.each * 1e6:.1f} s for a million lines"


def _named(machines: Machines) -> str:
    return f"{machines.number} machines of {machines.cores} cores"


def _size_or_never(lines: float | None, national: int, everybody: float) -> str:
    if lines is None:
        return "never"
    return _size(lines, national) + (", more than all inhabitants" if lines > everybody else "")


def _size(lines: float, national: int) -> str:
    return f"{lines / 1e6:,.1f} million lines ({lines / national:,.0f} times national)"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
