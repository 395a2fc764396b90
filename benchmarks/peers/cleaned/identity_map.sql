-- identity_map: from every replaced number to the number that its holder has now.

WITH RECURSIVE pairs AS (
    SELECT DISTINCT CAST(oud_insz AS BIGINT) AS old_insz, CAST(nieuw_insz AS BIGINT) AS new_insz
    FROM all_replacements
    WHERE
        CAST(oud_insz AS BIGINT) % 100
        IN (97 - CAST(oud_insz AS BIGINT) // 100 % 97, 97 - (CAST(oud_insz AS BIGINT) // 100 + 2000000000) % 97)
        AND CAST(nieuw_insz AS BIGINT) % 100
        IN (97 - CAST(nieuw_insz AS BIGINT) // 100 % 97, 97 - (CAST(nieuw_insz AS BIGINT) // 100 + 2000000000) % 97)
        AND try_strptime(datum, '%Y%m%d') IS NOT NULL
),

chains AS (
    SELECT pairs.old_insz, pairs.new_insz, pairs.new_insz AS present_insz FROM pairs
    UNION
    SELECT chains.old_insz, chains.new_insz, pairs.new_insz AS present_insz
    FROM chains
    INNER JOIN pairs ON pairs.old_insz = chains.present_insz
)

SELECT chains.old_insz, chains.new_insz, chains.present_insz
FROM chains
LEFT JOIN pairs ON pairs.old_insz = chains.present_insz
WHERE pairs.old_insz IS NULL
