-- monthly_summary: persons sent by category and ground, small cells suppressed so that they cannot be computed back.
-- Grain: one row per category and ground. Inputs: decisions, dvz_export, publishing (settings). Contract section 5.2.
--
-- A cell below small_cell_threshold is hidden (NULL). The number of persons sent is known from the funnel, so a hidden
-- cell could be what is left of it: therefore other cells are hidden too, in the order of their names and not of their
-- size (from the size of what is shown one could conclude the size of what is not), until nothing that is shown
-- excludes any value from 1 to the threshold. Where hiding all cells is not enough the month has no rows at all.
-- docs/decisions/0008 has the argument.

WITH cells AS (
    SELECT
        decisions.month,
        decisions.regime,
        decisions.category,
        grounds.ground,
        count(*) AS persons,
        sum(dvz_export.aid_amount_granted) AS aid_amount_granted,
        sum(dvz_export.amount_reimbursed_12m) AS amount_reimbursed_12m
    FROM decisions
    INNER JOIN dvz_export ON dvz_export.insz = decisions.insz
    CROSS JOIN unnest(decisions.grounds) AS grounds (ground)
    GROUP BY ALL
),

ordered AS (
    SELECT
        cells.*,
        cells.persons < publishing.small_cell_threshold AS is_small,
        row_number() OVER (
            PARTITION BY cells.persons < publishing.small_cell_threshold ORDER BY cells.category, cells.ground
        ) AS place
    FROM cells
    CROSS JOIN publishing
),

-- so many cells are hidden beside the small ones
attempts AS (
    SELECT unnest(range(1 + (SELECT count(*) FROM ordered WHERE NOT is_small))) AS hidden_cells
),

-- at least so many persons of a category, as far as a reader can tell; grounds overlap
least AS (
    SELECT
        attempts.hidden_cells,
        ordered.category,
        max(CASE
            WHEN ordered.is_small THEN 1
            WHEN ordered.place <= attempts.hidden_cells THEN publishing.small_cell_threshold
            ELSE ordered.persons
        END) AS persons,
        bool_and(ordered.is_small) AS is_small
    FROM attempts
    CROSS JOIN ordered
    CROSS JOIN publishing
    GROUP BY ALL
),

chosen AS (
    SELECT min(hidden_cells) AS hidden_cells
    FROM (
        SELECT hidden_cells, sum(persons) AS persons, bool_or(is_small) AS has_small_category
        FROM least
        GROUP BY hidden_cells
    ) AS attempt
    CROSS JOIN publishing
    WHERE
        NOT EXISTS (FROM ordered WHERE is_small)
        OR (
            hidden_cells > 0
            AND (
                NOT has_small_category
                -- a category of small cells alone could have one person less than the threshold
                OR persons + publishing.small_cell_threshold - 2
                <= (SELECT count(*) FROM decisions WHERE outcome = 'SENT')
            )
        )
),

shown AS (
    SELECT ordered.*, NOT ordered.is_small AND ordered.place > chosen.hidden_cells AS is_shown
    FROM ordered
    INNER JOIN chosen ON chosen.hidden_cells IS NOT NULL
)

SELECT
    shown.month,
    shown.regime,
    shown.category,
    shown.ground,
    CASE WHEN shown.is_shown THEN round(shown.persons / publishing.rounding_base) * publishing.rounding_base END
        AS persons,
    CASE WHEN shown.is_shown THEN shown.aid_amount_granted END AS aid_amount_granted,
    CASE WHEN shown.is_shown THEN shown.amount_reimbursed_12m END AS amount_reimbursed_12m
FROM shown
CROSS JOIN publishing
