"""The table of the benchmarks says what was measured: medians, ratios, goals, reasons. No clock runs here."""

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import groups
from benchmarks.comparisons import LESS, Goal, Row, Spread, at_most, at_most_more, at_most_times, rows_of
from benchmarks.deliveries import Zone
from benchmarks.measuring import RUNS_OF_SLOW, SECONDS, SLOW_SECONDS, Figures, interleaved
from benchmarks.page import BEGIN, END, write_page
from benchmarks.reasons import NONE_WRITTEN, reasons_for
from benchmarks.results import Group, Point, Results
from benchmarks.scales import FULL, HISTORY, LINES, QUICK, Scale
from benchmarks.table import markdown_table, terminal_table

TEN_TIMES = Zone("ten", persons=30, months=2, file_format="parquet")
SCALE = Scale(
    name="tiny",
    national=Zone("few", persons=3, months=3, file_format="csv"),
    short=2,
    repetitions=1,
    backfills=1,
    ten_times=TEN_TIMES,
)


def spread(*values: float) -> Spread:
    found = Spread.of(values)
    assert found is not None
    return found


def row(goal: Goal, measured: Spread | None, yardstick: Spread | None = None) -> Row:
    return Row("a month", "s", measured, "" if yardstick is None else "bare", yardstick, goal)


def test_a_spread_is_the_median_with_the_extremes() -> None:
    assert Spread.of([3, 1, 10]) == Spread(3, 1, 10, 3)
    assert Spread.of([4, 1, 10, 2]) == Spread(3, 1, 10, 4)
    assert Spread.of([]) is None


@pytest.mark.parametrize(
    ("goal", "value", "yardstick", "is_met"),
    [
        (at_most(1.2, "s"), 1.2, None, True),
        (at_most(1.2, "s"), 1.21, None, False),
        (at_most_more(8, "s"), 10, 2, True),
        (at_most_more(8, "s"), 10.1, 2, False),
        (at_most_times(2.5), 5, 2, True),
        (at_most_times(2.5), 5.1, 2, False),
        (LESS, 1.9, 2, True),
        (LESS, 2, 2, False),
    ],
)
def test_a_goal_is_met_up_to_its_limit(goal: Goal, value: float, yardstick: float | None, is_met: bool) -> None:
    assert row(goal, spread(value), None if yardstick is None else spread(yardstick)).is_met is is_met


def test_the_ratio_is_that_of_the_medians() -> None:
    assert row(at_most_times(2), spread(1, 3, 9), spread(2, 2, 50)).ratio == 1.5
    assert row(at_most(2, "s"), spread(1)).ratio is None


def test_what_was_not_measured_has_not_met_its_goal() -> None:
    assert not row(at_most(2, "s"), None).is_met
    assert not Row("a month", "s", spread(1), "bare", None, at_most_times(2)).is_met


def test_the_table_of_nothing_measured_has_every_line_and_no_goal_met() -> None:
    for scale in (FULL, QUICK, SCALE):
        rows = rows_of(Results(scale.name, {}), scale)
        assert rows
        assert not any(each.is_met for each in rows)


def results() -> Results:
    """All lines of the table; the month takes 9 s in all, 3 s in its steps, and 2 s in bare."""
    month: Figures = {SECONDS: 9, "cpu seconds": 10, "MiB": 700, "seconds writing": 3}
    inside: Figures = {"seconds checking": 1, "seconds publishing": 0.5}
    pipeline, bare = [month | inside] * 3, [{SECONDS: 2.0, "cpu seconds": 3.0, "MiB": 300.0}] * 3
    points = [
        Point("1", [HISTORY, LINES], history=1, lines=10, foreigners=0.4, disk_bytes=100, memory_bytes=200),
        Point("2", [HISTORY], history=2, lines=10, foreigners=0.4, disk_bytes=200, memory_bytes=400),
    ]
    return Results(
        "tiny",
        {"cores": "2"},
        {
            groups.MONTH: Group(
                "code",
                {
                    groups.PIPELINE_LONG: pipeline,
                    groups.PIPELINE_SHORT: pipeline,
                    groups.BARE_LONG: bare,
                    groups.BARE_SHORT: bare,
                    groups.POLARS: bare,
                    groups.PANDAS: bare,
                },
            ),
            groups.BACKFILL: Group("code", {groups.PIPELINE_LONG: pipeline, groups.BARE_LONG: bare}),
            groups.TEN: Group("code", failed=True),
            groups.COMMANDS: Group("code", {groups.HELP: bare, groups.STATUS: bare, groups.DEFINITIONS: bare}),
            groups.GROWTH: Group("code", {"1": pipeline, "2": pipeline}, points, {"disk": 1e9, "memory": 1e10}),
        },
    )


def test_each_line_compares_what_it_says() -> None:
    rows = {(each.what, each.compared_with): each for each in rows_of(results(), SCALE)}
    whole = rows["a month, 3 months of history, whole process", "bare"]
    steps = rows["inside its steps, without suites and publishing", "bare"]
    assert (whole.ratio, whole.is_met) == (4.5, True)
    assert (steps.ratio, steps.is_met) == (1.5, False)
    assert not rows["inside its steps, without suites and publishing", "pandas"].is_met
    assert rows["backfill of 3 months in one run", "bare"].ratio == 4.5
    assert [each.is_met for each in rows.values() if "ten times" in each.what] == [False, False]


def test_results_are_the_same_after_reading_them_again(tmp_path: Path) -> None:
    written = results()
    written.write(tmp_path / "tiny.json")
    assert Results.read(tmp_path / "tiny.json") == written


def test_a_reason_for_every_goal_that_is_not_met(tmp_path: Path) -> None:
    (tmp_path / "reasons.toml").write_text('"a month, against bare" = "Written down."\n', "utf-8")
    bad = row(at_most_times(1), spread(2), spread(1))
    other = Row("peak memory", "MiB", spread(2), "", None, at_most(1, "MiB"))
    good = row(at_most_times(3), spread(2), spread(1))
    assert reasons_for([good, bad, other], tmp_path / "reasons.toml") == [
        "a month, against bare: Written down.",
        f"peak memory: {NONE_WRITTEN}",
    ]


def test_the_tables_show_every_line() -> None:
    rows = rows_of(results(), SCALE)
    lines = markdown_table(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert all(line.count("|") == lines[0].count("|") for line in lines)
    assert "| inside its steps, without suites and publishing | 3.00 s (3.00 to 3.00) | bare: 2.00 s " in "\n".join(
        lines
    )
    console = Console(width=300)
    with console.capture() as captured:
        console.print(terminal_table(rows))
    assert captured.get().count(" no ") == sum(not each.is_met for each in rows)


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "images" / "growth.svg"
    page.write_text(f"# Before\n\n{BEGIN}\nthe table of yesterday\n{END}\n\nAfter\n", "utf-8")
    write_page(results(), SCALE, page, picture)
    first = page.read_text("utf-8")
    write_page(results(), SCALE, page, picture)
    assert page.read_text("utf-8") == first
    assert first.startswith("# Before\n")
    assert first.endswith(f"{END}\n\nAfter\n")
    assert "the table of yesterday" not in first
    assert "images/growth.svg" in first
    assert picture.read_text("utf-8").startswith("<svg")


def test_programs_run_in_turn_and_slow_ones_three_times() -> None:
    order: list[str] = []

    def program(name: str, seconds: float) -> Figures:
        order.append(name)
        return {SECONDS: seconds}

    quick = {"one": lambda: program("one", 1), "two": lambda: program("two", 2)}
    assert interleaved(quick, 2) == {"one": [{SECONDS: 1}] * 2, "two": [{SECONDS: 2}] * 2}
    assert order == ["one", "two", "one", "two"]
    slow = {"slow": lambda: program("slow", SLOW_SECONDS + 1)}
    assert len(interleaved(slow, 5)["slow"]) == RUNS_OF_SLOW
