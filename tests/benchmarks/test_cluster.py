"""From which size on a cluster would win: lines, the model, and that the page says what the model says."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import groups
from benchmarks.cluster import Assumptions, Line, Machines, Model
from benchmarks.cluster_measured import model_of
from benchmarks.cluster_page import spark_section
from benchmarks.deliveries import Window, Zone
from benchmarks.engines import DUCKDB, GIVEN, READ, SPARK
from benchmarks.events import CHECKING, RELATIONAL, WRITING
from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS, Figures
from benchmarks.page import BEGIN, BEGIN_SPARK, END, NO_SPARK, write_page
from benchmarks.results import Group, Point, Results
from benchmarks.scales import Scale

NO_LOSS = Assumptions(efficiency=1.0, network_bytes=1000.0, seconds_to_start=4)
MODEL = Model(
    duckdb=Line(1, 0.01),
    spark=Line(21, 0.08),
    rest=Line(5, 0.02),
    rest_in_range=Line(1, 0.02),
    memory_bytes=Line(500, 2),
    given_bytes=Line(0, 1),
    assumed=NO_LOSS,
)


def test_a_line_goes_through_its_points() -> None:
    line = Line.through((10, 3), (1000, 201))
    assert (line.fixed, line.each) == pytest.approx((1, 0.2))
    assert line.at(100) == pytest.approx(21)
    assert line.reaches(21) == pytest.approx(100)
    assert Line.through((10, 1), (20, 3)).fixed == 0


def test_from_where_a_line_beats_another() -> None:
    assert Line(21, 0.005).beats(Line(1, 0.01)) == pytest.approx(4000)
    assert Line(0, 0.005).beats(Line(1, 0.01)) == 0
    assert Line(0, 0.01).beats(Line(1, 0.01)) is None


def test_cores_share_what_comes_with_lines_less_what_is_lost() -> None:
    assert Machines(1, 2).share(0.7) == 1
    assert Machines(4, 8).share(0.7) == pytest.approx(2 / (32 * 0.7))
    assert Machines(1, 3).share(0.5) == 1  # more cores are never slower


def test_a_cluster_keeps_the_fixed_cost_and_brings_results_back() -> None:
    cluster = MODEL.cluster(Machines(4, 8))
    assert cluster.fixed == 21
    assert cluster.each == pytest.approx(0.08 / 16 + 0.001)
    assert MODEL.one_machine(8).each == pytest.approx(0.01 / 4)
    assert cluster.beats(MODEL.one_machine(2)) == pytest.approx(20 / 0.004)
    assert cluster.beats(MODEL.one_machine(8)) is None
    assert MODEL.cores_to_keep_up() == pytest.approx(16)


def test_side_by_side_divides_the_steps_and_leaves_the_rest_in_order() -> None:
    machines = Machines(4, 2)
    assert MODEL.month_of_range_side_by_side(machines).at(1000) == pytest.approx(21 + (4 + 11) / 4)
    assert MODEL.month_of_range_in_cluster(machines).at(1000) == pytest.approx(21 + 1000 * (0.08 / 4 + 0.001))


def zone(persons: int) -> Zone:
    return Zone(f"some-{persons}", persons, 2, "parquet")


SCALE = Scale(
    name="tiny",
    national=Zone("few", persons=1000, months=3, file_format="csv"),
    short=2,
    repetitions=1,
    backfills=1,
    engines=tuple(Window(zone(persons), 2) for persons in (100, 1000, 10_000)),
)


def run(lines: int, steps: Line) -> Figures:
    inside = {RELATIONAL: steps.at(lines), WRITING: 2 + steps.at(lines), CHECKING: 1.0}
    return {
        SECONDS: 8 + steps.at(lines),
        CPU_SECONDS: 9.0,
        MEBIBYTES: 500 + lines / 1000,
        GIVEN: 1.0,
        READ: 2.0,
    } | inside


def group(duckdb: Line, spark: Line) -> Group:
    """Three sizes, with as many lines as persons, whose relational steps are on these lines."""
    series, points = {}, []
    for window in SCALE.engines:
        lines = window.zone.persons
        points.append(Point(window.name, [], 2, lines, 0.4, 100, 100))
        for engine, steps in ((DUCKDB, duckdb), (SPARK, spark)):
            slower = Line(steps.fixed + 5, steps.each)  # beside other work
            series[groups.on_engine(engine, window.name)] = [run(lines, slower), run(lines, steps)]
    return Group("code", series, points)


def test_the_model_is_that_of_the_fastest_runs() -> None:
    model = model_of(group(Line(1, 0.002), Line(20, 0.05)))
    assert (model.duckdb.each, model.spark.fixed) == pytest.approx((0.002, 20))
    assert model.rest.at(500) == pytest.approx(8)
    assert model.rest_in_range.at(500) == pytest.approx(3)


def section(duckdb: Line, spark: Line) -> str:
    return "\n".join(spark_section(group(duckdb, spark), SCALE))


def test_the_section_says_who_wins() -> None:
    does_not_pay = "So a cluster does not pay for a month"
    never = section(Line(1, 0.002), Line(20, 0.5))
    assert "none of these clusters beats DuckDB on 2 cores at any size." in never
    assert does_not_pay in never
    far = section(Line(0, 1e-7), Line(20, 2e-7))
    assert "more than Belgium could have" in far
    assert does_not_pay in far
    near = section(Line(1, 0.002), Line(2, 0.004))
    assert "the first of these clusters beats DuckDB on 2 cores from 0.0 million lines" in near
    assert does_not_pay not in near


def test_the_page_has_the_section_between_its_own_marks(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Before\n\n{BEGIN}\n{END}\n\nBetween\n\n{BEGIN_SPARK}\nof yesterday\n{END}\n\nAfter\n", "utf-8")
    measured = Results("tiny", {"cores": "2"}, {groups.SPARK: group(Line(1, 0.002), Line(20, 0.5))})
    write_page(measured, SCALE, page)
    text = page.read_text("utf-8")
    write_page(measured, SCALE, page)
    assert page.read_text("utf-8") == text
    assert "of yesterday" not in text
    assert [text.count(each) for each in ("Between", BEGIN, BEGIN_SPARK, END)] == [1, 1, 1, 2]
    assert text.endswith(f"{END}\n\nAfter\n")
    write_page(replace(measured, groups={}), SCALE, page)
    assert NO_SPARK in page.read_text("utf-8")
