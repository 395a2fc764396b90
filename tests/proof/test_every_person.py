"""Every possible person, as far as the rules can tell one from another, through the SQL that decides.

A person is what a register row says, and a history of aid. Of codes one of each is taken that the reference tables tell
apart, one that they do not hold, and none; of dates those on which a comparison turns. So the enumeration is complete:
two persons who differ otherwise are the same to the SQL. A person for whom a statement below is false prints as a case
for ``tests/cases/cases.yaml``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb
import polars as pl
import pytest
import yaml

from dvz_assets.flow.sql_files import sql_text
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from tests.cases.case_file import PERSON_KEYS

REFERENCE = Reference.load(reference_folder())
# a month of each regime, and one after free movement ended for Britons and other cards came
MONTHS = ("2018-05", "2018-06", "2022-02")
UNKNOWN = "unknown"

NATIONALITIES = """
    -- one of each that free movement tells apart, and one that no table holds
    SELECT min(nis_code) AS nationaliteit
    FROM (
        SELECT nis_code, list_sort(list((valid_from, valid_to)) FILTER (WHERE valid_from IS NOT NULL)) AS free
        FROM countries LEFT JOIN free_movement USING (iso2)
        GROUP BY nis_code
    )
    GROUP BY free, nis_code = '150'
    UNION ALL SELECT '999'
"""
EVERY_REGISTER_ROW = f"""
    CREATE TABLE register_persons AS
    SELECT CAST(20000000000 + row_number() OVER () AS BIGINT) AS insz, *
    FROM ({NATIONALITIES})
    CROSS JOIN (SELECT DISTINCT code AS register FROM registers UNION ALL VALUES ('{UNKNOWN}'), (NULL))
    CROSS JOIN (
        SELECT min(code) AS verblijfsmotief FROM residence_motives GROUP BY category, valid_from, valid_to
        UNION ALL VALUES ('{UNKNOWN}'), (NULL)
    )
    CROSS JOIN (
        SELECT min(code) AS verblijfsdocument FROM residence_documents GROUP BY residence_right, valid_from, valid_to
        UNION ALL VALUES ('{UNKNOWN}'), (NULL)
    )
    CROSS JOIN (
        SELECT unnest([NULL, reference_date - 1, reference_date]) AS document_geldig_tot FROM statement_month
    )
    CROSS JOIN (
        -- the day on which five years are over, the day before and the day after; and 29 February
        SELECT unnest([NULL, five, five + 1, five - 1, DATE '2016-02-29']) AS verblijf_sinds
        FROM (SELECT CAST(reference_date - to_years(5) AS DATE) AS five FROM statement_month)
    )
    CROSS JOIN (
        SELECT unnest([NULL, reference_date, reference_date + 1]) AS overleden_op FROM statement_month
    )
"""
# who must never pass the register tests, by rules.md section 4
NEVER_IN_THE_INTERSECTION = {
    "a Belgian": "nationaliteit = '150'",
    "somebody in the population register": "register IN (SELECT code FROM registers WHERE register = 'BR')",
    "somebody whose right is not recognised": """
        rule.requires_recognised_right
        AND verblijfsdocument IN (SELECT code FROM residence_documents WHERE residence_right = 'NONE')""",
    "somebody whose limited stay is not shown": """
        rule.requires_limited_stay
        AND NOT (
            coalesce(document_geldig_tot >= reference_date, TRUE)
            AND verblijfsdocument IN (
                SELECT code FROM residence_documents
                WHERE residence_right = 'LIMITED' AND reference_date BETWEEN valid_from AND valid_to
            )
        )""",
    "somebody without a rule": "rule.category IS NULL",
    "somebody who has died": "overleden_op <= reference_date",
}

# what may have been paid: 31 days, 28 days, 30 days, the 31st, 30 days, and the statement of the month itself
MONTH = Month.parse("2018-05")
BLOCKS = [
    (date(2018, 1, 1), date(2018, 1, 31)),
    (date(2018, 2, 1), date(2018, 2, 28)),
    (date(2018, 3, 1), date(2018, 3, 30)),
    (date(2018, 3, 31), date(2018, 3, 31)),
    (date(2018, 4, 1), date(2018, 4, 30)),
    (date(2018, 5, 1), date(2018, 5, 31)),
]
KINDS: tuple[list[str], ...] = ([], ["LIVING_WAGE"], ["ASSISTANCE"], ["LIVING_WAGE", "ASSISTANCE"])


@contextmanager
def asked_at(month: Month, regime: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the reference tables and the facts of a month, whose last day is the reference date."""
    with duckdb.connect(":memory:") as database:
        for name, table in REFERENCE.tables.items():
            database.register("rows_of_table", table.to_arrow())
            database.execute(f'CREATE TABLE "{name}" AS FROM rows_of_table')
        database.execute(
            """CREATE TABLE statement_month AS
            SELECT
                $1 AS month,
                $2 AS regime,
                $3 AS reference_date,
                $4 AS first_of_twelve_months,
                $5 AS authorised_fields""",
            [
                month.first_day,
                regime,
                month.last_day,
                month.minus(11).first_day,
                REFERENCE.authorised_columns(regime),
            ],
        )
        yield database


def computed(database: duckdb.DuckDBPyConnection, *assets: str) -> None:
    """Run the SQL files of assets, one after the other, into tables."""
    for asset in assets:
        database.execute(f'CREATE TABLE "{asset}" AS {sql_text(asset)}')


def as_case(person: dict[str, object], lines: list[dict[str, str]], month: Month, name: str = "counterexample") -> str:
    """A person as a named case, without what is not there and without a number."""
    facts = {key: person[column] for key, column in PERSON_KEYS.items() if person.get(column) is not None}
    return yaml.safe_dump([{"name": name, "month": str(month), "person": facts, "lines": lines}])


def test_every_register_row_fails_one_test_or_none_and_who_must_not_pass_does_not() -> None:
    """Rules.md section 4, tests 2 to 15, for each regime."""
    found: set[str | None] = set()
    for month in map(Month.parse, MONTHS):
        with asked_at(month, REFERENCE.regime_of(month)) as database:
            database.execute(EVERY_REGISTER_ROW)
            database.execute("CREATE TABLE selection_one AS SELECT insz FROM register_persons")
            computed(database, "selection_two", "intersection")
            (persons,) = database.sql("SELECT count(*) FROM register_persons").fetchall()
            assert database.sql("SELECT count(*), count(DISTINCT insz) FROM selection_two").fetchall() == [persons * 2]
            found |= {
                outcome for (outcome,) in database.sql("SELECT DISTINCT failed_test FROM selection_two").fetchall()
            }
            for who, condition in NEVER_IN_THE_INTERSECTION.items():
                passing = database.sql(f"""
                    SELECT person.* EXCLUDE (insz)
                    FROM intersection
                    INNER JOIN register_persons AS person USING (insz)
                    CROSS JOIN statement_month
                    LEFT JOIN category_rules AS rule
                        ON rule.regime = statement_month.regime AND rule.category = intersection.category
                    WHERE {condition}
                    LIMIT 1""").pl()
                assert passing.is_empty(), f"{who} passes:\n{as_case(passing.row(0, named=True), [], month)}"
    # each test fails for somebody, and somebody passes all of them: nothing above holds for want of persons
    tests = REFERENCE.tables["outcomes"].filter(section="SELECTION_TWO")["outcome"]
    assert found == {*tests, None} - {"NOT_IN_REGISTER"}


EVERY_HISTORY = """
    CREATE TABLE histories AS
    SELECT CAST(20000000000 + row_number() OVER () AS BIGINT) AS insz, category, parts, arrears
    FROM (SELECT category FROM category_rules SEMI JOIN statement_month USING (regime))
    CROSS JOIN (SELECT unnest(range(CAST(1 AS BIGINT) << (2 * (SELECT count(*) FROM blocks)))) AS parts)
    CROSS JOIN (VALUES (FALSE), (TRUE)) AS variants (arrears);

    CREATE TABLE aid_history AS
    SELECT
        histories.insz,
        CAST(date_trunc('month', blocks.first_day) AS DATE) AS month,
        kinds.aid_kind,
        '+' AS teken,
        blocks.first_day AS eerste_dag,
        blocks.last_day AS laatste_dag,
        1000 * (blocks.last_day - blocks.first_day + 1) AS amount_cents
    FROM histories
    CROSS JOIN blocks
    CROSS JOIN (VALUES (0, 'LIVING_WAGE'), (1, 'ASSISTANCE')) AS kinds (bit, aid_kind)
    WHERE histories.parts >> (2 * blocks.number + kinds.bit) & 1 = 1
    UNION ALL
    -- the statement of the month pays two days of February as well, which moves the day F
    SELECT histories.insz, statement_month.month, 'LIVING_WAGE', '+', DATE '2018-02-10', DATE '2018-02-11', 2000
    FROM histories CROSS JOIN statement_month
    WHERE histories.arrears;

    CREATE VIEW statement_lines AS FROM aid_history WHERE month = (SELECT month FROM statement_month);
    CREATE TABLE identity_map (old_insz BIGINT, present_insz BIGINT);
    CREATE TABLE withheld (insz BIGINT);
    CREATE TABLE selection_two AS
    SELECT insz, category, TRUE AS has_rule, CAST(NULL AS VARCHAR) AS failed_test FROM histories;
"""
MORE_AID = """
    SELECT less.category, less.parts, less.arrears, more.parts AS more_parts
    FROM (FROM histories INNER JOIN judged USING (insz)) AS less
    -- one block more of one kind; every longer history is reached by such steps
    CROSS JOIN (SELECT unnest(range(2 * (SELECT count(*) FROM blocks))) AS bit) AS bits
    INNER JOIN (FROM histories INNER JOIN judged USING (insz)) AS more
        ON
            more.category = less.category
            AND more.arrears = less.arrears
            AND more.parts = less.parts | (1 << bits.bit)
    WHERE less.outcome = 'SENT' AND more.outcome <> 'SENT'
    LIMIT 1
"""


@pytest.mark.parametrize("regime_of", ["2018-05", "2018-06"])
def test_more_aid_never_makes_somebody_who_is_sent_fall_below_the_threshold(regime_of: str) -> None:
    """Rules.md section 5: every history of six blocks, for each rule; each person has one outcome and fitting grounds.

    Aid is added without moving F: that only happens in the statement of the month, on days before it.
    """
    regime = REFERENCE.regime_of(Month.parse(regime_of))
    with asked_at(MONTH, regime) as database:
        blocks = pl.DataFrame(BLOCKS, ["first_day", "last_day"], orient="row").with_row_index("number")
        database.register("blocks", blocks.to_arrow())
        database.execute(EVERY_HISTORY)
        computed(database, "selection_one", "intersection", "reimbursed_runs", "decisions")
        database.execute("CREATE VIEW judged AS SELECT * REPLACE (CAST(insz AS BIGINT) AS insz) FROM decisions")
        outcomes = database.sql("""
            SELECT DISTINCT judged.outcome, array_length(judged.grounds) > 0 AS has_grounds
            FROM selection_one LEFT JOIN judged USING (insz)""").fetchall()
        assert sorted(outcomes) == [("BELOW_THRESHOLD", False), ("SENT", True)]
        assert database.sql("SELECT count(*) - count(DISTINCT insz) FROM judged").fetchall() == [(0,)]
        worse = database.sql(MORE_AID).fetchall()
        assert not worse, "\n".join(_history_as_case(regime, *row) for row in worse)


def _history_as_case(regime: str, category: str, parts: int, arrears: bool, more_parts: int) -> str:
    def lines(parts: int) -> list[dict[str, str]]:
        return [
            {"statement": f"{first:%Y-%m}", "first": str(first), "last": str(last)}
            | ({"help": "101"} if kind == "ASSISTANCE" else {})
            for number, (first, last) in enumerate(BLOCKS)
            for kind in KINDS[parts >> 2 * number & 3]
        ]

    name = f"{category} under {regime}{', with arrears of February' if arrears else ''}"
    less, more = (as_case({}, lines(each), MONTH, name) for each in (parts, more_parts))
    return f"{less}is sent, and not with\n{more}"
