-- reimbursed_runs: runs of consecutive reimbursed days, from which days, months and periods are read.
-- Grain: one row per person, series, aid kind and run; persons of selection one whose category has a rule.
-- Inputs: selection_two, held_numbers, aid_history (all statements up to this one), statement_month, counted_kinds.
-- Legal basis: note of 8 May 2014, 1.2; rules.md section 3. Nothing is counted about a person whom no rule looks at
--   (deliberation 18/055, 29).
--
-- A line spreads its amount evenly over its days. A day is reimbursed when the sum over all lines of the series is at
-- least one cent. The sweep knows only the days on which that sum changes, so it scales with lines and not with days.
-- Amounts per day are whole billionths of a cent: a full recovery gives exactly zero, and a sum is wrong by far less
-- than the millionth of a cent that the comparison allows.

-- while days are swept a series is a number: sorting and grouping by text takes twice as long
WITH series AS (
    SELECT * FROM (VALUES
        (1, 'LIVING_WAGE', NULL),
        (2, 'ASSISTANCE', NULL),
        (3, 'TWELVE_MONTHS', NULL),
        (4, 'TWELVE_MONTHS', 'LIVING_WAGE'),
        (5, 'TWELVE_MONTHS', 'INTEGRATION_OTHER'),
        (6, 'TWELVE_MONTHS', 'ASSISTANCE'),
        (7, 'TWELVE_MONTHS', 'ASSISTANCE_EMPLOYMENT')
    ) AS series (number, series, aid_kind)
),

-- in which series the lines of a kind are, where it counts for the category
kinds AS (
    SELECT
        counted_kinds.category,
        kinds.aid_kind,
        kinds.all_months,
        -- a regime that may tell DVZ the natures of the aid tells the periods of each
        CASE WHEN list_contains(statement_month.authorised_fields, 'aid_natures') THEN kinds.by_kind ELSE 3 END
            AS twelve_months
    FROM (VALUES
        ('LIVING_WAGE', 1, 4),
        ('INTEGRATION_OTHER', NULL, 5),
        ('ASSISTANCE', 2, 6),
        ('ASSISTANCE_EMPLOYMENT', 2, 7)
    ) AS kinds (aid_kind, all_months, by_kind)
    CROSS JOIN statement_month
    INNER JOIN counted_kinds
        ON counted_kinds.regime = statement_month.regime AND counted_kinds.aid_kind = kinds.aid_kind
),

numbers AS (
    SELECT held_numbers.held_insz, selection_two.insz, selection_two.category
    FROM selection_two
    INNER JOIN held_numbers ON held_numbers.insz = selection_two.insz
    WHERE selection_two.has_rule
),

lines AS (
    SELECT
        numbers.insz,
        kinds.all_months,
        CASE WHEN aid_history.month >= statement_month.first_of_twelve_months THEN kinds.twelve_months END
            AS twelve_months,
        aid_history.eerste_dag AS first_day,
        aid_history.laatste_dag + 1 AS day_after,
        CAST(aid_history.amount_cents AS HUGEINT) * 1000000000
        // (aid_history.laatste_dag - aid_history.eerste_dag + 1) AS amount_per_day
    FROM aid_history
    INNER JOIN numbers ON numbers.held_insz = aid_history.insz
    INNER JOIN kinds ON kinds.category = numbers.category AND kinds.aid_kind = aid_history.aid_kind
    CROSS JOIN statement_month
),

series_lines AS (
    SELECT insz, all_months AS series, first_day, day_after, amount_per_day FROM lines WHERE all_months IS NOT NULL
    UNION ALL
    SELECT insz, twelve_months AS series, first_day, day_after, amount_per_day
    FROM lines
    WHERE twelve_months IS NOT NULL
),

changes AS (
    SELECT insz, series, day, sum(change) AS change
    FROM (
        SELECT insz, series, first_day AS day, amount_per_day AS change FROM series_lines
        UNION ALL
        SELECT insz, series, day_after AS day, -amount_per_day AS change FROM series_lines
    )
    GROUP BY insz, series, day
),

levels AS (
    SELECT insz, series, day, change, sum(change) OVER (PARTITION BY insz, series ORDER BY day) AS amount_per_day
    FROM changes
),

-- the days on which a run begins, and those after its last day: where the amount passes one cent, less the millionth
-- that rounding may take away
edges AS (
    SELECT
        insz,
        series,
        day,
        amount_per_day >= 1000000000 - 1000 AS begins,
        lead(day) OVER (PARTITION BY insz, series ORDER BY day) AS day_after
    FROM levels
    WHERE (amount_per_day >= 1000000000 - 1000) <> (amount_per_day - change >= 1000000000 - 1000)
)

SELECT
    edges.insz,
    series.series,
    series.aid_kind,
    edges.day AS run_start,
    edges.day_after - 1 AS run_end,
    edges.day_after - edges.day AS days
FROM edges
INNER JOIN series ON series.number = edges.series
WHERE edges.begins
