-- corrections: persons whose earlier signals the month takes back, and whose number sent was replaced; protected.
-- Grain: one row per kind and reason that occurs. Inputs: corrections, statement_month. Contract section 5.2.

SELECT
    statement_month.month,
    statement_month.regime,
    corrections.kind,
    corrections.reason,
    protected(count(DISTINCT corrections.insz)) AS persons,
    protected(count(DISTINCT corrections.insz)) IS NULL AS suppressed
FROM corrections
CROSS JOIN statement_month
GROUP BY ALL
