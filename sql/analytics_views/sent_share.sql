-- sent_share: what part of selection one is sent, and how that moves.
-- Grain: one row per month. Input: month_overview.

SELECT
    month,
    regime,
    selection_one,
    intersection,
    sent,
    round(100.0 * sent / nullif(selection_one, 0), 1) AS percent_sent,
    sent - lag(sent) OVER (ORDER BY month) AS change
FROM main.month_overview
