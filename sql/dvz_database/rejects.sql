-- control.rejects: rejected rows by source and reason; the quarantine holds the rows themselves, for as long as it is kept.
-- Grain: one row per source and reason. Inputs: rejected_rows (counts of the manifests), statement_month. Contract 5.1.

SELECT
    statement_month.month,
    rejected_rows.source,
    rejected_rows.reason,
    sum(rejected_rows.rows) AS rows
FROM rejected_rows
CROSS JOIN statement_month
GROUP BY ALL
