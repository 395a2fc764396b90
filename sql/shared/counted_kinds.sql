-- counted_kinds: the aid kinds that count for a category.
-- Grain: one row per regime, category and aid kind.
-- Inputs: category_rules, aid_kinds.
-- Legal basis: rules.md sections 1 and 5; reference/aid_kinds.csv says of each kind for whom it counts.

SELECT
    category_rules.regime,
    category_rules.category,
    aid_kinds.aid_kind,
    aid_kinds.selection_one,
    CAST(aid_kinds.derived_quality_code AS INTEGER) AS derived_quality_code
FROM category_rules
INNER JOIN aid_kinds
    ON
        aid_kinds.counted_for = 'EVERYBODY'
        OR (aid_kinds.counted_for = 'WHERE_EMPLOYMENT_COUNTS' AND category_rules.counts_assistance_employment)
