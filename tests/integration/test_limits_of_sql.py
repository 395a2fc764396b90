"""Every question of ``dvz sql`` has a time and a memory limit, whatever it asks, and the session goes on after it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.questions import limited_sql
from dvz_assets.questions.limited_sql import LimitedSession

ENDLESS = "SELECT sum(hash(range)) FROM range(10000000000000)"
TOO_LARGE = {
    "a sort": "SELECT range, repeat('x', 1000) FROM range(100000000) ORDER BY hash(range)",
    "a list": "SELECT list(range) FROM range(1000000000)",
    "one value, of which DuckDB does not count the memory": "SELECT repeat('x', 4000000000)",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "analytics.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE funnel AS SELECT range AS step FROM range(10)")
    return path


@pytest.fixture
def session(file: Path) -> Iterator[LimitedSession]:
    opened = LimitedSession(file, 60, "300 MB")
    yield opened
    opened.close()


def test_a_question_without_end_is_ended(file: Path) -> None:
    session = LimitedSession(file, 1, "300 MB")
    with pytest.raises(DvzError, match=r"QUERY_LIMIT.*1 seconds \(setting sql_seconds\)"):
        session.ask(ENDLESS)
    session.close()


@pytest.mark.parametrize("question", TOO_LARGE)
def test_a_question_that_takes_too_much_memory_is_ended(question: str, session: LimitedSession) -> None:
    with pytest.raises(DvzError, match="QUERY_LIMIT"):
        session.ask(TOO_LARGE[question])
    assert session.ask("SELECT count(*) FROM funnel").rows == [(10,)]


def test_a_session_keeps_what_it_makes(session: LimitedSession) -> None:
    session.ask("CREATE TEMP TABLE mine AS SELECT 7 AS seven")
    assert session.ask("FROM mine") == limited_sql.Result(("seven",), ("INTEGER",), [(7,)], is_cut=False)


def test_a_wrong_question_ends_nothing(session: LimitedSession) -> None:
    for wrong in ("SELEC", "FROM nothing", "FROM read_csv('/etc/passwd')", "SET memory_limit = '9 GB'"):
        with pytest.raises(DvzError, match="QUERY_WRONG"):
            session.ask(wrong)
    assert len(session.ask("FROM funnel").rows) == 10


def test_more_rows_than_anybody_reads_are_cut(session: LimitedSession) -> None:
    result = session.ask(f"FROM range({limited_sql.MOST_ROWS + 1})")
    assert (len(result.rows), result.is_cut) == (limited_sql.MOST_ROWS, True)


def test_nothing_is_spilled_beside_the_published_file(session: LimitedSession, file: Path) -> None:
    with pytest.raises(DvzError):
        session.ask(TOO_LARGE["a sort"])
    assert [path.name for path in file.parent.iterdir()] == [file.name]
