-- month_measures: what is cheap to count of a month, each beside what the months before let expect.
-- Grain: one row per measure and code; a code that the last twelve months had and this one has not is there with 0.
-- Inputs: statement_lines, lines_before (aid_history of the month before), recent_lines (of twelve months), identity_map,
--   register_persons, statement_month (rows received and rejected, from the manifests), reference tables,
--   earlier_measures (24 months).
-- Legal basis: GDPR 5(1)(d), accuracy: a delivery that is valid may be wrong. Decision 0025.
--
-- A count is judged on the scale 2 * sqrt(n), on which chance alone has a standard deviation of 1 whatever n is; what is
-- a part is expected in proportion to its whole, so that half a file is one finding and not a hundred. Amounts are judged
-- by the logarithm of cents a line. Counts below 10 are judged as 10, and amounts of fewer lines not at all: whether
-- something stands out tells nothing of a small count. The spread is that of the months before (median of the distances
-- from their median), and never less than chance and 3 % (5 % of amounts). The month itself is in neither.

WITH lines AS (
    SELECT
        statement_lines.insz,
        statement_lines.ocmw_nis,
        statement_lines.begrotingsartikel,
        statement_lines.hulptype,
        statement_lines.aid_kind,
        statement_lines.teken,
        abs(statement_lines.amount_cents) AS cents,
        least(datediff('month', statement_lines.laatste_dag, statement_month.month), 3) AS months_ago
    FROM statement_lines
    CROSS JOIN statement_month
),

-- the region by the NIS code: 21 is Brussels, 25 Walloon Brabant, the first digit says the province of all others. The size
-- by the persons in the statement, with the limits of the law of 26 May 2002, 32 (which counts those of a year)
ocmws AS (
    SELECT
        ocmw_nis,
        CASE
            WHEN starts_with(ocmw_nis, '21') THEN 'BRUSSELS'
            WHEN starts_with(ocmw_nis, '25') OR left(ocmw_nis, 1) IN ('5', '6', '8', '9') THEN 'WALLONIA'
            WHEN left(ocmw_nis, 1) IN ('1', '2', '3', '4', '7') THEN 'FLANDERS'
            ELSE '(unknown)'
        END AS region,
        CASE
            WHEN count(DISTINCT insz) >= 1000 THEN '1000_OR_MORE'
            WHEN count(DISTINCT insz) >= 500 THEN '500_TO_999'
            ELSE 'UNDER_500'
        END AS size
    FROM lines
    GROUP BY ocmw_nis
),

persons AS (
    SELECT DISTINCT insz FROM lines
),

persons_before AS (
    SELECT DISTINCT insz FROM lines_before
),

-- for how many statements in a row, this one included and twelve at most, a person has had lines: bit n of ``present`` is
-- the statement of n months ago, and all bits below the first that is 0 change when 1 is added
spells AS (
    SELECT
        insz,
        bit_count(xor(present, present + 1)) - 1 AS statements
    FROM (
        SELECT
            coalesce(identity_map.present_insz, recent_lines.insz) AS insz,
            bit_or(1 << datediff('month', recent_lines.month, statement_month.month)) AS present
        FROM recent_lines
        LEFT JOIN identity_map ON identity_map.old_insz = recent_lines.insz
        CROSS JOIN statement_month
        GROUP BY ALL
    ) AS bits
),

-- codes that no table knows may be anything that somebody has typed, and are named nowhere
registered AS (
    SELECT
        coalesce(registers.code, if(register_persons.register IS NULL, '(none)', '(unknown)')) AS register,
        coalesce(documents.code, if(register_persons.verblijfsdocument IS NULL, '(none)', '(unknown)')) AS document,
        coalesce(motives.means, if(register_persons.verblijfsmotief IS NULL, '(none)', '(unknown)')) AS motive,
        CASE
            WHEN register_persons.nationaliteit = '150' THEN 'BELGIAN'
            WHEN free.nis_code IS NOT NULL THEN 'FREE_MOVEMENT'
            ELSE 'THIRD_COUNTRY'
        END AS nationality_group
    FROM register_persons
    LEFT JOIN (
        SELECT DISTINCT countries.nis_code
        FROM countries
        INNER JOIN free_movement ON free_movement.iso2 = countries.iso2
        CROSS JOIN statement_month
        WHERE statement_month.month BETWEEN free_movement.valid_from AND free_movement.valid_to
    ) AS free
        ON free.nis_code = register_persons.nationaliteit
    LEFT JOIN (SELECT DISTINCT code FROM registers) AS registers ON registers.code = register_persons.register
    LEFT JOIN (SELECT DISTINCT code FROM residence_documents) AS documents
        ON documents.code = register_persons.verblijfsdocument
    -- what a motive means for the rules: one code may take the place of another
    LEFT JOIN (
        SELECT code, arg_max(category || ' ' || capacity, valid_from) AS means
        FROM residence_motives
        GROUP BY code
    ) AS motives
        ON motives.code = register_persons.verblijfsmotief
),

received AS (
    SELECT string_split(received_row, ' ') AS part
    FROM (SELECT unnest(received_rows) AS received_row FROM statement_month)
),

of_the_month AS (
    SELECT 'LINES' AS measure, count(*) AS value FROM lines
    UNION ALL
    SELECT 'PERSONS' AS measure, count(*) AS value FROM persons
    UNION ALL
    SELECT 'NEWCOMERS' AS measure, count(*) AS value
    FROM persons
    ANTI JOIN persons_before ON persons_before.insz = persons.insz
    HAVING EXISTS (FROM persons_before)
    UNION ALL
    SELECT 'LEAVERS' AS measure, count(*) AS value
    FROM persons_before
    ANTI JOIN persons ON persons.insz = persons_before.insz
    HAVING EXISTS (FROM persons_before)
    UNION ALL
    SELECT
        'WITHOUT_REGISTER_ROW' AS measure,
        greatest((SELECT count(*) FROM persons) - (SELECT count(*) FROM registered), 0) AS value
    UNION ALL
    SELECT 'REGISTER_ROWS' AS measure, CAST(part[3] AS BIGINT) AS value
    FROM received
    WHERE part[1] = 'register_persons' AND part[2] = 'delivered'
),

parts AS (
    SELECT 'PERSONS_BY_OCMW' AS measure, ocmw_nis AS code, count(DISTINCT insz) AS value FROM lines GROUP BY ocmw_nis
    UNION ALL
    SELECT 'LINES_BY_OCMW' AS measure, ocmw_nis AS code, count(*) AS value FROM lines GROUP BY ocmw_nis
    UNION ALL
    SELECT 'PERSONS_BY_REGION' AS measure, ocmws.region AS code, count(DISTINCT lines.insz) AS value
    FROM lines
    INNER JOIN ocmws ON ocmws.ocmw_nis = lines.ocmw_nis
    GROUP BY ocmws.region
    UNION ALL
    SELECT 'PERSONS_BY_OCMW_SIZE' AS measure, ocmws.size AS code, count(DISTINCT lines.insz) AS value
    FROM lines
    INNER JOIN ocmws ON ocmws.ocmw_nis = lines.ocmw_nis
    GROUP BY ocmws.size
    UNION ALL
    SELECT 'PERSONS_BY_ARTICLE' AS measure, begrotingsartikel AS code, count(DISTINCT insz) AS value
    FROM lines
    GROUP BY begrotingsartikel
    UNION ALL
    SELECT 'PERSONS_BY_HELP_TYPE' AS measure, hulptype AS code, count(DISTINCT insz) AS value
    FROM lines
    WHERE hulptype IS NOT NULL
    GROUP BY hulptype
    UNION ALL
    SELECT 'PERSONS_BY_AID_KIND' AS measure, aid_kind AS code, count(DISTINCT insz) AS value FROM lines GROUP BY aid_kind
    UNION ALL
    SELECT 'PERSONS_BY_SIGN' AS measure, teken AS code, count(DISTINCT insz) AS value FROM lines GROUP BY teken
    UNION ALL
    SELECT
        'PERSONS_BY_MONTHS_AGO' AS measure,
        CAST(months_ago AS VARCHAR) AS code,
        count(DISTINCT insz) AS value
    FROM lines
    GROUP BY months_ago
    UNION ALL
    SELECT
        'PERSONS_BY_SPELL' AS measure,
        CASE
            WHEN statements = 1 THEN '1_MONTH'
            WHEN statements < 6 THEN '2_TO_5_MONTHS'
            WHEN statements < 12 THEN '6_TO_11_MONTHS'
            ELSE '12_MONTHS_OR_MORE'
        END AS code,
        count(*) AS value
    FROM spells
    WHERE statements > 0
    GROUP BY ALL
    UNION ALL
    SELECT 'PERSONS_BY_REGISTER' AS measure, register AS code, count(*) AS value FROM registered GROUP BY register
    UNION ALL
    SELECT 'PERSONS_BY_DOCUMENT' AS measure, document AS code, count(*) AS value FROM registered GROUP BY document
    UNION ALL
    SELECT 'PERSONS_BY_MOTIVE' AS measure, motive AS code, count(*) AS value FROM registered GROUP BY motive
    UNION ALL
    SELECT 'PERSONS_BY_NATIONALITY_GROUP' AS measure, nationality_group AS code, count(*) AS value
    FROM registered
    GROUP BY nationality_group
),

rejects AS (
    SELECT
        'REJECTS_BY_REASON' AS measure,
        rejected.part[1] || ' ' || rejected.part[2] AS code,
        CAST(rejected.part[3] AS BIGINT) AS value,
        CAST(all_rows.part[3] AS BIGINT) AS whole
    FROM received AS rejected
    INNER JOIN received AS all_rows ON all_rows.part[1] = rejected.part[1] AND all_rows.part[2] = 'delivered'
    WHERE rejected.part[2] NOT IN ('delivered', 'rejected')
),

amounts AS (
    SELECT 'CENTS_BY_OCMW' AS measure, ocmw_nis AS code, sum(cents) AS value, count(*) AS whole
    FROM lines
    GROUP BY ocmw_nis
    UNION ALL
    SELECT 'CENTS_BY_AID_KIND' AS measure, aid_kind AS code, sum(cents) AS value, count(*) AS whole
    FROM lines
    GROUP BY aid_kind
),

counted AS (
    SELECT measure, '' AS code, value, 1 AS whole FROM of_the_month
    UNION ALL
    SELECT measure, code, value, sum(value) OVER (PARTITION BY measure) AS whole FROM parts
    UNION ALL
    SELECT measure, code, value, whole FROM rejects
    UNION ALL
    SELECT measure, code, value, whole FROM amounts
),

-- what the months before had and this one has not; of amounts there is nothing to say then
missing AS (
    SELECT DISTINCT earlier.measure, earlier.code
    FROM earlier_measures AS earlier
    CROSS JOIN statement_month
    ANTI JOIN counted ON counted.measure = earlier.measure AND counted.code = earlier.code
    WHERE
        earlier.value > 0
        AND earlier.month >= statement_month.month - INTERVAL 12 MONTH
        AND NOT starts_with(earlier.measure, 'CENTS')
),

measured AS (
    SELECT measure, code, value, whole FROM counted
    UNION ALL
    SELECT missing.measure, missing.code, 0 AS value, coalesce(wholes.whole, 1) AS whole
    FROM missing
    LEFT JOIN (SELECT measure, max(whole) AS whole FROM counted GROUP BY measure) AS wholes
        ON wholes.measure = missing.measure
),

-- every measure that a month before has; a code that it lacks has no value there, and is judged as the least count
before AS (
    SELECT
        measured.measure,
        measured.code,
        months.month,
        measured.whole,
        starts_with(measured.measure, 'CENTS') AS is_amount,
        earlier.value AS value_before,
        earlier.whole AS whole_before
    FROM measured
    INNER JOIN (SELECT DISTINCT measure, month FROM earlier_measures) AS months
        ON months.measure = measured.measure
    LEFT JOIN earlier_measures AS earlier
        ON earlier.measure = measured.measure AND earlier.code = measured.code AND earlier.month = months.month
),

scaled_before AS (
    SELECT
        measure,
        code,
        month,
        CASE
            WHEN NOT is_amount THEN 2 * sqrt(greatest(value_before * whole / nullif(whole_before, 0), 10))
            WHEN value_before > 0 AND whole_before >= 10 THEN ln(value_before / whole_before)
        END AS level
    FROM before
),

levels AS (
    SELECT
        scaled_before.measure,
        scaled_before.code,
        median(scaled_before.level) AS level,
        mad(scaled_before.level) AS distance,
        count(scaled_before.level) AS months
    FROM scaled_before
    CROSS JOIN statement_month
    WHERE
        scaled_before.month >= statement_month.month - INTERVAL 12 MONTH
        -- one OCMW that crosses a limit moves all its persons, and nothing is wrong; spells grow with the home
        AND scaled_before.measure NOT IN ('PERSONS_BY_OCMW_SIZE', 'PERSONS_BY_SPELL')
    GROUP BY scaled_before.measure, scaled_before.code
    HAVING count(scaled_before.level) >= 4
),

last_year AS (
    SELECT scaled_before.measure, scaled_before.code, scaled_before.level
    FROM scaled_before
    INNER JOIN statement_month ON scaled_before.month = statement_month.month - INTERVAL 12 MONTH
),

judged AS (
    SELECT
        measured.measure,
        measured.code,
        measured.value,
        measured.whole,
        levels.level AS usual_level,
        last_year.level AS last_level,
        starts_with(measured.measure, 'CENTS') AS is_amount,
        CASE
            WHEN NOT starts_with(measured.measure, 'CENTS') THEN 2 * sqrt(greatest(measured.value, 10))
            WHEN measured.value > 0 AND measured.whole >= 10 THEN ln(measured.value / measured.whole)
        END AS level,
        -- the mean distance of chance from a median of distances is 1.4826 times as much
        CASE
            WHEN starts_with(measured.measure, 'CENTS')
                THEN greatest(1.4826 * levels.distance, 0.05, 1 / sqrt(measured.whole))
            ELSE greatest(1.4826 * levels.distance, 1, 0.03 * levels.level / 2)
        END AS spread
    FROM measured
    LEFT JOIN levels ON levels.measure = measured.measure AND levels.code = measured.code
    LEFT JOIN last_year ON last_year.measure = measured.measure AND last_year.code = measured.code
)

SELECT
    statement_month.month,
    judged.measure,
    judged.code,
    judged.value,
    judged.whole,
    CASE
        WHEN judged.is_amount THEN round(exp(judged.usual_level) * judged.whole)
        ELSE round(judged.usual_level * judged.usual_level / 4)
    END AS usual,
    (judged.level - judged.usual_level) / judged.spread AS score,
    coalesce(
        abs(judged.level - judged.usual_level) > 5 * judged.spread
        AND coalesce(abs(judged.level - judged.last_level) > 5 * judged.spread, TRUE),
        FALSE
    ) AS stands_out
FROM judged
CROSS JOIN statement_month
