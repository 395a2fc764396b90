-- funnel: persons by the step at which their way ends, zeros included.
-- Grain: one row per step. Inputs: decisions, register_persons, statement_month. Contract section 5.2; outcomes in the
-- order of rules.md sections 4 and 5. ANNEX_19 is a part of NO_RESIDENCE_MOTIVE (rules.md section 7).

WITH steps AS (
    SELECT * FROM (VALUES
        (0, 'SELECTION_ONE'),
        (1, 'NOT_IN_REGISTER'),
        (2, 'DECEASED'),
        (3, 'BELGIAN'),
        (4, 'REGISTER_UNKNOWN'),
        (5, 'POPULATION_REGISTER'),
        (6, 'NO_RESIDENCE_MOTIVE'),
        (7, 'MOTIVE_UNMAPPED'),
        (8, 'MOTIVE_NOT_TARGETED'),
        (9, 'NOT_THIRD_COUNTRY'),
        (10, 'LIMITED_STAY_UNKNOWN'),
        (11, 'STAY_NOT_LIMITED'),
        (12, 'PERMANENT_CARD'),
        (13, 'RESIDENCE_START_UNKNOWN'),
        (14, 'RESIDENCE_TOO_LONG'),
        (15, 'NO_COUNTED_AID'),
        (16, 'BELOW_THRESHOLD'),
        (17, 'SENT'),
        (18, 'ANNEX_19')
    ) AS steps (step_order, step)
),

counts AS (
    SELECT 'SELECTION_ONE' AS step, count(*) AS persons FROM decisions
    UNION ALL
    SELECT outcome AS step, count(*) AS persons FROM decisions GROUP BY outcome
    UNION ALL
    SELECT 'ANNEX_19' AS step, count(*) AS persons
    FROM decisions
    INNER JOIN register_persons ON register_persons.insz = CAST(decisions.insz AS BIGINT)
    WHERE
        decisions.outcome = 'NO_RESIDENCE_MOTIVE'
        AND register_persons.verblijfsdocument IN ('BIJLAGE_19', 'BIJLAGE_19TER')
)

SELECT
    statement_month.month,
    statement_month.regime,
    steps.step,
    steps.step_order,
    coalesce(counts.persons, 0) AS persons
FROM steps
CROSS JOIN statement_month
LEFT JOIN counts ON counts.step = steps.step
