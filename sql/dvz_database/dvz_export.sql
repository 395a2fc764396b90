-- export.dvz_export: what was computed for sending in the month.
-- Grain: one row per person sent. Inputs: dvz_export. Contract section 5.1.

SELECT * FROM dvz_export
