-- aided_by_period: persons with aid by month, quarter and year; the mean of the months of which the count is shown.
-- Grain: one row per period, its first month, dimension and value. Input: aided_persons.

SELECT
    periods.period,
    CAST(date_trunc(lower(periods.period), aided_persons.month) AS DATE) AS month,
    aided_persons.dimension,
    aided_persons.value,
    round(avg(aided_persons.persons), 1) AS persons,
    count(*) AS months,
    count(aided_persons.persons) AS months_shown
FROM main.aided_persons
CROSS JOIN unnest(['MONTH', 'QUARTER', 'YEAR']) AS periods (period)
GROUP BY ALL
