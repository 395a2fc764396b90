-- dvz_export: what is sent to DVZ about each person with the outcome SENT.
-- Grain: one row per person sent.
-- Inputs: decisions, register_snapshot, held_numbers, statement_lines (aid_history of the month), recent_lines
--   (aid_history of the last twelve statements), statement_month, category_rules, counted_kinds, export_fields,
--   residence_motives.
-- Legal basis: note of 8 May 2014, 1.3; deliberation 18/055, 2; rules.md section 6. A column is filled only when
--   export_fields authorises it for the regime of the month and the category of the person.

WITH sent AS (
    SELECT
        decisions.month,
        decisions.regime,
        CAST(decisions.insz AS BIGINT) AS insz,
        decisions.category
    FROM decisions
    WHERE decisions.outcome = 'SENT'
),

numbers AS (
    SELECT held_numbers.held_insz, sent.insz, sent.regime, sent.category
    FROM sent
    INNER JOIN held_numbers ON held_numbers.insz = sent.insz
),

-- columns that may be filled, by category
fields AS (
    SELECT category_rules.category, list(export_fields."column") AS authorised
    FROM category_rules
    INNER JOIN statement_month ON statement_month.regime = category_rules.regime
    INNER JOIN export_fields
        ON
            export_fields.regime = category_rules.regime
            AND (export_fields.category IS NULL OR export_fields.category = category_rules.category)
    GROUP BY category_rules.category
),

recent AS (
    SELECT
        numbers.insz,
        sum(recent_lines.amount_cents) AS amount_cents,
        sum(recent_lines.state_share_cents) AS state_share_cents
    FROM recent_lines
    INNER JOIN numbers ON numbers.held_insz = recent_lines.insz
    INNER JOIN counted_kinds
        ON
            counted_kinds.regime = numbers.regime
            AND counted_kinds.category = numbers.category
            AND counted_kinds.aid_kind = recent_lines.aid_kind
    GROUP BY numbers.insz
),

current_lines AS (
    SELECT
        numbers.insz,
        statement_lines.aid_kind,
        statement_lines.amount_cents,
        CASE
            WHEN statement_lines.teken = '+'
                THEN coalesce(CAST(statement_lines.hoedanigheidscode AS INTEGER), counted_kinds.derived_quality_code)
        END AS quality_code
    FROM statement_lines
    INNER JOIN numbers ON numbers.held_insz = statement_lines.insz
    INNER JOIN counted_kinds
        ON
            counted_kinds.regime = numbers.regime
            AND counted_kinds.category = numbers.category
            AND counted_kinds.aid_kind = statement_lines.aid_kind
),

natures AS (
    SELECT insz, list_sort(list(aid_kind)) AS aid_natures
    FROM (SELECT insz, aid_kind FROM current_lines GROUP BY insz, aid_kind HAVING sum(amount_cents) > 0)
    GROUP BY insz
),

granted AS (
    SELECT
        insz,
        sum(amount_cents) AS amount_cents,
        -- of the codes on the lines, the first in the order 2, 3, 6, 4, then ascending
        arg_min(quality_code, CASE quality_code WHEN 2 THEN -4 WHEN 3 THEN -3 WHEN 6 THEN -2 WHEN 4 THEN -1 ELSE quality_code END)
            AS quality_code
    FROM current_lines
    GROUP BY insz
),

-- names are in no cleaned table: they are taken from the delivered file, of the persons sent alone; a person may stand
-- there twice with the same row
person AS (
    SELECT DISTINCT
        sent.insz,
        register_snapshot.naam,
        register_snapshot.voornamen,
        register_snapshot.nationaliteit,
        register_snapshot.land_van_herkomst,
        residence_motives.capacity
    FROM register_snapshot
    INNER JOIN sent ON register_snapshot.insz = lpad(CAST(sent.insz AS VARCHAR), 11, '0')
    CROSS JOIN statement_month
    INNER JOIN residence_motives
        ON
            residence_motives.code = register_snapshot.verblijfsmotief
            AND statement_month.reference_date BETWEEN residence_motives.valid_from AND residence_motives.valid_to
)

SELECT
    sent.month,
    sent.regime,
    lpad(CAST(sent.insz AS VARCHAR), 11, '0') AS insz,
    CASE WHEN list_contains(fields.authorised, 'last_name') THEN person.naam END AS last_name,
    CASE WHEN list_contains(fields.authorised, 'first_names') THEN person.voornamen END AS first_names,
    CASE
        WHEN NOT list_contains(fields.authorised, 'country_of_origin') THEN NULL
        WHEN statement_month.country_of_origin = 'it006' THEN person.land_van_herkomst
        ELSE person.nationaliteit
    END AS country_of_origin,
    CASE
        WHEN list_contains(fields.authorised, 'aid_amount_granted') THEN CAST(granted.amount_cents AS DECIMAL(18, 0)) * 0.01
    END AS aid_amount_granted,
    CASE
        WHEN list_contains(fields.authorised, 'aid_amount_12m') THEN CAST(recent.amount_cents AS DECIMAL(18, 0)) * 0.01
    END AS aid_amount_12m,
    CASE WHEN list_contains(fields.authorised, 'quality_code') THEN CAST(granted.quality_code AS VARCHAR) END AS quality_code,
    CASE
        WHEN list_contains(fields.authorised, 'amount_reimbursed_12m')
            THEN CAST(recent.state_share_cents AS DECIMAL(18, 0)) * 0.01
    END AS amount_reimbursed_12m,
    CASE WHEN list_contains(fields.authorised, 'aid_natures') THEN natures.aid_natures END AS aid_natures,
    CASE WHEN list_contains(fields.authorised, 'residence_capacity') THEN person.capacity END AS residence_capacity
FROM sent
CROSS JOIN statement_month
INNER JOIN fields ON fields.category = sent.category
INNER JOIN person ON person.insz = sent.insz
INNER JOIN granted ON granted.insz = sent.insz
INNER JOIN natures ON natures.insz = sent.insz
INNER JOIN recent ON recent.insz = sent.insz
