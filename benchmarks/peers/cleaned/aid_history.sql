-- aid_history: typed statement lines with aid kind and State share, of the lines that break no rule of contract 1.2.

WITH delivered AS (
    SELECT
        *,
        CASE WHEN regexp_full_match(insz, '[0-9]{11}') THEN CAST(insz AS BIGINT) END AS number,
        CAST(CASE WHEN regexp_full_match(eerste_dag, '[0-9]{8}') THEN try_strptime(eerste_dag, '%Y%m%d') END AS DATE)
            AS first_day,
        CAST(CASE WHEN regexp_full_match(laatste_dag, '[0-9]{8}') THEN try_strptime(laatste_dag, '%Y%m%d') END AS DATE)
            AS last_day,
        CASE WHEN regexp_full_match(bedrag, '0*[0-9]{1,12}') THEN CAST(bedrag AS BIGINT) END AS cents,
        -- equal rows have equal hashes
        row_number() OVER (
            PARTITION BY hash(wetgeving, ocmw_nis, jaarmaand, dossier, suffix, insz, referentie, type_bedrag),
            hash(eerste_dag, laatste_dag, begrotingsartikel, teken, bedrag, categorie, naam, hulptype, hoedanigheidscode)
            ORDER BY line_number
        ) AS occurrence
    FROM novaprima_statement
)

SELECT
    this_month.month,
    delivered.line_number,
    delivered.number AS insz,
    CAST(delivered.wetgeving AS TINYINT) AS wetgeving,
    delivered.first_day AS eerste_dag,
    delivered.last_day AS laatste_dag,
    delivered.begrotingsartikel,
    CASE WHEN delivered.wetgeving = '2' THEN delivered.hulptype END AS hulptype,
    CASE delivered.wetgeving
        WHEN '6' THEN 'OUT_OF_SCOPE'
        WHEN '2' THEN help_types.aid_kind
        ELSE budget_articles.aid_kind
    END AS aid_kind,
    delivered.teken,
    CASE WHEN delivered.teken = '-' THEN -delivered.cents ELSE delivered.cents END AS amount_cents,
    (delivered.cents * CAST(budget_articles.state_share_pct * 100 AS BIGINT) + 5000) // 10000
    * CASE WHEN delivered.teken = '-' THEN -1 ELSE 1 END AS state_share_cents,
    delivered.categorie,
    delivered.hoedanigheidscode
FROM delivered
CROSS JOIN this_month
INNER JOIN budget_articles
    ON
        budget_articles.code = delivered.begrotingsartikel
        AND budget_articles.law = delivered.wetgeving
        AND delivered.first_day BETWEEN budget_articles.valid_from AND budget_articles.valid_to
LEFT JOIN help_types
    ON
        help_types.code = delivered.hulptype
        AND delivered.first_day BETWEEN help_types.valid_from AND help_types.valid_to
WHERE
    delivered.occurrence = 1
    AND delivered.number % 100 IN (97 - delivered.number // 100 % 97, 97 - (delivered.number // 100 + 2000000000) % 97)
    AND delivered.first_day <= delivered.last_day
    AND delivered.last_day <= last_day(this_month.month)
    AND delivered.jaarmaand = strftime(this_month.month, '%Y%m')
    AND delivered.wetgeving IN ('1', '2', '6')
    AND (delivered.wetgeving <> '2' OR help_types.aid_kind IS NOT NULL)
    AND regexp_full_match(delivered.type_bedrag, '[1-6]')
    AND delivered.teken IN ('+', '-')
    AND delivered.cents IS NOT NULL
    AND regexp_full_match(delivered.ocmw_nis, '[0-9]{5}')
    AND (delivered.suffix IS NULL OR regexp_full_match(delivered.suffix, '[0-9]{2}'))
    AND (delivered.hoedanigheidscode IS NULL OR regexp_full_match(delivered.hoedanigheidscode, '[0-9]{1,3}'))
    AND length(delivered.dossier) <= 11
    AND length(delivered.referentie) <= 12
    AND length(delivered.naam) <= 30
    AND (
        delivered.categorie IS NULL
        OR (
            length(delivered.categorie) = 1
            AND (delivered.wetgeving <> '1' OR delivered.categorie IN ('1', '2', '3'))
        )
    )
