-- corrections: persons whose earlier signals the month takes back, and whose number sent was replaced.
-- Grain: one row per kind and reason that occurs. Inputs: corrections, statement_month, publishing (settings). Contract
-- section 5.2: a count below small_cell_threshold is hidden, the others are rounded.

SELECT
    statement_month.month,
    statement_month.regime,
    counted.kind,
    counted.reason,
    CASE
        WHEN counted.persons >= publishing.small_cell_threshold
            THEN round(counted.persons / publishing.rounding_base) * publishing.rounding_base
    END AS persons
FROM (SELECT kind, reason, count(DISTINCT insz) AS persons FROM corrections GROUP BY kind, reason) AS counted
CROSS JOIN statement_month
CROSS JOIN publishing
