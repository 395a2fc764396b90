-- aided_persons: persons with a line in the statement, by what is known of them, protected.
-- Grain: one row per dimension and value. Inputs: month_measures, exact_overview (sql/dvz_database), statement_month.
-- Contract section 5.2. Persons may be no part of selection one, so that a count here only bounds others from above; and a
-- count that is shown is zero or not small. Nationality groups add up to the register rows that were not dropped: they are
-- shown together, and only where the count of those dropped is.

WITH shown AS (
    SELECT
        month_measures.measure,
        month_measures.code,
        protected(month_measures.value) AS persons
    FROM month_measures
    WHERE
        month_measures.measure IN (
            'PERSONS_BY_REGION', 'PERSONS_BY_OCMW_SIZE', 'PERSONS_BY_AID_KIND', 'PERSONS_BY_ARTICLE',
            'PERSONS_BY_HELP_TYPE', 'PERSONS_BY_MONTHS_AGO', 'PERSONS_BY_NATIONALITY_GROUP'
        )
),

whole AS (
    SELECT
        shown.measure,
        shown.measure = 'PERSONS_BY_NATIONALITY_GROUP'
        AND (
            bool_or(shown.persons IS NULL)
            OR (SELECT protected(exact_overview.register_rows_dropped) FROM exact_overview) IS NULL
        ) AS is_hidden
    FROM shown
    GROUP BY shown.measure
)

SELECT
    statement_month.month,
    statement_month.regime,
    replace(shown.measure, 'PERSONS_BY_', '') AS dimension,
    shown.code AS value,
    CASE WHEN NOT whole.is_hidden THEN shown.persons END AS persons,
    whole.is_hidden OR shown.persons IS NULL AS suppressed
FROM shown
INNER JOIN whole USING (measure)
CROSS JOIN statement_month
