"""The job in DuckDB and nothing else: raw files of a month in, decisions, export and periods out.

The yardstick of the benchmarks: the same rules (rules.md) on the same deliveries, with a compact history of its own
(one Parquet file a month, 64-bit numbers sorted by person), as fast as we can write it. No Dagster, no checks of the
delivery, no raw layer, no published files. Row-level rules decide which rows count; the others leave no trace.

    python -m benchmarks.bare --landing DIR --work DIR --month 2018-05 [--to 2019-04]

Limits that the pipeline does not have: a line above 92 million euros stops the program (64-bit arithmetic), rows are
equal when a 64-bit hash of their text is and their typed values are, settings have their default, and of the readings
that category_rules may choose the given ones alone are known; the program refuses others.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.job import PERSONS, STATEMENT, Job, first_day, header, last_day, main, refuse_other_readings

# Joins are written with the small table on the right; the planner, which cannot know how long a CSV is, turns some.
AS_WRITTEN = "SET disabled_optimizers = 'join_order,build_side_probe_side'"
THREADS = 2
CSV_BUFFER = 8_000_000  # bytes: a file is read by several threads only where it is several buffers long

# Aid kinds that a rule may count, by their place here; lines of other kinds change nothing and are left out.
KINDS = "['LIVING_WAGE', 'INTEGRATION_OTHER', 'ASSISTANCE', 'ASSISTANCE_EMPLOYMENT']"
LIVING_WAGE, INTEGRATION_OTHER, ASSISTANCE, ASSISTANCE_EMPLOYMENT = 1, 2, 3, 4
DERIVED_QUALITY = "[2, 4, 3, 6]"

# Register tests by their place in rules.md, section 4; who passes all of them has the number after the last.
TESTS = """['NOT_IN_REGISTER', 'DECEASED', 'BELGIAN', 'REGISTER_UNKNOWN', 'POPULATION_REGISTER', 'NO_RESIDENCE_MOTIVE',
    'MOTIVE_UNMAPPED', 'MOTIVE_NOT_TARGETED', 'NATIONALITY_NOT_TARGETED', 'RIGHT_NOT_RECOGNISED',
    'LIMITED_STAY_UNKNOWN', 'STAY_NOT_LIMITED', 'PERMANENT_CARD', 'RESIDENCE_START_UNKNOWN', 'RESIDENCE_TOO_LONG']"""
NOT_TARGETED, PASSED = 8, 16

# What is swept: days of living wage, days of assistance, and the last twelve statements (plus the kind where told).
LIVING_WAGE_DAYS, ASSISTANCE_DAYS, TWELVE_MONTHS = 1, 2, 10
# Columns of a statement of which equal typed values mean equal text; the others go into the hash of a row.
COMPARED_AS_TYPED = ("jaarmaand", "insz", "eerste_dag", "laatste_dag", "teken")
# Amounts per day are whole billionths of a cent; a day counts from one cent on, less what rounding may take away.
BILLION = 1_000_000_000
REIMBURSED = BILLION - 1_000

MACROS = """
CREATE MACRO until(day) AS coalesce(CAST(day AS DATE), DATE '9999-12-31');
CREATE MACRO day_of(text) AS CASE WHEN regexp_full_match(text, '[0-9]{8}') AND text >= '0001'
    THEN CAST(try_strptime(text, '%Y%m%d') AS DATE) END;
CREATE MACRO number_of(text) AS CASE WHEN regexp_full_match(text, '[0-9]{11}') THEN TRY_CAST(text AS BIGINT) END;
CREATE MACRO checks_out(number) AS
    number % 100 IN (97 - number // 100 % 97, 97 - (number // 100 + 2000000000) % 97);
CREATE MACRO insz_text(number) AS lpad(CAST(number AS VARCHAR), 11, '0');
CREATE MACRO month_number(day) AS year(day) * 12 + month(day);
"""
CODE_TABLES = {
    "budget_articles": f"""code, law, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to,
        list_position({KINDS}, aid_kind) AS law_1_kind,
        CAST(CAST(state_share_pct AS DECIMAL(5, 2)) * 100 AS BIGINT) AS share""",
    "help_types": f"""code, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to,
        list_position({KINDS}, aid_kind) AS law_2_kind""",
    "countries": "nis_code, iso2",
    "free_movement": "iso2, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to",
    "registers": "code, register",
    "residence_documents": """code, residence_right, CAST(valid_from AS DATE) AS valid_from,
        until(valid_to) AS valid_to""",
    "residence_motives": """code, category, capacity, CAST(valid_from AS DATE) AS valid_from,
        until(valid_to) AS valid_to""",
    "regimes": "regime, first_month, coalesce(last_month, '9999-12') AS last_month",
    "export_fields": 'regime, category, "column" AS field',
    "category_rules": """regime, category, required_nationality, string_split(grounds, ' ') AS rule_grounds,
        CAST(min_living_wage_days AS INTEGER) AS min_living_wage_days,
        CAST(min_assistance_months AS INTEGER) AS min_assistance_months,
        CAST(counts_assistance_employment AS BOOLEAN) AS counts_employment,
        CAST(requires_recognised_right AS BOOLEAN) AS requires_recognised_right,
        CAST(requires_limited_stay AS BOOLEAN) AS requires_limited_stay,
        CAST(excludes_permanent_card AS BOOLEAN) AS excludes_permanent_card,
        CAST(max_residence_years_eu_national AS INTEGER) AS max_years_eu,
        CAST(max_residence_years_third_country AS INTEGER) AS max_years_third_country""",
}


@contextmanager
def program(reference: Path) -> Iterator[Callable[[Job], None]]:
    """The program, with the code tables and rules in a DuckDB in memory; months are computed in order."""
    refuse_other_readings(reference)
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(AS_WRITTEN)
        connection.execute(MACROS)
        for name, columns in CODE_TABLES.items():
            connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {_csv(reference / f'{name}.csv', ',')}")
        yield partial(compute, connection)


def compute(connection: duckdb.DuckDBPyConnection, job: Job) -> None:
    """Decisions, export and periods of one month; months before it have been computed."""
    (regime,) = connection.execute(
        "SELECT regime FROM regimes WHERE ? BETWEEN first_month AND last_month", [job.month]
    ).fetchall()[0]
    fields = dict(
        connection.execute(
            "SELECT field, list(rule.category) FROM export_fields AS authorised INNER JOIN category_rules AS rule "
            "ON rule.regime = authorised.regime AND rule.category = coalesce(authorised.category, rule.category) "
            "WHERE rule.regime = ? GROUP BY field",
            [regime],
        ).fetchall()
    )
    statement = Delivered.read(connection, job.delivered("novaprima", "statement"))
    replacements = Delivered.read(connection, job.delivered("register", "insz_replacements"))
    persons = Delivered.read(connection, job.delivered("register", "persons"))
    for sql in (
        lines(job, statement),
        history(job),
        replacement_pairs(job, replacements),
        replaced(job),
        selected(),
        register(job, persons, regime),
        SAME_PERSON_TWICE,
        REJECTED_PERSONS,
        targeted(regime),
        paid(job),
        runs(by_kind="aid_natures" in fields),
        COUNTERS,
        decisions(job, regime),
        export(job, fields),
        periods(job, fields.get("aid_periods", [])),
    ):
        connection.execute(sql)


@dataclass(frozen=True)
class Delivered:
    """A delivered file as a relation, with text where the file has text; ``types`` by column."""

    relation: str
    types: dict[str, str]

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, path: Path) -> "Delivered":
        """The relation of a CSV or Parquet file; an empty text is null."""
        if path.suffix == ".csv":
            return cls(_csv(path, ";"), dict.fromkeys(header(path, ";"), "VARCHAR"))
        rows = connection.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
        types = {name: type_ for name, type_, *_ in rows}
        columns = (f"nullif({name}, '') AS {name}" if types[name] == "VARCHAR" else name for name in types)
        return cls(f"(SELECT {', '.join(columns)} FROM read_parquet('{path}'))", types)

    def day(self, column: str) -> str:
        """The day in a column; null when it is none, and not between the years 1 and 9999."""
        if self.types[column] != "DATE":
            return f"day_of({column})"
        return f"CASE WHEN {column} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {column} END"


def lines(job: Job, statement: Delivered) -> str:
    """Accepted lines of the statement, of the kinds that a rule may count."""
    return f"""
    CREATE OR REPLACE TABLE line AS
    WITH delivered AS (
        SELECT
            * EXCLUDE (insz),
            number_of(insz) AS insz,
            {statement.day("eerste_dag")} AS first_day,
            {statement.day("laatste_dag")} AS last_day,
            TRY_CAST(bedrag AS BIGINT) AS amount,
            hash({", ".join(name for name in STATEMENT if name not in COMPARED_AS_TYPED)}) AS row_hash
        FROM {statement.relation}
    )
    SELECT DISTINCT
        row_hash,
        insz,
        CAST(CASE wetgeving WHEN '1' THEN law_1_kind ELSE law_2_kind END AS UTINYINT) AS kind,
        first_day,
        last_day,
        teken = '+' AS is_paid,
        CASE WHEN teken = '+' THEN amount ELSE -amount END AS cents,
        (amount * share + 5000) // 10000 * CASE WHEN teken = '+' THEN 1 ELSE -1 END AS share_cents,
        coalesce(TRY_CAST(hoedanigheidscode AS SMALLINT), {DERIVED_QUALITY}[kind]) AS quality
    FROM delivered
    INNER JOIN budget_articles AS article
        ON article.code = begrotingsartikel AND article.law = wetgeving
        AND first_day BETWEEN article.valid_from AND article.valid_to
    LEFT JOIN help_types AS help_type
        ON help_type.code = hulptype AND first_day BETWEEN help_type.valid_from AND help_type.valid_to
    WHERE wetgeving IN ('1', '2')
        AND kind IS NOT NULL
        AND checks_out(insz)
        AND first_day <= last_day
        AND last_day <= DATE '{last_day(job.month)}'
        AND jaarmaand = '{job.month.replace("-", "")}'
        AND type_bedrag IN ('1', '2', '3', '4', '5', '6')
        AND teken IN ('+', '-')
        AND regexp_full_match(CAST(bedrag AS VARCHAR), '0*[0-9]{{1,12}}')
        AND regexp_full_match(ocmw_nis, '[0-9]{{5}}')
        AND (suffix IS NULL OR regexp_full_match(suffix, '[0-9]{{2}}'))
        AND (hoedanigheidscode IS NULL OR regexp_full_match(hoedanigheidscode, '[0-9]{{1,3}}'))
        AND length(dossier) <= 11
        AND length(referentie) <= 12
        AND length(naam) <= 30
        AND (categorie IS NULL OR length(categorie) = 1 AND (wetgeving = '2' OR categorie IN ('1', '2', '3')))
    """


def history(job: Job) -> str:
    """Write what later months read of this statement; numbers as printed, since they may be replaced later."""
    return f"""
    COPY (
        SELECT insz, DATE '{first_day(job.month)}' AS month, kind, first_day, last_day, cents, share_cents
        FROM line
        ORDER BY insz
    ) TO '{job.written("history")}' (FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v2)
    """


def replacement_pairs(job: Job, replacements: Delivered) -> str:
    """Write the replaced numbers that the file of this month makes known."""
    return f"""
    COPY (
        SELECT DISTINCT number_of(oud_insz) AS old, number_of(nieuw_insz) AS new
        FROM {replacements.relation}
        WHERE checks_out(number_of(oud_insz)) AND checks_out(number_of(nieuw_insz))
            AND {replacements.day("datum")} IS NOT NULL
    ) TO '{job.written("replacements")}' (FORMAT parquet)
    """


def replaced(job: Job) -> str:
    """From every replaced number to the one that its holder has now."""
    return f"""
    CREATE OR REPLACE TABLE replaced AS
    WITH RECURSIVE pair AS MATERIALIZED (
        SELECT DISTINCT old, new FROM {_parquet([*job.earlier("replacements"), job.written("replacements")])}
    ),
    chain AS (
        SELECT old, new FROM pair
        UNION
        SELECT chain.old, pair.new FROM chain INNER JOIN pair ON pair.old = chain.new
    )
    SELECT chain.old, chain.new AS present FROM chain ANTI JOIN pair ON pair.old = chain.new
    """


def selected() -> str:
    """Selection one: the statement nets of every person, by kind."""
    nets = ", ".join(
        f"CAST(coalesce(sum(cents) FILTER (WHERE kind = {kind}), 0) AS BIGINT) AS net_{kind}" for kind in range(1, 5)
    )
    return f"""
    CREATE OR REPLACE TABLE selected AS
    SELECT
        coalesce(present, insz) AS insz,
        {nets},
        min(first_day) FILTER (WHERE kind = {LIVING_WAGE} AND is_paid) AS first_living_wage_day
    FROM line
    LEFT JOIN replaced ON old = insz
    GROUP BY 1
    HAVING net_1 + net_2 > 0 OR net_3 + net_4 > 0
    """


def register(job: Job, persons: Delivered, regime: str) -> str:
    """Selection two: the register test that each row of a person of selection one fails first."""
    today = f"DATE '{job.reference_date}'"
    return f"""
    CREATE OR REPLACE TABLE person AS
    WITH delivered AS (
        SELECT
            * EXCLUDE (insz),
            number_of(insz) AS insz,
            {persons.day("document_geldig_tot")} AS document_until,
            {persons.day("motief_datum")} AS motive_day,
            {persons.day("verblijf_sinds")} AS since,
            {persons.day("overleden_op")} AS deceased,
            hash({", ".join(PERSONS)}) AS row_hash
        FROM {persons.relation}
    ),
    moves_freely AS (
        SELECT DISTINCT nis_code FROM countries INNER JOIN free_movement USING (iso2)
        WHERE {today} BETWEEN valid_from AND valid_to
    ),
    permanent AS (SELECT DISTINCT code FROM residence_documents WHERE residence_right = 'PERMANENT'),
    without_right AS (SELECT DISTINCT code FROM residence_documents WHERE residence_right = 'NONE')
    SELECT
        delivered.insz,
        row_hash,
        checks_out(delivered.insz)
            AND (document_until IS NULL) = (document_geldig_tot IS NULL)
            AND (motive_day IS NULL) = (motief_datum IS NULL)
            AND (since IS NULL) = (verblijf_sinds IS NULL)
            AND (deceased IS NULL) = (overleden_op IS NULL)
            AND naam IS NOT NULL
            AND coalesce(regexp_full_match(nationaliteit, '[0-9]{{3}}'), FALSE)
            AND (land_van_herkomst IS NULL OR origin.nis_code IS NOT NULL)
            AND former.old IS NULL AS is_accepted,
        naam,
        voornamen,
        nationaliteit,
        motive.category,
        motive.capacity,
        CASE
            WHEN deceased <= {today} THEN 2
            WHEN nationaliteit = '150' THEN 3
            WHEN registers.code IS NULL THEN 4
            WHEN registers.register = 'BR' THEN 5
            WHEN verblijfsmotief IS NULL THEN 6
            WHEN motive.code IS NULL THEN 7
            WHEN rule.category IS NULL THEN {NOT_TARGETED}
            WHEN required_nationality <> if(moves_freely.nis_code IS NULL, 'THIRD_COUNTRY', 'EU') THEN 9
            WHEN requires_recognised_right AND without_right.code IS NOT NULL THEN 10
            WHEN requires_limited_stay AND (document.code IS NULL OR document_until < {today}) THEN 11
            WHEN requires_limited_stay AND document.residence_right <> 'LIMITED' THEN 12
            WHEN excludes_permanent_card AND permanent.code IS NOT NULL THEN 13
            WHEN if(moves_freely.nis_code IS NULL, max_years_third_country, max_years_eu) IS NOT NULL
                AND since IS NULL THEN 14
            WHEN {today} >= since + to_years(
                if(moves_freely.nis_code IS NULL, max_years_third_country, max_years_eu)) THEN 15
            ELSE {PASSED}
        END AS test
    FROM delivered
    SEMI JOIN selected ON selected.insz = delivered.insz
    LEFT JOIN replaced AS former ON former.old = delivered.insz
    LEFT JOIN countries AS origin ON origin.nis_code = land_van_herkomst
    LEFT JOIN registers ON registers.code = delivered.register
    LEFT JOIN residence_motives AS motive
        ON motive.code = verblijfsmotief AND {today} BETWEEN motive.valid_from AND motive.valid_to
    LEFT JOIN category_rules AS rule ON rule.category = motive.category AND rule.regime = '{regime}'
    LEFT JOIN moves_freely ON moves_freely.nis_code = nationaliteit
    LEFT JOIN residence_documents AS document
        ON document.code = verblijfsdocument AND {today} BETWEEN document.valid_from AND document.valid_to
    LEFT JOIN permanent ON permanent.code = verblijfsdocument
    LEFT JOIN without_right ON without_right.code = verblijfsdocument
    """


# Rejected rows count among the rows with the same number, so these go first.
SAME_PERSON_TWICE = """
DELETE FROM person USING (
    SELECT insz, min(rowid) AS first_row, min(row_hash) = max(row_hash) AS are_equal
    FROM person GROUP BY insz HAVING count(*) > 1
) AS twice
WHERE person.insz = twice.insz AND NOT (are_equal AND person.rowid = first_row)
"""
REJECTED_PERSONS = "DELETE FROM person WHERE NOT is_accepted"


def targeted(regime: str) -> str:
    """Every number, present or former, of the persons at whom a rule looks."""
    return f"""
    CREATE OR REPLACE TABLE number AS
    WITH targeted AS (
        SELECT insz, counts_employment
        FROM person INNER JOIN category_rules USING (category)
        WHERE test > {NOT_TARGETED} AND regime = '{regime}'
    )
    SELECT insz AS held, insz, counts_employment FROM targeted
    UNION ALL
    SELECT old, insz, counts_employment FROM targeted INNER JOIN replaced ON present = insz
    """


def paid(job: Job) -> str:
    """Their counted lines of all statements up to this one."""
    return f"""
    CREATE OR REPLACE TABLE paid AS
    SELECT
        number.insz,
        kind,
        month >= DATE '{first_day(job.first_of_twelve)}' AS is_recent,
        first_day,
        last_day + 1 AS day_after,
        cents * {BILLION} // (last_day - first_day + 1) AS per_day,
        cents,
        share_cents
    FROM {_parquet([*job.earlier("history"), job.written("history")])} AS history
    INNER JOIN number ON held = history.insz
    WHERE kind <> {ASSISTANCE_EMPLOYMENT} OR counts_employment
    """


def runs(*, by_kind: bool) -> str:
    """Runs of consecutive reimbursed days per person and series.

    The sum over the lines of a series changes only on the days on which a line begins or has ended; a run begins where
    it reaches one cent, and ends at the next change after which it does not.
    """
    twelve_months = f"{TWELVE_MONTHS} + kind" if by_kind else f"{TWELVE_MONTHS}"
    all_months = f"CASE kind WHEN {LIVING_WAGE} THEN {LIVING_WAGE_DAYS} ELSE {ASSISTANCE_DAYS} END"
    return f"""
    CREATE OR REPLACE TABLE run AS
    WITH change AS (
        SELECT insz, series, day, sum(amount) AS amount
        FROM (
            SELECT insz, {all_months} AS series, first_day AS day, per_day AS amount
            FROM paid WHERE kind <> {INTEGRATION_OTHER}
            UNION ALL
            SELECT insz, {all_months}, day_after, -per_day FROM paid WHERE kind <> {INTEGRATION_OTHER}
            UNION ALL
            SELECT insz, {twelve_months}, first_day, per_day FROM paid WHERE is_recent
            UNION ALL
            SELECT insz, {twelve_months}, day_after, -per_day FROM paid WHERE is_recent
        )
        GROUP BY ALL
    ),
    level AS (
        SELECT *, sum(amount) OVER (PARTITION BY insz, series ORDER BY day) AS level FROM change
    ),
    edge AS (
        SELECT insz, series, day AS run_start, level >= {REIMBURSED} AS begins,
            lead(day) OVER (PARTITION BY insz, series ORDER BY day) AS day_after
        FROM level
        WHERE (level >= {REIMBURSED}) <> (level - amount >= {REIMBURSED})
    )
    SELECT insz, series, run_start, day_after - 1 AS run_end,
        month_number(run_end) - month_number(run_start) + 1
            - CAST(coalesce(month_number(run_start) = lag(month_number(run_end))
                OVER (PARTITION BY insz, series ORDER BY run_start), FALSE) AS INTEGER) AS new_months
    FROM edge
    WHERE begins
    """


COUNTERS = f"""
CREATE OR REPLACE TABLE counter AS
SELECT
    insz,
    sum(run_end - run_start + 1) FILTER (WHERE series = {LIVING_WAGE_DAYS}) AS living_wage_days,
    max(run_end - run_start + 1) FILTER (WHERE series = {LIVING_WAGE_DAYS}) AS longest_run,
    sum(new_months) FILTER (WHERE series = {ASSISTANCE_DAYS}) AS assistance_months,
    min(run_start) FILTER (WHERE series = {ASSISTANCE_DAYS}) AS first_assistance_day
FROM run
GROUP BY insz
"""


def decisions(job: Job, regime: str) -> str:
    """Outcome and grounds of every person of selection one."""
    return f"""
    CREATE OR REPLACE TABLE decision AS
    WITH counted AS (
        SELECT
            selected.*,
            test,
            CASE WHEN test >= {NOT_TARGETED} THEN person.category END AS category,
            rule_grounds,
            min_living_wage_days,
            min_assistance_months,
            counts_employment,
            if(test > {NOT_TARGETED}, coalesce(counter.living_wage_days, 0), NULL) AS living_wage_days,
            if(test > {NOT_TARGETED}, coalesce(longest_run, 0), NULL) AS longest_run,
            if(test > {NOT_TARGETED}, coalesce(counter.assistance_months, 0), NULL) AS assistance_months,
            first_assistance_day,
            net_3 + if(counts_employment, net_4, 0) AS assistance_net
        FROM selected
        LEFT JOIN person USING (insz)
        LEFT JOIN category_rules AS rule ON rule.category = person.category AND rule.regime = '{regime}'
        LEFT JOIN counter USING (insz)
    ),
    judged AS (
        SELECT *,
            CASE WHEN test = {PASSED} AND net_1 + net_2 + assistance_net > 0 THEN list_filter([
                if(assistance_months >= min_assistance_months, 'ASSISTANCE_4_MONTHS', NULL),
                if(living_wage_days >= min_living_wage_days, 'LIVING_WAGE_90_DAYS', NULL),
                if(net_1 > 0 AND first_assistance_day < first_living_wage_day, 'LIVING_WAGE_AFTER_ASSISTANCE', NULL),
                if(assistance_net > 0, 'SOCIAL_ASSISTANCE', NULL)
            ], lambda ground: list_contains(rule_grounds, ground)) END AS grounds
        FROM counted
    )
    SELECT
        insz,
        category,
        CASE
            WHEN test IS NULL THEN {TESTS}[1]
            WHEN test < {PASSED} THEN {TESTS}[test]
            WHEN grounds IS NULL THEN 'NO_COUNTED_AID'
            WHEN len(grounds) = 0 THEN 'BELOW_THRESHOLD'
            ELSE 'SENT'
        END AS outcome,
        coalesce(grounds, []) AS grounds,
        living_wage_days,
        longest_run,
        assistance_months,
        counts_employment
    FROM judged;
    COPY (
        SELECT
            DATE '{first_day(job.month)}' AS month,
            '{regime}' AS regime,
            insz_text(insz) AS insz,
            category,
            outcome,
            grounds,
            CAST(living_wage_days AS INTEGER) AS living_wage_days,
            CAST(longest_run AS INTEGER) AS longest_living_wage_run,
            CAST(assistance_months AS INTEGER) AS assistance_months
        FROM decision
    ) TO '{job.written("decisions")}' (FORMAT parquet);
    CREATE OR REPLACE TABLE sent AS SELECT insz, category, counts_employment FROM decision WHERE outcome = 'SENT'
    """


def export(job: Job, fields: Mapping[str, list[str]]) -> str:
    """What is sent about each person; columns that the regime does not authorise for the category are null."""
    columns = {
        "last_name": "naam",
        "first_names": "voornamen",
        "country_of_origin": "nationaliteit",
        "aid_amount_granted": "CAST(CAST(granted AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(12, 2))",
        "aid_amount_12m": "CAST(CAST(of_twelve_months AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(14, 2))",
        "quality_code": "CAST(quality AS VARCHAR)",
        "amount_reimbursed_12m": "CAST(CAST(reimbursed AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(14, 2))",
        "aid_natures": "natures",
        "residence_capacity": "capacity",
    }
    authorised = ", ".join(
        f"if(sent.category IN {_texts(fields.get(name, []))}, {sql}, NULL) AS {name}" for name, sql in columns.items()
    )
    return f"""
    COPY (
        WITH current_line AS (
            SELECT coalesce(present, line.insz) AS insz, kind, cents, is_paid, quality
            FROM line LEFT JOIN replaced ON old = line.insz
        ),
        granted AS (
            SELECT
                insz,
                sum(cents) AS granted,
                arg_min(quality, coalesce(list_position([2, 3, 6, 4], quality) - 5, quality)) FILTER (WHERE is_paid)
                    AS quality
            FROM current_line INNER JOIN sent USING (insz)
            WHERE kind <> {ASSISTANCE_EMPLOYMENT} OR counts_employment
            GROUP BY insz
        ),
        reimbursed AS (
            SELECT insz, sum(share_cents) AS reimbursed, sum(cents) AS of_twelve_months
            FROM paid SEMI JOIN sent USING (insz)
            WHERE is_recent GROUP BY insz
        ),
        nature AS (
            SELECT insz, list_filter([
                if(net_3 > 0, 'ASSISTANCE', NULL),
                if(net_4 > 0 AND counts_employment, 'ASSISTANCE_EMPLOYMENT', NULL),
                if(net_2 > 0, 'INTEGRATION_OTHER', NULL),
                if(net_1 > 0, 'LIVING_WAGE', NULL)
            ], lambda kind: kind IS NOT NULL) AS natures
            FROM selected INNER JOIN sent USING (insz)
        )
        SELECT
            DATE '{first_day(job.month)}' AS month,
            (SELECT regime FROM regimes WHERE '{job.month}' BETWEEN first_month AND last_month) AS regime,
            insz_text(insz) AS insz,
            {authorised}
        FROM person
        INNER JOIN sent USING (insz)
        INNER JOIN granted USING (insz)
        INNER JOIN reimbursed USING (insz)
        INNER JOIN nature USING (insz)
    ) TO '{job.written("export")}' (FORMAT parquet)
    """


def periods(job: Job, categories: list[str]) -> str:
    """The aid periods of the persons sent of these categories, over the last twelve statements."""
    return f"""
    COPY (
        SELECT
            DATE '{first_day(job.month)}' AS month,
            insz_text(insz) AS insz,
            if(series > {TWELVE_MONTHS}, {KINDS}[series - {TWELVE_MONTHS}], NULL) AS aid_kind,
            run_start AS period_start,
            run_end AS period_end
        FROM run INNER JOIN sent USING (insz)
        WHERE series >= {TWELVE_MONTHS} AND category IN {_texts(categories)}
    ) TO '{job.written("periods")}' (FORMAT parquet)
    """


def _texts(values: list[str]) -> str:
    return "(" + ", ".join([*(f"'{value}'" for value in values), "NULL"]) + ")"


def _csv(path: Path, separator: str) -> str:
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header(path, separator))
    return (
        f"read_csv('{path}', columns = {{{columns}}}, delim = '{separator}', quote = '\"', escape = '\"', "
        f"header = true, nullstr = '', auto_detect = false, buffer_size = {CSV_BUFFER})"
    )


def _parquet(paths: list[Path]) -> str:
    return "read_parquet([" + ", ".join(f"'{path}'" for path in paths) + "])"


if __name__ == "__main__":
    main("The job in DuckDB and nothing else.", program)
