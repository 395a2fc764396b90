-- annex_19: who has no residence motive yet because an application is pending (annex 19 or 19ter).
-- Grain: one row per month. Input: funnel.

SELECT
    month,
    max(persons) FILTER (WHERE step = 'NO_RESIDENCE_MOTIVE') AS without_motive,
    max(persons) FILTER (WHERE step = 'ANNEX_19') AS annex_19,
    bool_or(suppressed) FILTER (WHERE step IN ('NO_RESIDENCE_MOTIVE', 'ANNEX_19')) AS suppressed
FROM main.funnel
GROUP BY month
