-- control.threshold_indicator: as the lake has it. It helps to read a signal and is never sent.
-- Grain: one row per person. Inputs: threshold_indicator. rules.md section 7.

SELECT * FROM threshold_indicator
