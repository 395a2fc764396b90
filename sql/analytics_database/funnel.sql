-- funnel: control.funnel with its counts protected.
-- Grain: one row per step. Input: exact_funnel (sql/dvz_database/funnel.sql). Contract section 5.2.

SELECT
    * REPLACE (protected(persons) AS persons),
    protected(persons) IS NULL AS suppressed
FROM exact_funnel
