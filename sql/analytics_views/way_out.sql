-- way_out: at which test of the rules people leave, without the steps at which nobody does; small counts are hidden.
-- Grain: one row per month and step. Input: funnel. ANNEX_19 is a part of another step and stands in annex_19.

SELECT
    month,
    regime,
    step_order,
    step,
    persons,
    round(100.0 * persons / max(persons) FILTER (WHERE step = 'SELECTION_ONE') OVER (PARTITION BY month), 1)
        AS percent_of_selection_one,
    suppressed
FROM main.funnel
WHERE persons IS DISTINCT FROM 0 AND step <> 'ANNEX_19'
