"""How large the benchmarks are: the full comparison, and the quick one at a tenth of the size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.deliveries import Window, Zone

# Panels of the growth: windows in one differ in what it is named after, and otherwise have the same population or size.
HISTORY, LINES, FOREIGNERS = "months of history", "statement lines of the month", "share of foreigners"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What is generated and how often each program runs.

    ``short`` is the shorter history of ``national``; ``engines`` are windows whose last month runs on every engine;
    ``growth`` are windows with the panels that show them; ``peers_and_demo`` says whether other tools and the demo run
    too. What does not fit is left out; ``left_out`` says so in words.
    """

    name: Literal["full", "quick", "tiny"]
    national: Zone
    short: int
    repetitions: int
    backfills: int
    ten_times: Zone | None = None
    engines: Sequence[Window] = ()
    growth: Mapping[Window, Sequence[str]] = field(default_factory=dict)
    peers_and_demo: bool = False
    left_out: str = ""

    @property
    def long_window(self) -> Window:
        """The last month with all months before it."""
        return Window(self.national, self.national.months)

    @property
    def short_window(self) -> Window:
        """The same month with few months before it."""
        return Window(self.national, self.short)

    @property
    def ten_times_windows(self) -> tuple[Window, Window]:
        """National months, and as many of ten times as many persons."""
        assert self.ten_times is not None, "left out at this scale"
        months = self.ten_times.months
        return Window(self.national, months), Window(self.ten_times, months)


NATIONAL = Zone("national", persons=200_000, months=120, file_format="csv")
TEN_TIMES = Zone("ten-times", persons=2_000_000, months=24, file_format="parquet")
# Sizes for the engines: a tenth of national, national, ten times national; all as Parquet.
ENGINE_ZONES = (
    Zone("parquet-20000", 20_000, 24, "parquet"),
    Zone("parquet-200000", 200_000, 24, "parquet"),
    TEN_TIMES,
)
FULL = Scale(
    name="full",
    national=NATIONAL,
    short=12,
    repetitions=5,
    backfills=3,
    peers_and_demo=True,
    ten_times=TEN_TIMES,
    engines=tuple(Window(zone, zone.months) for zone in ENGINE_ZONES),
    growth={
        Window(NATIONAL, 12): [HISTORY],
        Window(NATIONAL, 24): [HISTORY, LINES],
        Window(NATIONAL, 60): [HISTORY],
        Window(NATIONAL, 120): [HISTORY],
        Window(Zone("persons-20000", 20_000, 24, "csv"), 24): [LINES],
        Window(Zone("persons-100000", 100_000, 24, "csv"), 24): [LINES, FOREIGNERS],
        Window(Zone("foreigners-20", 100_000, 24, "csv", foreigners=0.2), 24): [FOREIGNERS],
        Window(Zone("foreigners-80", 100_000, 24, "csv", foreigners=0.8), 24): [FOREIGNERS],
    },
)
QUICK = Scale(
    name="quick",
    national=Zone("tenth", persons=20_000, months=12, file_format="csv"),
    short=3,
    repetitions=3,
    backfills=1,
    left_out="A tenth of national scale, with 12 months of history instead of 120 and 3 instead of 12. Three runs of "
    "each program instead of five, one of the backfills instead of three. Left out, for they do not fit in two "
    "minutes: ten times national, Spark, other tools, the demo, and how the cost grows. The goals are those of "
    "national scale: here the fixed costs of a process weigh ten times more, so that ratios to a program without them "
    "say little.",
)
