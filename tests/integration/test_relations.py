"""A step sees what it declares and nothing else, and files of all versions of the software as one relation."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, RELATIONAL, RELATIONS, Months, Reads, Relation
from dvz_assets.flow.context import Flow
from dvz_assets.flow.declared_reads import names_of
from dvz_assets.flow.old_partitions import partition_of_today
from dvz_assets.flow.sql_files import sql_text
from dvz_assets.flow.steps import run_step
from dvz_assets.flow.views import partitions_behind, relations
from dvz_assets.home.lake import Lake, write_frame
from dvz_assets.months import Month
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Column
from tests.integration.running import manifest_in
from tests.unit.test_declared_reads import OF_RELATIONS

FIRST, SECOND, LAST = Month.parse("2018-04"), Month.parse("2018-05"), Month.parse("2018-06")


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(str(LAST))


def seen(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every table and view that a statement could read."""
    return {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}


@pytest.mark.parametrize("asset", ASSETS)
def test_a_step_leaves_nothing_that_the_next_one_could_read(ran: Flow, asset: str) -> None:
    run_step(ran, asset, LAST)
    with ran.cursor() as connection:
        assert seen(connection) == set()


@pytest.mark.parametrize("asset", RELATIONAL)
def test_a_step_sees_what_it_declares(ran: Flow, asset: str) -> None:
    reads = ASSETS[asset].reads
    with ran.cursor() as connection, relations(connection, ran, asset, LAST, reads):
        assert seen(connection) == names_of(reads)


def without_one(reads: Reads) -> list[Reads]:
    """The declaration without one of its names, for each of them."""

    def shortened(names: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [names[:place] + names[place + 1 :] for place in range(len(names))]

    asked = tuple(fact for fact in reads.month_facts if fact not in OF_RELATIONS)
    return [
        *(replace(reads, relations=names) for names in shortened(reads.relations)),
        *(replace(reads, reference=names) for names in shortened(reads.reference)),
        *(replace(reads, month_facts=names) for names in shortened(asked)),
    ]


@pytest.mark.parametrize("asset", RELATIONAL)
def test_what_is_not_declared_cannot_be_read(ran: Flow, asset: str) -> None:
    """Neither a relation, nor a reference table, nor a column of ``statement_month``."""
    for reads in without_one(ASSETS[asset].reads):
        with (
            ran.cursor() as connection,
            relations(connection, ran, asset, LAST, reads),
            pytest.raises(duckdb.Error, match=r"does not (exist|have a column)|not found in FROM clause"),
        ):
            connection.execute(sql_text(asset))


BEHIND = {
    Months.SAME: (LAST, LAST),
    Months.TWELVE: (Month.parse("2017-07"), LAST),
    Months.ALL: (Month.parse("2010-01"), LAST),
    Months.LATEST_BEFORE: (SECOND, SECOND),
    Months.ALL_BEFORE: (Month.parse("2010-01"), SECOND),
    Months.TWO_YEARS_BEFORE: (Month.parse("2016-06"), SECOND),
    Months.LOOKED_BACK_ON: (Month.parse("2017-06"), SECOND),
    Months.SINCE_LOOKED_BACK_ON: (Month.parse("2017-06"), LAST),
}


@pytest.mark.parametrize("months", Months)
def test_a_relation_holds_the_months_that_its_name_says(
    ran: Flow, months: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a home with more months than any relation holds, later ones among them."""
    there = Month.range(Month.parse("2010-01"), Month.parse("2020-12"))
    monkeypatch.setattr(Lake, "months", lambda _, asset: list(there))
    monkeypatch.setattr(Reference, "correction_months", lambda *_: 12)
    monkeypatch.setitem(RELATIONS, "rows_of_months", Relation("decisions", months))
    expected = [("decisions", each) for each in Month.range(*BEHIND[months])]
    assert partitions_behind(ran, "rows_of_months", LAST) == expected


def test_a_partition_is_absent_only_where_its_version_did_not_know_the_table(ran: Flow) -> None:
    """What has gone of a table that all versions know is missed."""
    for asset in ("decisions", "month_measures"):
        ran.lake.partition(asset, LAST).unlink()
    flow = Flow(ran.settings)
    assert partitions_behind(flow, "month_measures", LAST) == []
    assert partitions_behind(flow, "decisions", LAST) == [("decisions", LAST)]
    reads = Reads(relations=("month_measures",))
    with flow.cursor() as connection, relations(connection, flow, "decisions", LAST, reads):
        assert connection.execute("FROM month_measures").fetchall() == []
    with pytest.raises(DvzError, match="PARTITION_MISSING"):
        run_step(flow, "dvz_export", LAST)


def test_a_step_that_fails_leaves_nothing_either(ran: Flow) -> None:
    with ran.cursor() as connection:
        with pytest.raises(ZeroDivisionError), relations(connection, ran, "decisions", LAST, ASSETS["decisions"].reads):
            raise ZeroDivisionError
        assert seen(connection) == set()


def test_a_step_sees_the_rows_of_its_regime_alone(ran: Flow) -> None:
    reads = Reads(reference=("category_rules",))
    for month, regime in ((SECOND, "NOTE_2014"), (LAST, "DELIB_18_055")):
        with ran.cursor() as connection, relations(connection, ran, "decisions", month, reads):
            assert connection.execute("SELECT DISTINCT regime FROM category_rules").fetchall() == [(regime,)]


def written_before(flow: Flow, months: Sequence[Month], column: str) -> None:
    """Let the history of these months be of a version that did not know a column."""
    for month in months:
        path = flow.lake.partition("aid_history", month)
        frame = pl.read_parquet(path, hive_partitioning=False)
        write_frame(frame.drop(column), path, manifest_in(path))


def dated(monkeypatch: pytest.MonkeyPatch, column: str, absent: str) -> Column:
    """Let a column of ``aid_history`` be younger than its table."""
    table = LAKE_TABLES["aid_history"]
    columns = [replace(each, since="0.2.0", absent=absent) if each.name == column else each for each in table.columns]
    monkeypatch.setitem(LAKE_TABLES, "aid_history", replace(table, columns=tuple(columns)))
    return LAKE_TABLES["aid_history"].column(column)


@pytest.mark.parametrize(("column", "absent", "means"), [("teken", "'?'", "?"), ("hulptype", "NULL", None)])
def test_old_and_new_files_are_one_relation(
    ran: Flow, monkeypatch: pytest.MonkeyPatch, column: str, absent: str, means: str | None
) -> None:
    month_of = f'SELECT month, "{column}" FROM aid_history ORDER BY ALL'
    reads = Reads(relations=("aid_history",))
    with ran.cursor() as connection, relations(connection, ran, "decisions", LAST, reads):
        before = connection.execute(month_of).fetchall()
    written_before(ran, [FIRST, SECOND], column)
    dated(monkeypatch, column, absent)
    flow = Flow(ran.settings)
    with flow.cursor() as connection, relations(connection, flow, "decisions", LAST, reads):
        assert [name for name, *_ in connection.execute("DESCRIBE aid_history").fetchall()] == list(
            LAKE_TABLES["aid_history"].names
        )
        after = connection.execute(month_of).fetchall()
    expected = [(month, value if month == LAST.first_day else means) for month, value in before]
    assert sorted(after, key=str) == sorted(expected, key=str)
    assert partition_of_today(flow.lake, "aid_history", FIRST)[column].unique().to_list() == [means]
    assert partition_of_today(flow.lake, "aid_history", LAST)[column].n_unique() > 1


def test_a_column_that_has_gone_disturbs_nobody(ran: Flow) -> None:
    for month in (FIRST, SECOND):
        path = ran.lake.partition("aid_history", month)
        frame = pl.read_parquet(path, hive_partitioning=False)
        write_frame(frame.select(pl.lit("x").alias("gone"), pl.all()), path, manifest_in(path))
    flow = Flow(ran.settings)
    with flow.cursor() as connection, relations(connection, flow, "decisions", LAST, Reads(relations=("aid_history",))):
        rows = connection.execute("SELECT count(*) FROM (FROM aid_history)").fetchone()
        assert connection.execute("SELECT DISTINCT month FROM aid_history ORDER BY 1").fetchall() == [
            (month.first_day,) for month in (FIRST, SECOND, LAST)
        ]
    assert rows is not None
    assert "gone" not in partition_of_today(flow.lake, "aid_history", FIRST).columns
