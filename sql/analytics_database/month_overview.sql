-- month_overview: what came in, and how many persons are in each selection.
-- Grain: one row. Inputs: statement_month, publishing (row counts of the manifests), selections, decisions, delivery.

SELECT
    statement_month.month,
    statement_month.regime,
    statement_month.reference_date,
    publishing.statement_lines,
    publishing.rejected_rows,
    publishing.register_rows,
    publishing.register_rows_dropped,
    (SELECT count(*) FROM selection_one) AS selection_one,
    (SELECT count(*) FROM intersection) AS intersection,
    (SELECT count(*) FROM decisions WHERE outcome = 'SENT') AS sent,
    (SELECT count(*) FROM delivery) AS deliveries
FROM statement_month
CROSS JOIN publishing
