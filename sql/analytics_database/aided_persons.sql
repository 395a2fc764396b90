-- aided_persons: persons with a line in the statement, by what is known of them, protected.
-- Grain: one row per dimension and value. Inputs: month_measures, statement_month. Contract section 5.2.
-- Persons may be no part of selection one, so that a count here only bounds others from above; and a count that bounds is
-- at least small_cell_threshold, or zero. Of the register the sum is known nearly: it is shown as a whole or not at all.

WITH shown AS (
    SELECT
        measure,
        code,
        protected(value) AS persons,
        bool_or(protected(value) IS NULL) OVER (PARTITION BY measure) AS is_any_hidden
    FROM month_measures
    WHERE
        measure IN (
            'PERSONS_BY_REGION', 'PERSONS_BY_OCMW_SIZE', 'PERSONS_BY_AID_KIND', 'PERSONS_BY_ARTICLE',
            'PERSONS_BY_HELP_TYPE', 'PERSONS_BY_MONTHS_AGO', 'PERSONS_BY_NATIONALITY_GROUP'
        )
)

SELECT
    statement_month.month,
    statement_month.regime,
    replace(shown.measure, 'PERSONS_BY_', '') AS dimension,
    shown.code AS value,
    CASE WHEN NOT (shown.measure = 'PERSONS_BY_NATIONALITY_GROUP' AND shown.is_any_hidden) THEN shown.persons END
        AS persons,
    shown.persons IS NULL OR (shown.measure = 'PERSONS_BY_NATIONALITY_GROUP' AND shown.is_any_hidden) AS suppressed
FROM shown
CROSS JOIN statement_month
