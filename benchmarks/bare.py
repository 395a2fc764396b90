"""The job in DuckDB and nothing else: raw files of a month in, decisions, export and periods out.

The yardstick of the benchmarks: the same rules (rules.md) on the same deliveries, with a compact history of its own
(one Parquet file a month, 64-bit numbers sorted by person), as fast as we can write it. No Dagster, no checks of the
delivery, no raw layer, no published files. Row-level rules decide which rows count; nothing is kept of the others.

    python -m benchmarks.bare --landing DIR --work DIR --month 2018-05 [--to 2019-04]

Two limits that the pipeline does not have: a line above 92 million euros stops the program (64-bit arithmetic), and two
rows are equal when a 64-bit hash of their text and their typed values are.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.job import Job, first_day, header, last_day, main

THREADS = 2
COMMON = "header = true, all_varchar = true, auto_detect = true"

# Aid kinds that a rule may count, by number; lines of other kinds change nothing and are not kept.
KINDS = "['LIVING_WAGE', 'INTEGRATION_OTHER', 'ASSISTANCE', 'ASSISTANCE_EMPLOYMENT']"
LIVING_WAGE, INTEGRATION_OTHER, ASSISTANCE, ASSISTANCE_EMPLOYMENT = 1, 2, 3, 4
DERIVED_QUALITY = "[2, 4, 3, 6]"

# The register tests in their order (rules.md, 4); who passes all of them has the number after the last.
TESTS = """['NOT_IN_REGISTER', 'DECEASED', 'BELGIAN', 'REGISTER_UNKNOWN', 'POPULATION_REGISTER', 'NO_RESIDENCE_MOTIVE',
    'MOTIVE_UNMAPPED', 'MOTIVE_NOT_TARGETED', 'NOT_THIRD_COUNTRY', 'LIMITED_STAY_UNKNOWN', 'STAY_NOT_LIMITED',
    'PERMANENT_CARD', 'RESIDENCE_START_UNKNOWN', 'RESIDENCE_TOO_LONG']"""
NOT_TARGETED, PASSED = 8, 15

# Series of days that are swept: all living wage, all assistance, and the last twelve statements (+ kind where told).
LIVING_WAGE_DAYS, ASSISTANCE_DAYS, TWELVE_MONTHS = 1, 2, 10
# A day counts from one cent on; amounts per day are whole billionths of a cent, less the millionth that rounding takes.
ONE_CENT = 1_000_000_000
REIMBURSED = ONE_CENT - 1_000

REFERENCE = f"""
CREATE TEMP MACRO until(day) AS coalesce(CAST(day AS DATE), DATE '9999-12-31');
CREATE TEMP TABLE article AS SELECT code, law, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to,
    list_position({KINDS}, aid_kind) AS kind, CAST(CAST(state_share_pct AS DECIMAL(5, 2)) * 100 AS BIGINT) AS share
    FROM read_csv('{{folder}}/budget_articles.csv', {COMMON});
CREATE TEMP TABLE help_type AS SELECT code, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to,
    list_position({KINDS}, aid_kind) AS kind
    FROM read_csv('{{folder}}/help_types.csv', {COMMON});
CREATE TEMP TABLE country AS FROM read_csv('{{folder}}/countries.csv', {COMMON});
CREATE TEMP TABLE free_movement AS SELECT iso2, CAST(valid_from AS DATE) AS valid_from, until(valid_to) AS valid_to
    FROM read_csv('{{folder}}/free_movement.csv', {COMMON});
CREATE TEMP TABLE register AS FROM read_csv('{{folder}}/registers.csv', {COMMON});
CREATE TEMP TABLE document AS SELECT code, residence_right, CAST(valid_from AS DATE) AS valid_from,
    until(valid_to) AS valid_to FROM read_csv('{{folder}}/residence_documents.csv', {COMMON});
CREATE TEMP TABLE motive AS SELECT code, category, CAST(valid_from AS DATE) AS valid_from,
    until(valid_to) AS valid_to FROM read_csv('{{folder}}/residence_motives.csv', {COMMON});
CREATE TEMP TABLE regime AS FROM read_csv('{{folder}}/regimes.csv', {COMMON});
CREATE TEMP TABLE field AS FROM read_csv('{{folder}}/export_fields.csv', {COMMON});
CREATE TEMP TABLE category_rule AS SELECT regime, category, criteria,
    CAST(min_living_wage_days AS INTEGER) AS min_living_wage_days,
    CAST(min_assistance_months AS INTEGER) AS min_assistance_months,
    CAST(counts_assistance_employment AS BOOLEAN) AS counts_employment,
    CAST(requires_limited_stay AS BOOLEAN) AS requires_limited_stay,
    CAST(requires_third_country_nationality AS BOOLEAN) AS requires_third_country,
    CAST(max_residence_years_eu_national AS INTEGER) AS max_years_eu,
    CAST(max_residence_years_third_country AS INTEGER) AS max_years_third_country,
    CAST(excludes_permanent_card_third_country AS BOOLEAN) AS excludes_permanent_card
    FROM read_csv('{{folder}}/category_rules.csv', {COMMON});
"""

LINES = f"""
CREATE OR REPLACE TEMP TABLE line AS
WITH judged AS (
    SELECT hash({{columns}}) AS row_hash, insz, insz_number, first_day, last_day, teken, wetgeving, hoedanigheidscode,
        begrotingsartikel, hulptype, TRY_CAST(bedrag AS BIGINT) AS cents
    FROM (
        SELECT *, TRY_CAST(insz AS BIGINT) AS insz_number, {{eerste_dag}} AS first_day, {{laatste_dag}} AS last_day
        FROM {{source}}
    )
    WHERE {{valid_insz}}
        AND first_day <= last_day AND last_day <= $last_day AND jaarmaand = $yyyymm
        AND regexp_full_match(type_bedrag, '[1-6]') AND teken IN ('+', '-')
        AND regexp_full_match(CAST(bedrag AS VARCHAR), '0*[0-9]{{{{1,12}}}}')
        AND regexp_full_match(ocmw_nis, '[0-9]{{{{5}}}}')
        AND (suffix IS NULL OR regexp_full_match(suffix, '[0-9]{{{{2}}}}'))
        AND (hoedanigheidscode IS NULL OR regexp_full_match(hoedanigheidscode, '[0-9]{{{{1,3}}}}'))
        AND length(dossier) <= 11 AND length(referentie) <= 12 AND length(naam) <= 30
        AND (categorie IS NULL
            OR (length(categorie) = 1 AND (wetgeving <> '1' OR categorie IN ('1', '2', '3'))))
)
SELECT DISTINCT row_hash, insz_number AS insz,
    CAST(CASE wetgeving WHEN '1' THEN article.kind ELSE help_type.kind END AS UTINYINT) AS aid_kind,
    first_day, last_day, teken = '+' AS is_paid,
    CASE teken WHEN '+' THEN cents ELSE -cents END AS cents,
    (cents * share + 5000) // 10000 * CASE teken WHEN '+' THEN 1 ELSE -1 END AS share_cents,
    coalesce(CAST(hoedanigheidscode AS SMALLINT), {DERIVED_QUALITY}[aid_kind]) AS quality
FROM judged
INNER JOIN article ON code = begrotingsartikel AND law = wetgeving AND first_day BETWEEN valid_from AND valid_to
LEFT JOIN help_type ON help_type.code = hulptype
    AND first_day BETWEEN help_type.valid_from AND help_type.valid_to
WHERE wetgeving IN ('1', '2') AND aid_kind IS NOT NULL
"""
