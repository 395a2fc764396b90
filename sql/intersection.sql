-- intersection: persons in both selections; only they may be sent.
-- Grain: one row per person.
-- Inputs: selection_one, selection_two.
-- Legal basis: note of 8 May 2014, 1.1 ("cumulatief"); rules.md section 4.

SELECT
    selection_one.insz,
    selection_two.category
FROM selection_one
INNER JOIN selection_two ON selection_two.insz = selection_one.insz
WHERE selection_two.failed_test IS NULL
