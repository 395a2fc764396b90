-- control.funnel: persons by the step at which their way ends, zeros included.
-- Grain: one row per step. Inputs: decisions, register_persons, statement_month, outcomes. Contract section 5.1; ANNEX_19
-- is a part of NO_RESIDENCE_MOTIVE and RIGHT_NOT_RECOGNISED (rules.md section 7).

WITH counts AS (
    SELECT 'SELECTION_ONE' AS step, count(*) AS persons FROM decisions
    UNION ALL
    SELECT outcome AS step, count(*) AS persons FROM decisions GROUP BY outcome
    UNION ALL
    SELECT 'ANNEX_19' AS step, count(*) AS persons
    FROM decisions
    INNER JOIN register_persons ON register_persons.insz = CAST(decisions.insz AS BIGINT)
    WHERE
        decisions.outcome IN ('NO_RESIDENCE_MOTIVE', 'RIGHT_NOT_RECOGNISED')
        AND register_persons.verblijfsdocument IN ('BIJLAGE_19', 'BIJLAGE_19TER')
)

SELECT
    statement_month.month,
    statement_month.regime,
    outcomes.outcome AS step,
    outcomes.step_order,
    coalesce(counts.persons, 0) AS persons
FROM outcomes
CROSS JOIN statement_month
LEFT JOIN counts ON counts.step = outcomes.outcome
