-- monthly_summary: persons sent by category and ground, and what they have, protected.
-- Grain: one row per category and ground that somebody has. Inputs: decisions, dvz_export. Contract section 5.2.

SELECT
    decisions.month,
    decisions.regime,
    decisions.category,
    grounds.ground,
    protected(count(*)) AS persons,
    protected_amount(list(CAST(100 * dvz_export.aid_amount_granted AS BIGINT))) / 100 AS aid_amount_granted,
    protected_amount(list(CAST(100 * dvz_export.amount_reimbursed_12m AS BIGINT))) / 100 AS amount_reimbursed_12m,
    protected(count(*)) IS NULL AS suppressed
FROM decisions
INNER JOIN dvz_export ON dvz_export.insz = decisions.insz
CROSS JOIN unnest(decisions.grounds) AS grounds (ground)
GROUP BY ALL
