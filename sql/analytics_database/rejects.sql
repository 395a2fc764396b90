-- rejects: rejected rows by source and reason; the quarantine holds the rows themselves.
-- Grain: one row per source and reason. Inputs: quarantines of the delivered files, statement_month. Contract 5.2.

WITH rejected AS (
    SELECT 'novaprima' AS source, reason FROM novaprima_statement_quarantine
    UNION ALL
    SELECT 'register' AS source, reason FROM register_snapshot_quarantine
    UNION ALL
    SELECT 'register' AS source, reason FROM insz_replacements_quarantine
)

SELECT
    statement_month.month,
    rejected.source,
    rejected.reason,
    count(*) AS rows
FROM rejected
CROSS JOIN statement_month
GROUP BY ALL
