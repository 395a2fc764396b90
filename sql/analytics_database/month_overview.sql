-- month_overview: control.overview with its counts of persons protected; rows read and rejected are exact.
-- Grain: one row. Inputs: exact_overview, exact_funnel (sql/dvz_database). Contract section 5.2. The intersection is a sum
-- of outcomes beside that of selection one: it is shown where none of them is hidden.

WITH shown AS (
    SELECT
        * REPLACE (
            protected(register_rows_dropped) AS register_rows_dropped,
            protected(selection_one) AS selection_one,
            (
                SELECT protected_total(list(persons))
                FROM exact_funnel
                WHERE step IN ('NO_COUNTED_AID', 'BELOW_THRESHOLD', 'WITHHELD', 'SENT')
            ) AS intersection,
            protected(sent) AS sent
        )
    FROM exact_overview
)

SELECT
    *,
    register_rows_dropped IS NULL OR selection_one IS NULL OR intersection IS NULL OR sent IS NULL AS suppressed
FROM shown
