-- selection_one: persons with a positive net reimbursement in the statement of the month.
-- Grain: one row per person.
-- Inputs: statement_lines (aid_history of the month), identity_map, aid_kinds.
-- Legal basis: note of 8 May 2014, 1.1 first selection; rules.md sections 1, 2 and 4. Employment measures of RMI and
--   medical aid are no part of it. Only recoveries, or a net of zero, is no reimbursement.

WITH nets AS (
    SELECT
        coalesce(identity_map.present_insz, statement_lines.insz) AS insz,
        coalesce(sum(statement_lines.amount_cents) FILTER (
            WHERE aid_kinds.selection_one = 'INTEGRATION'
        ), 0) AS integration_net_cents,
        coalesce(sum(statement_lines.amount_cents) FILTER (
            WHERE aid_kinds.selection_one = 'ASSISTANCE'
        ), 0) AS assistance_net_cents
    FROM statement_lines
    INNER JOIN aid_kinds ON aid_kinds.aid_kind = statement_lines.aid_kind
    LEFT JOIN identity_map ON identity_map.old_insz = statement_lines.insz
    GROUP BY 1
)

SELECT
    insz,
    integration_net_cents,
    assistance_net_cents
FROM nets
WHERE integration_net_cents > 0 OR assistance_net_cents > 0
