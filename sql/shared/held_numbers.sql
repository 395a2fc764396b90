-- held_numbers: the numbers that a person of selection one holds or has held, as far as they are known in the month.
-- Grain: one row per person and number. insz is the present number, held_insz one that lines of aid may bear.
-- Inputs: selection_one, identity_map.
-- Legal basis: rules.md section 2. A person's history is that of all these numbers.

SELECT selection_one.insz, selection_one.insz AS held_insz FROM selection_one
UNION ALL
SELECT identity_map.present_insz AS insz, identity_map.old_insz AS held_insz
FROM identity_map
INNER JOIN selection_one ON selection_one.insz = identity_map.present_insz
