-- export.delivery: the deliveries written for the month, and what became of each.
-- Grain: one row per delivery. Inputs: delivery, delivery_steps (from the ledger). Contract sections 5.1 and 5.3.

SELECT delivery.*, delivery_steps.* EXCLUDE (sequence)
FROM delivery
INNER JOIN delivery_steps ON delivery_steps.sequence = delivery.sequence
