-- export.delivery: the deliveries written for the month.
-- Grain: one row per delivery. Inputs: delivery. Contract section 5.1.

SELECT * FROM delivery
