"""What an expression means does not depend on the engine: the constructs of ``sql/`` where the two dialects differ."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dvz_assets.engines import Engine, ParquetFiles
from dvz_assets.engines.duckdb_engine import DuckDBEngine
from dvz_assets.tables.model import Column

ROWS = """
CREATE TABLE facts AS SELECT * FROM (VALUES
    (1, 89270, 31, DATE '2018-02-28', DATE '2018-01-29', 'b', ['b', 'a'], 1.50),
    (2, -89270, 31, DATE '2016-02-29', DATE '2015-02-28', 'a', ['a'], -0.01),
    (3, -1, 2, DATE '2018-03-01', DATE '2018-03-01', '', [], 0.00),
    (4, 9223372036854775807, 7, DATE '2019-12-31', DATE '2018-12-31', 'Z', ['Z'], 9999999.99),
    (5, -9223372036854775807, 3650, DATE '2012-02-29', DATE '2000-02-29', 'é', ['é', 'e'], 1314.20),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 0, 1, DATE '2018-05-31', DATE '2018-05-01', 'it''s \\ "so"', ['x'], 0.10)
) AS facts (id, cents, days, last_day, first_day, word, words, euro)
"""
EXPRESSIONS = (
    "cents // days",
    "CAST(cents AS HUGEINT) * 1000000000 // days",
    "CAST(cents AS HUGEINT) * 1000000000 // (last_day - first_day + 1)",
    "-(CAST(cents AS HUGEINT) * 1000000000 // days)",
    "cents % days",
    "CAST(cents AS DOUBLE) / days",
    "euro / 3",
    "euro / CAST(3.21 AS DECIMAL(9, 2))",
    "euro * 0.01",
    "CAST(cents // 1000000000 AS DECIMAL(18, 0)) * 0.01",
    "last_day - first_day",
    "last_day + 1",
    "last_day - 1",
    "last_day + to_years(1) <= DATE '2019-02-28'",
    "first_day + to_years(days % 8) >= DATE '2018-02-28'",
    "CAST(last_day - to_months(days % 8 - 1) AS DATE)",
    "first_day >= date_trunc('month', last_day) - to_months(days % 3)",
    "CAST(first_day + to_months(1) AS DATE)",
    "last_day(first_day)",
    "CAST(date_trunc('month', last_day) AS DATE)",
    "list_sort(words)",
    "list_filter(words, lambda word: word <> 'a')",
    "array_length(words)",
    "list_contains(words, 'a')",
    "[10, 20, 30][CAST(days % 5 AS INTEGER) + 1]",
    "lpad(CAST(days AS VARCHAR), 11, '0')",
    "word",
    "CASE word WHEN 'a' THEN -1 ELSE days END",
    "coalesce(cents > 0, TRUE)",
    "sum(days) OVER (ORDER BY id)",
    "lag(days) OVER (ORDER BY last_day, id)",
    "lead(days) OVER (ORDER BY last_day, id)",
)
SELECTS = (
    "SELECT count(DISTINCT each) AS x FROM (SELECT unnest(generate_series(date_trunc('month', first_day), last_day, "
    "INTERVAL 1 MONTH)) AS each FROM facts WHERE id < 3)",
    "SELECT arg_min(days, euro) AS x FROM facts",
    "SELECT arg_max(word, {'a': last_day, 'b': id}) FILTER (WHERE id <> 4) AS x FROM facts",
    "SELECT coalesce(sum(days) FILTER (WHERE id > 99), 0) AS x FROM facts",
    "SELECT list_sort(list(word)) AS x FROM facts WHERE word IS NOT NULL",
    "SELECT x FROM (VALUES ('LIVING_WAGE', 1), ('ASSISTANCE', 2)) AS kinds (x, n) ORDER BY n",
)


@pytest.fixture(scope="module")
def facts() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        yield connection


def columns(engine: Engine, connection: duckdb.DuckDBPyConnection, select: str) -> list[list[object]]:
    """Values of each column of the result, in the types of DuckDB."""
    described = connection.execute(f"DESCRIBE {select}").fetchall()
    casts = ", ".join(f"CAST({name} AS {kind})" for name, kind, *_ in described)
    with engine.result(connection, select, {}) as result:
        return [
            list(column) for column in zip(*connection.execute(f"SELECT {casts} FROM {result}").fetchall(), strict=True)
        ]


def test_expressions(facts: duckdb.DuckDBPyConnection, spark: Engine) -> None:
    listed = ", ".join(f"{expression} AS x{number}" for number, expression in enumerate(EXPRESSIONS))
    select = f"SELECT {listed} FROM facts ORDER BY id"
    both = zip(EXPRESSIONS, columns(spark, facts, select), columns(DuckDBEngine(), facts, select), strict=True)
    assert {expression: (one, other) for expression, one, other in both if one != other} == {}


@pytest.mark.parametrize("select", SELECTS)
def test_selects(facts: duckdb.DuckDBPyConnection, spark: Engine, select: str) -> None:
    assert columns(spark, facts, select) == columns(DuckDBEngine(), facts, select)


def test_a_table_without_rows_has_its_columns(facts: duckdb.DuckDBPyConnection, spark: Engine) -> None:
    facts.execute("CREATE OR REPLACE TABLE nothing AS SELECT * FROM facts WHERE FALSE")
    select = "SELECT count(*) AS x, sum(euro) AS y, max(last_day) AS z FROM nothing"
    assert columns(spark, facts, select) == columns(DuckDBEngine(), facts, select)


@pytest.mark.parametrize(("kind", "literal"), [("VARCHAR", "'it''s'"), ("BOOLEAN", "FALSE"), ("DECIMAL(9,2)", "NULL")])
def test_a_column_that_old_files_lack_is_what_its_absence_means(
    spark: Engine, tmp_path: Path, kind: str, literal: str
) -> None:
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    added = Column("added", kind, "", since="0.2.0", absent=literal)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS id, DATE '2018-05-01' AS day) TO '{old}'")
        connection.execute(f"COPY (SELECT 2 AS id, CAST('0' AS {kind}) AS added, DATE '2018-06-01' AS day) TO '{new}'")
        connection.execute(
            f"CREATE VIEW lines AS SELECT id, day, CAST({literal} AS {kind}) AS added FROM '{old}' "
            f"UNION ALL SELECT id, day, added FROM '{new}'"
        )
        files = {"lines": [ParquetFiles([old], [added]), ParquetFiles([new])]}
        expected = connection.execute("FROM lines ORDER BY id").fetchall()
        with spark.result(connection, "SELECT id, day, added FROM lines ORDER BY id", files) as result:
            assert connection.execute(f"FROM {result}").fetchall() == expected


def test_a_path_is_no_pattern(spark: Engine, tmp_path: Path) -> None:
    """Hadoop's patterns are more than a shell's; a neighbour stands where one of them would lead."""
    for number, name in enumerate(("a 5 pláce", "it's; a [1-9] pláce", "x", "{x,y}", "*", "?", "100%20\\")):
        (tmp_path / name).mkdir()
        pl.DataFrame({"id": [number]}).write_parquet(tmp_path / name / "file.parquet")
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW lines AS SELECT 0::BIGINT AS id")
        for folder in tmp_path.iterdir():
            file = folder / "file.parquet"
            expected = pl.read_parquet(file, glob=False)["id"].to_list()
            files = {"lines": [ParquetFiles([file])]}
            with spark.result(connection, "SELECT id FROM lines", files) as result:
                assert [row[0] for row in connection.execute(f"FROM {result}").fetchall()] == expected, folder.name


def test_what_cannot_be_translated_is_refused(facts: duckdb.DuckDBPyConnection, spark: Engine) -> None:
    with (
        pytest.raises(Exception, match=r"(?i)jaro_similarity"),
        spark.result(facts, "SELECT jaro_similarity(word, 'a') AS x FROM facts", {}),
    ):
        pass


def test_an_error_says_no_value(
    facts: duckdb.DuckDBPyConnection, spark: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message of the error holds it, and is withheld at the boundary; nothing may print or log it before."""
    select = "SELECT CAST(word || '_SECRET' AS BIGINT) AS x FROM facts WHERE id = 1"
    with pytest.raises(Exception, match="SECRET"), spark.result(facts, select, {}):
        pass
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
