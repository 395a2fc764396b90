-- aided_persons: persons with a line in the statement, by what is known of them, protected.
-- Grain: one row per dimension and value. Inputs: month_measures, exact_overview (sql/dvz_database), statement_month.
-- Contract section 5.2. Persons may be no part of selection one, so that a count here only bounds others from above. A
-- dimension hides more than its small counts where their sum would tell one of them. Two of them add up to the register
-- rows that were not dropped: these are hidden where the count of those dropped is.

WITH dimensions AS (
    SELECT
        measure,
        list(code ORDER BY code) AS codes,
        protected_parts(list(value ORDER BY code)) AS counts
    FROM month_measures
    WHERE
        measure IN (
            'PERSONS_BY_REGION', 'PERSONS_BY_OCMW_SIZE', 'PERSONS_BY_AID_KIND', 'PERSONS_BY_SPELL',
            'PERSONS_BY_NATIONALITY_GROUP', 'PERSONS_BY_MOTIVE'
        )
    GROUP BY measure
),

shown AS (
    SELECT
        CASE measure WHEN 'PERSONS_BY_MOTIVE' THEN 'CAPACITY' ELSE replace(measure, 'PERSONS_BY_', '') END AS dimension,
        unnest(codes) AS value,
        unnest(
            CASE
                WHEN measure NOT IN ('PERSONS_BY_NATIONALITY_GROUP', 'PERSONS_BY_MOTIVE') THEN counts
                WHEN (SELECT protected(register_rows_dropped) FROM exact_overview) IS NOT NULL THEN counts
                ELSE list_transform(counts, lambda each: NULL)
            END
        ) AS persons
    FROM dimensions
)

SELECT
    statement_month.month,
    statement_month.regime,
    shown.dimension,
    shown.value,
    shown.persons,
    shown.persons IS NULL AS suppressed
FROM shown
CROSS JOIN statement_month
