-- reject_trend: which rows are rejected for which reason, and whether it gets worse; a reason that did not occur has 0.
-- Grain: one row per month, source and reason that ever occurred. Inputs: rejects, month_overview.

WITH reasons AS (
    SELECT DISTINCT source, reason FROM main.rejects
)

SELECT
    month_overview.month,
    reasons.source,
    reasons.reason,
    coalesce(rejects.rows, 0) AS rows,
    coalesce(rejects.rows, 0) - lag(coalesce(rejects.rows, 0))
        OVER (PARTITION BY reasons.source, reasons.reason ORDER BY month_overview.month) AS change
FROM main.month_overview
CROSS JOIN reasons
LEFT JOIN main.rejects
    ON rejects.month = month_overview.month
    AND rejects.source = reasons.source
    AND rejects.reason = reasons.reason
