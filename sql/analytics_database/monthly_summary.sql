-- monthly_summary: persons sent by category and ground, small cells suppressed.
-- Grain: one row per category and ground. Inputs: decisions, dvz_export, publishing (small_cell_threshold).
-- Contract section 5.2.

WITH cells AS (
    SELECT
        decisions.month,
        decisions.regime,
        decisions.category,
        grounds.ground,
        count(*) AS persons,
        sum(dvz_export.aid_amount_granted) AS aid_amount_granted,
        sum(dvz_export.amount_reimbursed_12m) AS amount_reimbursed_12m
    FROM decisions
    INNER JOIN dvz_export ON dvz_export.insz = decisions.insz
    CROSS JOIN unnest(decisions.grounds) AS grounds (ground)
    GROUP BY ALL
)

SELECT
    cells.month,
    cells.regime,
    cells.category,
    cells.ground,
    CASE WHEN cells.persons >= publishing.small_cell_threshold THEN cells.persons END AS persons,
    CASE WHEN cells.persons >= publishing.small_cell_threshold THEN cells.aid_amount_granted END AS aid_amount_granted,
    CASE WHEN cells.persons >= publishing.small_cell_threshold THEN cells.amount_reimbursed_12m END
        AS amount_reimbursed_12m
FROM cells
CROSS JOIN publishing
