-- check_summary: how much was checked, and what failed.
-- Grain: one row per month. Input: quality.

SELECT
    month,
    count(*) AS checks,
    count(*) FILTER (WHERE NOT passed) AS failed,
    count(*) FILTER (WHERE NOT passed AND blocking) AS failed_blocking
FROM main.quality
GROUP BY month
