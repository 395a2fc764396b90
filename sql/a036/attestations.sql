-- attestations: the periods in which one person was reimbursed, by nature, clipped to the period asked for.
-- Grain: one row per nature and period. Inputs: asked (held_insz, period_start, period_end: one row per number that the
--   person has or had), aid_history (all statements of the home).
-- Legal basis: deliberation 18/055, 2; rules.md sections 3 and 7. No amounts. Medical aid, contributions to the health
--   insurance and employment measures of RMI are no attestation of this kind.

WITH lines AS (
    SELECT
        CASE
            WHEN aid_history.aid_kind = 'LIVING_WAGE' THEN 'LIVING_WAGE'
            WHEN aid_history.hulptype = '101' THEN 'EQUIVALENT_LIVING_WAGE'
            ELSE 'SOCIAL_ASSISTANCE'
        END AS nature,
        aid_history.eerste_dag AS first_day,
        aid_history.laatste_dag + 1 AS day_after,
        -- billionths of a cent, as in reimbursed_runs
        CAST(aid_history.amount_cents AS HUGEINT) * 1000000000
        // (aid_history.laatste_dag - aid_history.eerste_dag + 1) AS amount_per_day
    FROM aid_history
    SEMI JOIN asked ON asked.held_insz = aid_history.insz
    WHERE aid_history.aid_kind IN ('LIVING_WAGE', 'ASSISTANCE', 'ASSISTANCE_EMPLOYMENT')
),

changes AS (
    SELECT nature, day, sum(change) AS change
    FROM (
        SELECT nature, first_day AS day, amount_per_day AS change FROM lines
        UNION ALL
        SELECT nature, day_after AS day, -amount_per_day AS change FROM lines
    )
    GROUP BY nature, day
),

levels AS (
    SELECT
        nature,
        day,
        sum(change) OVER (PARTITION BY nature ORDER BY day) AS amount_per_day,
        lead(day) OVER (PARTITION BY nature ORDER BY day) AS next_day
    FROM changes
),

reimbursed AS (
    SELECT nature, day, next_day, lag(next_day) OVER (PARTITION BY nature ORDER BY day) AS previous_end
    FROM levels
    WHERE amount_per_day >= 1000000000 - 1000
),

numbered AS (
    SELECT
        nature,
        day,
        next_day,
        sum(CASE WHEN day = previous_end THEN 0 ELSE 1 END) OVER (PARTITION BY nature ORDER BY day) AS run
    FROM reimbursed
),

runs AS (
    SELECT nature, min(day) AS run_start, max(next_day) - 1 AS run_end
    FROM numbered
    GROUP BY nature, run
)

SELECT
    runs.nature,
    CASE runs.nature WHEN 'LIVING_WAGE' THEN 'LAW_26_MAY_2002' ELSE 'LAW_2_APRIL_1965' END AS type,
    greatest(runs.run_start, period.period_start) AS period_start,
    least(runs.run_end, period.period_end) AS period_end
FROM runs
CROSS JOIN (SELECT DISTINCT period_start, period_end FROM asked) AS period
WHERE runs.run_start <= period.period_end AND runs.run_end >= period.period_start
ORDER BY runs.nature, period_start
