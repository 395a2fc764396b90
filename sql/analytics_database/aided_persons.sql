-- aided_persons: persons with a line in the statement, by what is known of them, protected.
-- Grain: one row per dimension and value. Inputs: month_measures, exact_overview (sql/dvz_database), statement_month.
-- Contract section 5.2. Persons may be no part of selection one, so that a count here only bounds others from above; and a
-- count that is shown is zero or not small. Nationality groups add up to the register rows that were not dropped: they are
-- shown together, and only where the count of those dropped is.

WITH shown AS (
    SELECT
        month_measures.measure,
        month_measures.code,
        protected(month_measures.value) AS persons,
        month_measures.measure = 'PERSONS_BY_NATIONALITY_GROUP'
        AND (
            protected(exact_overview.register_rows_dropped) IS NULL
            OR bool_or(protected(month_measures.value) IS NULL) OVER (PARTITION BY month_measures.measure)
        ) AS is_hidden
    FROM month_measures
    CROSS JOIN exact_overview
    WHERE
        month_measures.measure IN (
            'PERSONS_BY_REGION', 'PERSONS_BY_OCMW_SIZE', 'PERSONS_BY_AID_KIND', 'PERSONS_BY_ARTICLE',
            'PERSONS_BY_HELP_TYPE', 'PERSONS_BY_MONTHS_AGO', 'PERSONS_BY_NATIONALITY_GROUP'
        )
)

SELECT
    statement_month.month,
    statement_month.regime,
    replace(shown.measure, 'PERSONS_BY_', '') AS dimension,
    shown.code AS value,
    CASE WHEN NOT shown.is_hidden THEN shown.persons END AS persons,
    shown.is_hidden OR shown.persons IS NULL AS suppressed
FROM shown
CROSS JOIN statement_month
