-- control.overview: what came in, and how many persons are in each selection.
-- Grain: one row. Inputs: statement_month, row_counts (row counts of the manifests), selections, decisions, delivery.
-- Contract section 5.1.

SELECT
    statement_month.month,
    statement_month.regime,
    statement_month.reference_date,
    row_counts.statement_lines,
    row_counts.rejected_rows,
    row_counts.register_rows,
    row_counts.register_rows_dropped,
    (SELECT count(*) FROM selection_one) AS selection_one,
    (SELECT count(*) FROM intersection) AS intersection,
    (SELECT count(*) FROM decisions WHERE outcome = 'SENT') AS sent,
    (SELECT count(*) FROM delivery) AS deliveries
FROM statement_month
CROSS JOIN row_counts
