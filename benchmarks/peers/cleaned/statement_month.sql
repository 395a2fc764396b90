-- statement_month: the facts of the month in one row.

SELECT
    facts.month,
    regimes.regime,
    CAST(facts.month - INTERVAL 11 MONTH AS DATE) AS first_of_twelve_months,
    CAST(voucher.snapshot_date AS DATE) AS reference_date,
    'nationality' AS country_of_origin,
    (
        SELECT list(export_fields."column")
        FROM export_fields
        WHERE export_fields.regime = regimes.regime
    ) AS authorised_fields
FROM this_month AS facts
CROSS JOIN register_voucher AS voucher
INNER JOIN regimes
    ON
        strftime(facts.month, '%Y-%m') >= regimes.first_month
        AND strftime(facts.month, '%Y-%m') <= coalesce(regimes.last_month, '9999-12')
