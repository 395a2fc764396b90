-- nationality: which nationality the register gives of one person, in the words of a036_purposes.
-- Grain: one row, or none where the month's register holds no row of the person. Inputs: asked (held_insz, is_present,
--   requested_on: one row per number that the person has or had), register_persons (of one month), reference tables.
-- Legal basis: deliberation 18/055, 9, 13, 18, 20, 22 and 24; rules.md section 7. Free movement is that of the day on
--   which it is asked; a Belgian is BELGIAN and not EU, as deliberation 24 has rules of its own.

SELECT
    CASE
        WHEN person.nationaliteit = '150' THEN 'BELGIAN'
        WHEN EXISTS (
            SELECT 1
            FROM countries
            INNER JOIN free_movement ON free_movement.iso2 = countries.iso2
            WHERE
                countries.nis_code = person.nationaliteit
                AND asked.requested_on BETWEEN free_movement.valid_from AND free_movement.valid_to
        ) THEN 'EU'
        ELSE 'THIRD_COUNTRY'
    END AS nationality
FROM asked
INNER JOIN register_persons AS person ON person.insz = asked.held_insz
-- numbers that were of two persons in that month: the present one goes first
ORDER BY asked.is_present DESC, asked.held_insz
LIMIT 1
