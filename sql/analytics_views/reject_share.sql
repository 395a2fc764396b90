-- reject_share: which part of the delivered rows is rejected.
-- Grain: one row per month. Input: month_overview.

SELECT
    month,
    rejected_rows,
    statement_lines + register_rows AS delivered_rows,
    round(100.0 * rejected_rows / nullif(statement_lines + register_rows, 0), 2) AS percent_rejected
FROM main.month_overview
