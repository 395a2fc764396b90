-- selection_two: the register tests in their order; the first that fails names the outcome.
-- Grain: one row per person of selection one who is in the register; of others nothing is kept.
-- Inputs: selection_one, register_persons, statement_month (month, regime, reference_date), reference tables.
-- Legal basis: note of 8 May 2014, 1.1 second selection; deliberation 18/055, 10-26; rules.md section 4. What a test
--   asks of a category stands in category_rules: a change of law is a row there.

WITH facts AS (
    SELECT
        person.insz,
        person.nationaliteit,
        person.overleden_op,
        person.verblijf_sinds,
        statement_month.reference_date,
        registers.register,
        person.verblijfsmotief,
        motive.category,
        rule.category IS NOT NULL AS has_rule,
        rule.required_nationality,
        rule.requires_third_country_nationality,
        rule.requires_recognised_right,
        rule.requires_limited_stay,
        rule.excludes_permanent_card,
        rule.excludes_permanent_card_third_country,
        nationality_moves_freely.nis_code IS NOT NULL AS is_eu_national,
        -- a document counts for the stay only while its code is valid and the card has not expired
        CASE
            WHEN person.document_geldig_tot IS NULL OR person.document_geldig_tot >= statement_month.reference_date
                THEN document.residence_right
        END AS residence_right,
        -- these two count whatever the validity of the code or of the card
        document_of_any_day.is_permanent AS has_permanent_document,
        document_of_any_day.is_not_recognised AS has_document_without_right,
        CASE
            WHEN nationality_moves_freely.nis_code IS NOT NULL THEN rule.max_residence_years_eu_national
            ELSE rule.max_residence_years_third_country
        END AS max_residence_years
    FROM selection_one
    INNER JOIN register_persons AS person ON person.insz = selection_one.insz
    CROSS JOIN statement_month
    LEFT JOIN registers ON registers.code = person.register
    LEFT JOIN residence_motives AS motive
        ON
            motive.code = person.verblijfsmotief
            AND statement_month.reference_date BETWEEN motive.valid_from AND motive.valid_to
    LEFT JOIN category_rules AS rule
        ON rule.regime = statement_month.regime AND rule.category = motive.category
    LEFT JOIN (
        SELECT countries.nis_code
        FROM countries
        INNER JOIN free_movement ON free_movement.iso2 = countries.iso2
        CROSS JOIN statement_month
        WHERE statement_month.reference_date BETWEEN free_movement.valid_from AND free_movement.valid_to
    ) AS nationality_moves_freely ON nationality_moves_freely.nis_code = person.nationaliteit
    LEFT JOIN residence_documents AS document
        ON
            document.code = person.verblijfsdocument
            AND statement_month.reference_date BETWEEN document.valid_from AND document.valid_to
    LEFT JOIN (
        SELECT
            code,
            bool_or(residence_right = 'PERMANENT') AS is_permanent,
            bool_or(residence_right = 'NONE') AS is_not_recognised
        FROM residence_documents
        GROUP BY code
    ) AS document_of_any_day ON document_of_any_day.code = person.verblijfsdocument
),

tested AS (
    SELECT
        insz,
        category,
        CASE
            WHEN overleden_op <= reference_date THEN 'DECEASED'
            WHEN nationaliteit = '150' THEN 'BELGIAN'
            WHEN register IS NULL THEN 'REGISTER_UNKNOWN'
            WHEN register = 'BR' THEN 'POPULATION_REGISTER'
            WHEN verblijfsmotief IS NULL THEN 'NO_RESIDENCE_MOTIVE'
            WHEN category IS NULL THEN 'MOTIVE_UNMAPPED'
            WHEN NOT has_rule THEN 'MOTIVE_NOT_TARGETED'
            WHEN required_nationality = 'EU' AND NOT is_eu_national THEN 'NATIONALITY_NOT_TARGETED'
            WHEN required_nationality = 'THIRD_COUNTRY' AND is_eu_national THEN 'NATIONALITY_NOT_TARGETED'
            -- of rules archived by the first version; in those of today the column is never true
            WHEN requires_third_country_nationality AND is_eu_national THEN 'NOT_THIRD_COUNTRY'
            WHEN requires_recognised_right AND has_document_without_right THEN 'RIGHT_NOT_RECOGNISED'
            WHEN requires_limited_stay AND residence_right IS NULL THEN 'LIMITED_STAY_UNKNOWN'
            WHEN requires_limited_stay AND residence_right <> 'LIMITED' THEN 'STAY_NOT_LIMITED'
            WHEN excludes_permanent_card AND has_permanent_document THEN 'PERMANENT_CARD'
            -- of rules archived by the first version, as above
            WHEN
                excludes_permanent_card_third_country AND NOT is_eu_national AND has_permanent_document
                THEN 'PERMANENT_CARD'
            WHEN max_residence_years IS NOT NULL AND verblijf_sinds IS NULL THEN 'RESIDENCE_START_UNKNOWN'
            -- adding years to 29 February gives 28 February
            WHEN reference_date >= verblijf_sinds + to_years(max_residence_years) THEN 'RESIDENCE_TOO_LONG'
        END AS failed_test
    FROM facts
)

SELECT
    tested.insz,
    -- the category is looked at from the test MOTIVE_NOT_TARGETED on, the rule after it
    CASE WHEN coalesce(outcomes.has_category, TRUE) THEN tested.category END AS category,
    coalesce(outcomes.has_rule, TRUE) AS has_rule,
    tested.failed_test
FROM tested
LEFT JOIN outcomes ON outcomes.outcome = tested.failed_test
