-- export.correction: the corrections that the month says of earlier signals.
-- Grain: one row per correction. Inputs: corrections. Contract section 5.1; rules.md section 8.

SELECT * FROM corrections
