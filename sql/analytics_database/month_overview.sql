-- month_overview: control.overview with its counts of persons protected; rows read and rejected are exact.
-- Grain: one row. Input: exact_overview (sql/dvz_database/overview.sql). Contract section 5.2.

WITH shown AS (
    SELECT
        * REPLACE (
            protected(register_rows_dropped) AS register_rows_dropped,
            protected(selection_one) AS selection_one,
            protected(intersection) AS intersection,
            protected(sent) AS sent
        )
    FROM exact_overview
)

SELECT
    *,
    register_rows_dropped IS NULL OR selection_one IS NULL OR intersection IS NULL OR sent IS NULL AS suppressed
FROM shown
