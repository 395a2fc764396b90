"""From which size on a Spark cluster would win: lines through what was measured, and assumptions that are stated.

Nobody measured a cluster. Spark was measured on the cores of one machine; what it would take on more is a model, and
where the truth is not known the model is kind to Spark. All times are seconds of a month, by its statement lines.
"""

from dataclasses import dataclass
from typing import Self

MEASURED_CORES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A cost that is fixed, and one for every statement line."""

    fixed: float
    each: float

    @classmethod
    def through(cls, small: tuple[float, float], large: tuple[float, float]) -> Self:
        """The line through two measured (lines, cost); the fixed cost is never negative."""
        each = (large[1] - small[1]) / (large[0] - small[0])
        return cls(max(0.0, small[1] - each * small[0]), each)

    def at(self, lines: float) -> float:
        """The cost of a month with so many lines."""
        return self.fixed + self.each * lines

    def reaches(self, cost: float) -> float:
        """From how many lines on it costs so much."""
        return max(0.0, (cost - self.fixed) / self.each)

    def beats(self, other: "Line") -> float | None:
        """From how many lines on it costs less than another; None when it never does for good."""
        if self.each >= other.each:
            return None
        return max(0.0, (self.fixed - other.fixed) / (other.each - self.each))

    def __add__(self, other: "Line") -> "Line":
        return Line(self.fixed + other.fixed, self.each + other.each)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was not measured."""

    efficiency: float = 0.7  # of every core beyond those measured, on a cluster and in one machine alike
    network_bytes: float = 1e9  # a second, from the cluster to the machine that writes the partition
    storage_bytes: float = 1e9  # a second, for all readers of a shared storage together
    seconds_to_start: float = 4  # of a run that takes its turn beside others (decision 0012)
    inhabitants: int = 11_800_000  # of Belgium: more persons than these can be in no month


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines of a kind."""

    number: int
    cores: int

    def share(self, efficiency: float) -> float:
        """Share of the time per line that is left on all their cores; what was measured is no gain and no loss."""
        cores = self.number * self.cores
        return 1.0 if cores <= MEASURED_CORES else min(1.0, MEASURED_CORES / (cores * efficiency))


@dataclass(frozen=True, slots=True)
class Model:
    """What was measured, as lines, and what it would be elsewhere.

    ``rest`` is a month without the relational steps, process and all; ``rest_in_range`` what of it comes back with
    every month of a range. Both stay on the one machine that runs the flow, whoever runs the SQL.
    """

    duckdb: Line
    spark: Line
    rest: Line
    rest_in_range: Line
    memory_bytes: Line
    given_bytes: Line
    assumed: Assumptions = Assumptions()

    def one_machine(self, cores: int) -> Line:
        """DuckDB's relational steps on so many cores of one machine."""
        return Line(self.duckdb.fixed, self.duckdb.each * Machines(1, cores).share(self.assumed.efficiency))

    def cluster(self, machines: Machines) -> Line:
        """Spark's relational steps on a cluster, with their results coming back through Arrow."""
        on_workers = Line(self.spark.fixed, self.spark.each * machines.share(self.assumed.efficiency))
        return on_workers + Line(
            self.given_bytes.fixed / self.assumed.network_bytes, self.given_bytes.each / self.assumed.network_bytes
        )

    def cores_to_keep_up(self) -> float:
        """How many cores of Spark take as long for a line as DuckDB's, were there no fixed cost and no loss."""
        return MEASURED_CORES * self.spark.each / self.duckdb.each

    def month_of_range_in_cluster(self, machines: Machines) -> Line:
        """A month of a long range whose SQL a cluster runs; Spark's fixed cost, paid once, is left out."""
        return self.rest_in_range + Line(0, self.cluster(machines).each)

    def month_of_range_side_by_side(self, machines: Machines) -> Line:
        """A month of a long range with the relational steps of months side by side, each on a machine with DuckDB."""
        started = self.one_machine(machines.cores) + Line(self.assumed.seconds_to_start, 0)
        return self.rest_in_range + Line(started.fixed / machines.number, started.each / machines.number)
