-- decisions: outcome and grounds of every person of selection one.
-- Grain: one row per person.
-- Inputs: selection_one, selection_two, intersection, reimbursed_runs, statement_lines (aid_history of the month),
--   identity_map, statement_month, category_rules.
-- Legal basis: note of 8 May 2014, 1.2; deliberation 18/055, 10-26; rules.md sections 4 and 5. Thresholds and counted
--   kinds stand in category_rules.

WITH person_lines AS (
    SELECT
        coalesce(identity_map.present_insz, statement_lines.insz) AS insz,
        statement_lines.aid_kind,
        statement_lines.teken,
        statement_lines.eerste_dag,
        statement_lines.amount_cents
    FROM statement_lines
    LEFT JOIN identity_map ON identity_map.old_insz = statement_lines.insz
),

this_statement AS (
    SELECT
        intersection.insz,
        sum(person_lines.amount_cents) AS counted_net_cents,
        coalesce(sum(person_lines.amount_cents) FILTER (WHERE person_lines.aid_kind = 'LIVING_WAGE'), 0)
            AS living_wage_net_cents,
        coalesce(sum(person_lines.amount_cents) FILTER (
            WHERE person_lines.aid_kind IN ('ASSISTANCE', 'ASSISTANCE_EMPLOYMENT')
        ), 0) AS assistance_net_cents,
        min(person_lines.eerste_dag) FILTER (WHERE person_lines.aid_kind = 'LIVING_WAGE' AND person_lines.teken = '+')
            AS first_living_wage_day
    FROM intersection
    CROSS JOIN statement_month
    INNER JOIN category_rules
        ON category_rules.regime = statement_month.regime AND category_rules.category = intersection.category
    INNER JOIN person_lines
        ON
            person_lines.insz = intersection.insz
            AND (
                person_lines.aid_kind IN ('LIVING_WAGE', 'INTEGRATION_OTHER', 'ASSISTANCE')
                OR (person_lines.aid_kind = 'ASSISTANCE_EMPLOYMENT' AND category_rules.counts_assistance_employment)
            )
    GROUP BY intersection.insz
),

living_wage AS (
    SELECT insz, sum(days) AS living_wage_days, max(days) AS longest_living_wage_run
    FROM reimbursed_runs
    WHERE series = 'LIVING_WAGE'
    GROUP BY insz
),

-- months touched by a run, less the first one when the run before it ended in the same month
assistance AS (
    SELECT
        insz,
        min(run_start) AS first_assistance_day,
        sum(
            last_month - first_month + 1
            - CASE WHEN first_month = last_month_before THEN 1 ELSE 0 END
        ) AS assistance_months
    FROM (
        SELECT
            insz,
            run_start,
            first_month,
            last_month,
            lag(last_month) OVER (PARTITION BY insz ORDER BY run_start) AS last_month_before
        FROM (
            SELECT
                insz,
                run_start,
                year(run_start) * 12 + month(run_start) AS first_month,
                year(run_end) * 12 + month(run_end) AS last_month
            FROM reimbursed_runs
            WHERE series = 'ASSISTANCE'
        )
    )
    GROUP BY insz
),

counted AS (
    SELECT
        selection_one.insz,
        selection_two.insz IS NOT NULL AS is_in_register,
        selection_two.category,
        selection_two.failed_test,
        rule.criteria,
        rule.min_living_wage_days,
        rule.min_assistance_months,
        CASE WHEN selection_two.has_rule THEN coalesce(living_wage.living_wage_days, 0) END AS living_wage_days,
        CASE WHEN selection_two.has_rule THEN coalesce(living_wage.longest_living_wage_run, 0) END
            AS longest_living_wage_run,
        CASE WHEN selection_two.has_rule THEN coalesce(assistance.assistance_months, 0) END AS assistance_months,
        assistance.first_assistance_day,
        coalesce(this_statement.counted_net_cents, 0) AS counted_net_cents,
        this_statement.living_wage_net_cents,
        this_statement.assistance_net_cents,
        this_statement.first_living_wage_day
    FROM selection_one
    CROSS JOIN statement_month
    LEFT JOIN selection_two ON selection_two.insz = selection_one.insz
    LEFT JOIN category_rules AS rule
        ON rule.regime = statement_month.regime AND rule.category = selection_two.category
    LEFT JOIN living_wage ON living_wage.insz = selection_one.insz
    LEFT JOIN assistance ON assistance.insz = selection_one.insz
    LEFT JOIN this_statement ON this_statement.insz = selection_one.insz
),

judged AS (
    SELECT
        *,
        list_filter([
            CASE
                WHEN criteria = 'ASSISTANCE_MONTHS' AND assistance_months >= min_assistance_months
                    THEN 'ASSISTANCE_4_MONTHS'
            END,
            CASE
                WHEN
                    criteria = 'DAYS_OR_ASSISTANCE'
                    AND living_wage_net_cents > 0
                    AND first_assistance_day < first_living_wage_day
                    THEN 'LIVING_WAGE_AFTER_ASSISTANCE'
            END,
            CASE
                WHEN criteria = 'DAYS_OR_ASSISTANCE' AND living_wage_days >= min_living_wage_days
                    THEN 'LIVING_WAGE_90_DAYS'
            END,
            CASE
                WHEN criteria = 'DAYS_OR_ASSISTANCE' AND assistance_net_cents > 0
                    THEN 'SOCIAL_ASSISTANCE'
            END
        ], lambda ground: ground IS NOT NULL) AS holding_grounds
    FROM counted
),

outcomes AS (
    SELECT
        *,
        CASE
            WHEN NOT is_in_register THEN 'NOT_IN_REGISTER'
            WHEN failed_test IS NOT NULL THEN failed_test
            WHEN counted_net_cents <= 0 THEN 'NO_COUNTED_AID'
            WHEN array_length(holding_grounds) = 0 THEN 'BELOW_THRESHOLD'
            ELSE 'SENT'
        END AS outcome
    FROM judged
)

SELECT
    statement_month.month,
    statement_month.regime,
    lpad(CAST(outcomes.insz AS VARCHAR), 11, '0') AS insz,
    outcomes.category,
    outcomes.outcome,
    CASE WHEN outcomes.outcome = 'SENT' THEN list_sort(outcomes.holding_grounds) ELSE [] END AS grounds,
    outcomes.living_wage_days,
    outcomes.longest_living_wage_run,
    outcomes.assistance_months
FROM outcomes
CROSS JOIN statement_month
