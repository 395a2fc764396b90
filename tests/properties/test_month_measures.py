"""What is counted of a month, and what stands out of it, is what a slow reading of decision 0025 says."""

import duckdb
import pytest

from dvz_assets.flow.sql_files import sql_text
from tests.oracle.measures import Tables, measures
from tests.properties.measured import DAY, MONTH, cases, load


@pytest.mark.parametrize("tables", list(cases()), ids=lambda _: "drawn")
def test_measures_agree_with_the_slow_reading(tables: Tables) -> None:
    with duckdb.connect(":memory:") as connection:
        load(connection, tables)
        rows = connection.execute(f"SELECT * EXCLUDE (month) FROM ({sql_text('month_measures', MONTH)})").fetchall()
    expected = measures(tables, DAY)
    found = {(measure, code): rest for measure, code, *rest in rows}
    assert len(rows) == len(found)
    assert found.keys() == expected.keys()
    for key, (value, whole, usual, score, stands_out) in found.items():
        said = expected[key]
        assert (value, whole, usual, stands_out) == (said.value, said.whole, said.usual, said.stands_out), key
        assert score == pytest.approx(said.score), key
