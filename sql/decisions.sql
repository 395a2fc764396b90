-- decisions: outcome and grounds of every person of selection one.
-- Grain: one row per person.
-- Inputs: selection_one, selection_two, intersection, reimbursed_runs, statement_lines (aid_history of the month),
--   held_numbers, statement_month, category_rules, counted_kinds, withheld (the list of the desk).
-- Legal basis: note of 8 May 2014, 1.2; deliberation 18/055, 10-26; rules.md sections 4 and 5. Grounds,
--   thresholds and readings stand in category_rules.

WITH this_statement AS (
    SELECT
        intersection.insz,
        sum(lines.amount_cents) AS counted_net_cents,
        sum(lines.amount_cents) FILTER (WHERE lines.aid_kind = 'LIVING_WAGE') AS living_wage_net_cents,
        sum(lines.amount_cents) FILTER (WHERE counted_kinds.selection_one = 'ASSISTANCE') AS assistance_net_cents,
        min(lines.eerste_dag) FILTER (WHERE lines.aid_kind = 'LIVING_WAGE' AND lines.teken = '+')
            AS first_living_wage_day
    FROM intersection
    CROSS JOIN statement_month
    INNER JOIN held_numbers ON held_numbers.insz = intersection.insz
    INNER JOIN statement_lines AS lines ON lines.insz = held_numbers.held_insz
    INNER JOIN counted_kinds
        ON
            counted_kinds.regime = statement_month.regime
            AND counted_kinds.category = intersection.category
            AND counted_kinds.aid_kind = lines.aid_kind
    GROUP BY intersection.insz
),

rules AS (
    SELECT
        selection_two.insz,
        category_rules.*,
        -- the window of a rule begins with the first day of a month
        CAST(statement_month.month - to_months(category_rules.living_wage_window_months - 1) AS DATE)
            AS first_day_of_window
    FROM selection_two
    CROSS JOIN statement_month
    INNER JOIN category_rules
        ON category_rules.regime = statement_month.regime AND category_rules.category = selection_two.category
),

living_wage AS (
    SELECT insz, sum(days) AS living_wage_days, max(days) AS longest_living_wage_run
    FROM (
        SELECT
            runs.insz,
            runs.days - greatest(rules.first_day_of_window - runs.run_start, 0) AS days
        FROM reimbursed_runs AS runs
        INNER JOIN rules ON rules.insz = runs.insz
        WHERE
            runs.series = 'LIVING_WAGE'
            AND (rules.first_day_of_window IS NULL OR runs.run_end >= rules.first_day_of_window)
    )
    GROUP BY insz
),

-- months as numbers, of each run of assistance: those that it touches, and those of which it has every day
assistance_runs AS (
    SELECT
        runs.insz,
        runs.run_start,
        runs.run_end,
        rules.assistance_month_mode,
        year(runs.run_start) * 12 + month(runs.run_start) AS first_month,
        year(runs.run_end) * 12 + month(runs.run_end) AS last_month,
        CASE WHEN day(runs.run_start) = 1 THEN 0 ELSE 1 END AS is_begun_late,
        CASE WHEN runs.run_end = last_day(runs.run_end) THEN 0 ELSE 1 END AS is_ended_early
    FROM reimbursed_runs AS runs
    INNER JOIN rules ON rules.insz = runs.insz
    WHERE runs.series = 'ASSISTANCE'
),

assistance AS (
    SELECT
        insz,
        sum(CASE assistance_month_mode
            WHEN 'ANY_DAY'
                -- the first one only when the run before it did not end in the same month
                THEN last_month - first_month + 1 - CASE WHEN first_month = last_month_before THEN 1 ELSE 0 END
            WHEN 'WHOLE_MONTH' THEN greatest(last_month - is_ended_early - first_month - is_begun_late + 1, 0)
        END) AS assistance_months
    FROM (
        SELECT *, lag(last_month) OVER (PARTITION BY insz ORDER BY run_start) AS last_month_before
        FROM assistance_runs
    )
    GROUP BY insz
),

-- the last day of the latest run of assistance that begins before the first day of living wage in the statement; that
-- it may go on after that day is the same to a test that asks for a day of the months before
assistance_before AS (
    SELECT
        runs.insz,
        max(runs.run_end) AS last_assistance_day
    FROM assistance_runs AS runs
    INNER JOIN this_statement ON this_statement.insz = runs.insz
    WHERE runs.run_start < this_statement.first_living_wage_day
    GROUP BY runs.insz
),

counted AS (
    SELECT
        selection_one.insz,
        selection_two.insz IS NOT NULL AS is_in_register,
        selection_two.category,
        selection_two.failed_test,
        rules.grounds,
        rules.living_wage_days_mode,
        rules.min_living_wage_days,
        rules.assistance_before_months,
        rules.min_assistance_months,
        CASE WHEN selection_two.has_rule THEN coalesce(living_wage.living_wage_days, 0) END AS living_wage_days,
        CASE WHEN selection_two.has_rule THEN coalesce(living_wage.longest_living_wage_run, 0) END
            AS longest_living_wage_run,
        CASE WHEN selection_two.has_rule THEN coalesce(assistance.assistance_months, 0) END AS assistance_months,
        assistance_before.last_assistance_day,
        coalesce(this_statement.counted_net_cents, 0) AS counted_net_cents,
        this_statement.living_wage_net_cents,
        this_statement.assistance_net_cents,
        this_statement.first_living_wage_day
    FROM selection_one
    LEFT JOIN selection_two ON selection_two.insz = selection_one.insz
    LEFT JOIN rules ON rules.insz = selection_one.insz
    LEFT JOIN living_wage ON living_wage.insz = selection_one.insz
    LEFT JOIN assistance ON assistance.insz = selection_one.insz
    LEFT JOIN assistance_before ON assistance_before.insz = selection_one.insz
    LEFT JOIN this_statement ON this_statement.insz = selection_one.insz
),

-- each ground of rules.md section 5, where the rule names it
judged AS (
    SELECT
        *,
        list_filter([
            CASE WHEN assistance_months >= min_assistance_months THEN 'ASSISTANCE_4_MONTHS' END,
            CASE
                WHEN
                    living_wage_net_cents > 0
                    AND last_assistance_day IS NOT NULL
                    AND (
                        assistance_before_months IS NULL
                        OR last_assistance_day
                        >= date_trunc('month', first_living_wage_day) - to_months(assistance_before_months)
                    )
                    THEN 'LIVING_WAGE_AFTER_ASSISTANCE'
            END,
            CASE
                WHEN
                    min_living_wage_days
                    <= CASE living_wage_days_mode
                        WHEN 'CUMULATIVE' THEN living_wage_days
                        WHEN 'CONSECUTIVE' THEN longest_living_wage_run
                    END
                    THEN 'LIVING_WAGE_90_DAYS'
            END,
            CASE WHEN assistance_net_cents > 0 THEN 'SOCIAL_ASSISTANCE' END
        ], lambda ground: list_contains(grounds, ground)) AS holding_grounds
    FROM counted
),

judgements AS (
    SELECT
        judged.*,
        CASE
            WHEN NOT is_in_register THEN 'NOT_IN_REGISTER'
            WHEN failed_test IS NOT NULL THEN failed_test
            WHEN counted_net_cents <= 0 THEN 'NO_COUNTED_AID'
            WHEN array_length(holding_grounds) = 0 THEN 'BELOW_THRESHOLD'
            WHEN withheld.insz IS NOT NULL THEN 'WITHHELD'
            ELSE 'SENT'
        END AS outcome
    FROM judged
    LEFT JOIN withheld ON withheld.insz = judged.insz
)

SELECT
    statement_month.month,
    statement_month.regime,
    lpad(CAST(judgements.insz AS VARCHAR), 11, '0') AS insz,
    judgements.category,
    judgements.outcome,
    CASE WHEN judgements.outcome = 'SENT' THEN list_sort(judgements.holding_grounds) ELSE [] END AS grounds,
    judgements.living_wage_days,
    judgements.longest_living_wage_run,
    judgements.assistance_months
FROM judgements
CROSS JOIN statement_month
