-- quality: every expectation that was checked for the month, with its result; counts of rows are protected as persons are.
-- Grain: one row per asset and check. Inputs: check_results. Contract section 5.2.

SELECT * REPLACE (protected(unexpected_rows) AS unexpected_rows) FROM check_results
