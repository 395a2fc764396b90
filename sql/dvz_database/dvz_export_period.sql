-- export.dvz_export_period: the aid periods of the persons sent.
-- Grain: one row per person, aid kind and period. Inputs: dvz_export_periods. Contract section 5.1.

SELECT * FROM dvz_export_periods
