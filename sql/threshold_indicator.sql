-- threshold_indicator: how the aid of students and their family who are sent compares with three times the living wage.
-- Grain: one row per person sent as student or family of a student.
-- Inputs: decisions, held_numbers, recent_lines (aid_history of the last twelve statements), aid_history (all statements
--   up to this one), statement_month, counted_kinds, living_wage_amounts.
-- Legal basis: deliberation 18/055, 12, 14, 19 and 20; rules.md section 7. It helps DVZ to read a signal, is in no field
--   list, and is never sent.

WITH students AS (
    SELECT CAST(decisions.insz AS BIGINT) AS insz, decisions.regime, decisions.category
    FROM decisions
    WHERE decisions.outcome = 'SENT' AND decisions.category IN ('TCN_STUDENT', 'TCN_STUDENT_FAMILY')
),

numbers AS (
    SELECT held_numbers.held_insz, students.*
    FROM students
    INNER JOIN held_numbers ON held_numbers.insz = students.insz
),

amounts AS (
    SELECT numbers.insz, sum(recent_lines.amount_cents) AS amount_cents
    FROM recent_lines
    INNER JOIN numbers ON numbers.held_insz = recent_lines.insz
    INNER JOIN counted_kinds
        ON
            counted_kinds.regime = numbers.regime
            AND counted_kinds.category = numbers.category
            AND counted_kinds.aid_kind = recent_lines.aid_kind
    GROUP BY numbers.insz
),

-- of the latest line of living wage that has a category
categories AS (
    SELECT
        numbers.insz,
        arg_max(
            aid_history.categorie,
            {'month': aid_history.month, 'last_day': aid_history.laatste_dag, 'line': aid_history.line_number}
        ) AS living_wage_category
    FROM aid_history
    INNER JOIN numbers ON numbers.held_insz = aid_history.insz
    WHERE aid_history.aid_kind = 'LIVING_WAGE' AND aid_history.categorie IS NOT NULL
    GROUP BY numbers.insz
),

aid AS (
    SELECT
        students.insz,
        students.category,
        amounts.amount_cents,
        coalesce(categories.living_wage_category, '2') AS living_wage_category,
        categories.living_wage_category IS NULL AS living_wage_category_assumed
    FROM students
    INNER JOIN amounts ON amounts.insz = students.insz -- nobody is sent without a counted line in the month
    LEFT JOIN categories ON categories.insz = students.insz
),

monthly AS (
    SELECT
        arg_max([category_1, category_2, category_3], valid_from) AS amounts,
        arg_max(verified, valid_from) AS verified
    FROM living_wage_amounts
    CROSS JOIN statement_month
    WHERE living_wage_amounts.valid_from <= last_day(statement_month.month)
),

compared AS (
    SELECT
        aid.*,
        CAST(aid.amount_cents AS DECIMAL(18, 0)) * 0.01 AS amount,
        monthly.amounts[CAST(aid.living_wage_category AS INTEGER)] AS monthly_living_wage,
        monthly.verified
    FROM aid
    CROSS JOIN monthly
)

SELECT
    statement_month.month,
    lpad(CAST(compared.insz AS VARCHAR), 11, '0') AS insz,
    compared.category,
    compared.living_wage_category,
    compared.living_wage_category_assumed,
    compared.amount AS aid_amount_12m,
    compared.monthly_living_wage,
    compared.verified,
    compared.amount / compared.monthly_living_wage AS multiple,
    compared.amount > 3 * compared.monthly_living_wage AS exceeds
FROM compared
CROSS JOIN statement_month
