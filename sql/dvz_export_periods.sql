-- dvz_export_periods: the aid periods of the persons sent, over the last twelve statements.
-- Grain: one row per person, aid kind and period.
-- Inputs: decisions, reimbursed_runs, statement_month.
-- Legal basis: note of 8 May 2014, 1.3; deliberation 18/055, 2; rules.md section 6. Runs are not clipped to the twelve
--   months; a statement pays days of earlier months too.

SELECT
    decisions.month,
    decisions.insz,
    reimbursed_runs.aid_kind,
    reimbursed_runs.run_start AS period_start,
    reimbursed_runs.run_end AS period_end
FROM decisions
INNER JOIN reimbursed_runs
    ON reimbursed_runs.insz = CAST(decisions.insz AS BIGINT) AND reimbursed_runs.series = 'TWELVE_MONTHS'
CROSS JOIN statement_month
WHERE decisions.outcome = 'SENT' AND list_contains(statement_month.authorised_fields, 'aid_periods')
