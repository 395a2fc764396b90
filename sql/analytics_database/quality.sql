-- quality: every expectation that was checked for the month, with its result.
-- Grain: one row per asset and check. Inputs: check_results. Contract section 5.2.

SELECT * FROM check_results
