-- register_persons: typed register rows of the persons of the statement, of the rows that break no rule of contract 1.3.

WITH delivered AS (
    SELECT
        *,
        CASE WHEN regexp_full_match(insz, '[0-9]{11}') THEN CAST(insz AS BIGINT) END AS number,
        CAST(try_strptime(document_geldig_tot, '%Y%m%d') AS DATE) AS document_until,
        CAST(try_strptime(motief_datum, '%Y%m%d') AS DATE) AS motive_day,
        CAST(try_strptime(verblijf_sinds, '%Y%m%d') AS DATE) AS since,
        CAST(try_strptime(overleden_op, '%Y%m%d') AS DATE) AS deceased
    FROM register_snapshot
),

-- of equal rows the first stays, of rows that differ none
several AS (
    SELECT
        insz,
        min(line_number) AS first_line,
        count(DISTINCT hash(
            naam, voornamen, nationaliteit, land_van_herkomst, register, verblijfsdocument, document_geldig_tot,
            verblijfsmotief, motief_datum, verblijf_sinds, overleden_op
        )) AS versions
    FROM register_snapshot
    GROUP BY insz
    HAVING count(*) > 1
),

persons_of_statement AS (
    SELECT DISTINCT coalesce(identity_map.present_insz, statement_lines.insz) AS insz
    FROM statement_lines
    LEFT JOIN identity_map ON identity_map.old_insz = statement_lines.insz
)

SELECT
    delivered.number AS insz,
    delivered.nationaliteit,
    delivered.register,
    delivered.verblijfsdocument,
    delivered.document_until AS document_geldig_tot,
    delivered.verblijfsmotief,
    delivered.since AS verblijf_sinds,
    delivered.deceased AS overleden_op
FROM delivered
INNER JOIN persons_of_statement ON persons_of_statement.insz = delivered.number
LEFT JOIN several ON several.insz = delivered.insz
LEFT JOIN identity_map ON identity_map.old_insz = delivered.number
LEFT JOIN countries ON countries.nis_code = delivered.land_van_herkomst
WHERE
    delivered.number % 100 IN (97 - delivered.number // 100 % 97, 97 - (delivered.number // 100 + 2000000000) % 97)
    AND (delivered.document_until IS NULL) = (delivered.document_geldig_tot IS NULL)
    AND (delivered.motive_day IS NULL) = (delivered.motief_datum IS NULL)
    AND (delivered.since IS NULL) = (delivered.verblijf_sinds IS NULL)
    AND (delivered.deceased IS NULL) = (delivered.overleden_op IS NULL)
    AND delivered.naam IS NOT NULL
    AND regexp_full_match(delivered.nationaliteit, '[0-9]{3}')
    AND (delivered.land_van_herkomst IS NULL OR countries.nis_code IS NOT NULL)
    AND identity_map.old_insz IS NULL
    AND (several.insz IS NULL OR (several.versions = 1 AND several.first_line = delivered.line_number))
