"""A month that is valid and wrong stands out against the months before, and one that is right does not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dvz_assets.flow.checks import CheckFailedError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import MEASURES, StandsOut, round_number, what_stands_out
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.generate import generate
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from dvz_assets.tables.protection import EXACT

FIRST, MONTHS = Month.parse("2018-01"), 6
LAST = FIRST.plus(MONTHS - 1)
STATEMENT, REGISTER = "novaprima_statement", "register_snapshot"
COUNTED = ("aid_history", "register_persons", MEASURES)
Fault = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """Six months of 400 persons, counted; not to be changed."""
    folder = tmp_path_factory.mktemp("drift")
    landing, reference = folder / "landing", reference_folder()
    generate(landing, seed=3, persons=400, months=MONTHS, start=str(FIRST), file_format="parquet", reference=reference)
    flow = Flow(Settings(landing=landing, home=folder / "home"))
    for month in Month.range(FIRST, LAST):
        take_in(flow, month, (STATEMENT, REGISTER, "insz_replacements", "identity_map", *COUNTED))
    return flow


def take_in(flow: Flow, month: Month, assets: tuple[str, ...]) -> None:
    with flow.cursor() as connection:
        for asset in assets:
            WRITERS[asset](flow, connection, month)
            flow.lake.publish(asset, month)


@pytest.fixture
def spoiled(taken_in: Flow, tmp_path: Path) -> Callable[[str, Fault], Flow]:
    """A copy of the home in which a file of the last month is another one."""
    shutil.copytree(taken_in.settings.home, tmp_path / "home")
    flow = Flow(taken_in.settings.model_copy(update={"home": tmp_path / "home"}))

    def spoil(file: str, fault: Fault) -> Flow:
        rows = fault(flow.lake.scan(file, LAST).collect())
        write_frame(rows, flow.lake.candidate(file, LAST), flow.lake.manifest(file, LAST))
        flow.lake.publish(file, LAST)
        take_in(flow, LAST, COUNTED)
        return flow

    return spoil


def names(found: list[StandsOut] | None) -> set[str]:
    assert found is not None
    return {each.measure for each in found}


@pytest.mark.parametrize(
    ("value", "nearest"),
    [(0.0123, 0.01), (0.9, 1), (1, 1), (1.4, 1), (1.5, 2), (3, 2), (3.3, 5), (7, 5), (7.2, 10), (9.7, 10), (40, 50)],
)
def test_how_often_an_amount_is_the_usual_one_is_a_round_number(value: float, nearest: float) -> None:
    assert round_number(value) == pytest.approx(nearest)


def test_nothing_stands_out_where_nothing_is_wrong_and_too_few_months_are_not_judged(taken_in: Flow) -> None:
    assert what_stands_out(taken_in, LAST, EXACT) == []
    assert what_stands_out(taken_in, FIRST.plus(3), EXACT) is None


HALF: Fault = lambda rows: rows.head(rows.height // 2)  # noqa: E731
FAULTS: dict[str, tuple[str, Fault, str]] = {
    "half a statement": (STATEMENT, HALF, "LINES"),
    "half a register": (REGISTER, HALF, "REGISTER_ROWS"),
    "euros for cents": (
        STATEMENT,
        lambda rows: rows.with_columns(bedrag=pl.col("bedrag").str.head(-2)),
        "CENTS_BY_AID_KIND",
    ),
    "an OCMW is missing": (STATEMENT, lambda rows: rows.filter(pl.col("ocmw_nis") != "11002"), "PERSONS_BY_OCMW"),
    "no register": (REGISTER, lambda rows: rows.with_columns(register=pl.lit(None, pl.String)), "PERSONS_BY_REGISTER"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_stands_out_by_what_it_changes(spoiled: Callable[[str, Fault], Flow], fault: str) -> None:
    file, change, measure = FAULTS[fault]
    flow = spoiled(file, change)
    found = what_stands_out(flow, LAST, EXACT)
    assert measure in names(found)
    measures = flow.lake.scan(MEASURES, LAST).collect()
    scores = {(row["measure"], row["code"]): row["score"] for row in measures.iter_rows(named=True)}
    shown = [(scores[each.measure, each.code], each.direction) for each in found or []]
    assert shown == sorted(shown, key=lambda each: -abs(each[0])), "what is furthest from usual comes first"
    assert {direction for score, direction in shown if score < 0} <= {"less"}
    assert {direction for score, direction in shown if score > 0} <= {"more"}


@pytest.mark.parametrize(
    ("amount", "times"),
    [(pl.col("bedrag").str.head(-2), {0.005, 0.01, 0.02}), (pl.col("bedrag") + "00", {50, 100, 200})],
    ids=["euros for cents", "a hundred times as much"],
)
def test_of_an_amount_is_told_how_many_times_as_much_it_is(
    spoiled: Callable[[str, Fault], Flow], amount: pl.Expr, times: set[float]
) -> None:
    """And nothing else: neither it nor what is usual."""
    found = what_stands_out(spoiled(STATEMENT, lambda rows: rows.with_columns(bedrag=amount)), LAST, EXACT) or []
    amounts = [each for each in found if each.measure.startswith("CENTS")]
    assert amounts
    assert {each.times for each in amounts} <= times
    assert {(each.count, each.usual) for each in amounts} == {(None, None)}


def test_a_month_is_judged_by_others_alone(taken_in: Flow, spoiled: Callable[[str, Fault], Flow]) -> None:
    usual = [pl.col("measure") == "LINES"]
    before = taken_in.lake.scan(MEASURES, LAST).filter(usual).collect()
    now = spoiled(STATEMENT, HALF).lake.scan(MEASURES, LAST).filter(usual).collect()
    assert before["usual"].to_list() == now["usual"].to_list()
    assert before["value"].to_list() != now["value"].to_list()


def test_what_is_equally_far_from_usual_comes_by_its_name(taken_in: Flow, tmp_path: Path) -> None:
    shutil.copytree(taken_in.settings.home, tmp_path / "home")
    flow = Flow(taken_in.settings.model_copy(update={"home": tmp_path / "home"}))
    one = flow.lake.scan(MEASURES, LAST).collect().head(1)
    names = [("LINES", ""), ("PERSONS_BY_OCMW", "1"), ("PERSONS_BY_OCMW", "2"), ("REGISTER_ROWS", "")]
    rows = [
        one.with_columns(measure=pl.lit(measure), code=pl.lit(code), score=pl.lit(score), stands_out=pl.lit(True))
        for (measure, code), score in zip(names, (-9.0, 9.0, -9.0, 9.0), strict=True)
    ]
    partition = flow.lake.partition(MEASURES, LAST)
    manifest = flow.lake.manifest(MEASURES, LAST)
    for order in (rows, rows[::-1]):
        write_frame(pl.concat(order), partition, manifest)
        shown = what_stands_out(Flow(flow.settings), LAST, EXACT) or []
        assert [(each.measure, each.code) for each in shown] == names


def test_what_is_shown_holds_no_small_count_and_nothing_that_was_typed(spoiled: Callable[[str, Fault], Flow]) -> None:
    flow = spoiled(REGISTER, lambda rows: rows.with_columns(register=pl.col("naam"), verblijfsmotief=pl.col("naam")))
    found = what_stands_out(flow, LAST, flow.protection)
    assert {each.code for each in found or [] if each.measure == "PERSONS_BY_REGISTER"} <= {
        "(unknown)",
        *flow.reference.tables["registers"]["code"].to_list(),
    }
    counts = [count for each in found or [] for count in (each.count, each.usual)]
    assert not [count for count in counts if count is not None and (0 < count < 8 or count % 5)]
    assert "PERSONS_BY_REGISTER" in names(found)


def test_the_check_warns_and_stops_only_where_it_is_asked_to(spoiled: Callable[[str, Fault], Flow]) -> None:
    flow = spoiled(STATEMENT, HALF)
    failed = [each.name for each in run_step(flow, MEASURES, LAST).results if not each.passed]
    assert failed == ["looks_like_the_months_before"]
    asked = Flow(flow.settings.model_copy(update={"drift_blocks": True}))
    with pytest.raises(CheckFailedError, match="looks_like_the_months_before"):
        run_step(asked, MEASURES, LAST)
    late = Flow(asked.settings.model_copy(update={"max_snapshot_days": -31}))
    failed = [each.name for each in run_step(late, "register_persons", LAST).results if not each.passed]
    assert failed == ["snapshot_is_of_the_month"], "no other warning stops"
