-- reimbursed_runs: runs of consecutive reimbursed days, from which days, months and periods are read.
-- Grain: one row per person, series, aid kind and run; persons of selection one whose category has a rule.
-- Inputs: selection_one, selection_two, identity_map, aid_history (all statements up to this one), statement_month,
--   category_rules.
-- Legal basis: note of 8 May 2014, 1.2; rules.md section 3. Nothing is counted about a person whom no rule looks at
--   (deliberation 18/055, 29).
--
-- A line spreads its amount evenly over its days. A day is reimbursed when the sum over all lines of the series is at
-- least one cent. The sweep knows only the days on which that sum changes, so it scales with lines and not with days.
-- Amounts per day are whole billionths of a cent: a full recovery gives exactly zero, and a sum is wrong by far less
-- than the millionth of a cent that the comparison allows.

WITH targeted AS (
    SELECT
        selection_one.insz,
        category_rules.counts_assistance_employment
    FROM selection_one
    INNER JOIN selection_two ON selection_two.insz = selection_one.insz AND selection_two.has_rule
    CROSS JOIN statement_month
    INNER JOIN category_rules
        ON category_rules.regime = statement_month.regime AND category_rules.category = selection_two.category
),

-- a person's history is that of all the numbers held
numbers AS (
    SELECT insz AS held_insz, insz, counts_assistance_employment FROM targeted
    UNION ALL
    SELECT identity_map.old_insz, targeted.insz, targeted.counts_assistance_employment
    FROM targeted
    INNER JOIN identity_map ON identity_map.present_insz = targeted.insz
),

lines AS (
    SELECT
        numbers.insz,
        aid_history.month,
        aid_history.aid_kind,
        aid_history.eerste_dag AS first_day,
        aid_history.laatste_dag + 1 AS day_after,
        CAST(aid_history.amount_cents AS HUGEINT) * 1000000000
        // (aid_history.laatste_dag - aid_history.eerste_dag + 1) AS amount_per_day
    FROM aid_history
    INNER JOIN numbers ON numbers.held_insz = aid_history.insz
    WHERE
        aid_history.aid_kind IN ('LIVING_WAGE', 'INTEGRATION_OTHER', 'ASSISTANCE')
        OR (aid_history.aid_kind = 'ASSISTANCE_EMPLOYMENT' AND numbers.counts_assistance_employment)
),

series_lines AS (
    SELECT insz, 'LIVING_WAGE' AS series, NULL AS aid_kind, first_day, day_after, amount_per_day
    FROM lines
    WHERE aid_kind = 'LIVING_WAGE'
    UNION ALL
    SELECT insz, 'ASSISTANCE' AS series, NULL AS aid_kind, first_day, day_after, amount_per_day
    FROM lines
    WHERE aid_kind IN ('ASSISTANCE', 'ASSISTANCE_EMPLOYMENT')
    UNION ALL
    -- a regime that may tell DVZ the natures of the aid tells the periods of each
    SELECT
        lines.insz,
        'TWELVE_MONTHS' AS series,
        CASE WHEN list_contains(statement_month.authorised_fields, 'aid_natures') THEN lines.aid_kind END AS aid_kind,
        lines.first_day,
        lines.day_after,
        lines.amount_per_day
    FROM lines
    CROSS JOIN statement_month
    WHERE lines.month >= statement_month.first_of_twelve_months
),

changes AS (
    SELECT insz, series, aid_kind, day, sum(change) AS change
    FROM (
        SELECT insz, series, aid_kind, first_day AS day, amount_per_day AS change FROM series_lines
        UNION ALL
        SELECT insz, series, aid_kind, day_after AS day, -amount_per_day AS change FROM series_lines
    )
    GROUP BY insz, series, aid_kind, day
),

levels AS (
    SELECT
        insz,
        series,
        aid_kind,
        day,
        sum(change) OVER (PARTITION BY insz, series, aid_kind ORDER BY day) AS amount_per_day,
        lead(day) OVER (PARTITION BY insz, series, aid_kind ORDER BY day) AS next_day
    FROM changes
),

-- one cent, less the millionth that rounding may take away
reimbursed AS (
    SELECT
        insz,
        series,
        aid_kind,
        day,
        next_day,
        lag(next_day) OVER (PARTITION BY insz, series, aid_kind ORDER BY day) AS previous_end
    FROM levels
    WHERE amount_per_day >= 1000000000 - 1000
),

numbered AS (
    SELECT
        insz,
        series,
        aid_kind,
        day,
        next_day,
        sum(CASE WHEN day = previous_end THEN 0 ELSE 1 END)
            OVER (PARTITION BY insz, series, aid_kind ORDER BY day) AS run
    FROM reimbursed
)

SELECT
    insz,
    series,
    aid_kind,
    min(day) AS run_start,
    max(next_day) - 1 AS run_end,
    max(next_day) - min(day) AS days
FROM numbered
GROUP BY insz, series, aid_kind, run
