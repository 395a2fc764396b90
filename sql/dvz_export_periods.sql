-- dvz_export_periods: the aid periods of the persons sent, over the last twelve statements.
-- Grain: one row per person, aid kind and period.
-- Inputs: decisions, reimbursed_runs, export_fields.
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
INNER JOIN export_fields
    ON
        export_fields.regime = decisions.regime
        AND (export_fields.category IS NULL OR export_fields.category = decisions.category)
        AND export_fields."column" = 'aid_periods'
WHERE decisions.outcome = 'SENT'
