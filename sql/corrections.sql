-- corrections: which earlier signals do not hold any more by what is known now, and which numbers were replaced.
-- Grain: one row per signal that is withdrawn, and one per number sent that was replaced; each told once.
-- Inputs: earlier_exports and earlier_decisions (of the months that this one looks back on), signal_months, signal_rules
--   and signal_numbers (their reference dates, the rules by which they were decided, the numbers that were known),
--   signal_deaths (of the snapshot of this month), earlier_corrections (of all months before), identity_map,
--   lines_since_signals (aid_history of these months and this one), aid_history (all statements up to this one),
--   statement_month.
-- Legal basis: regimes.correction_reference; rules.md section 8. A decision of an earlier month is never changed.

WITH signals AS (
    SELECT
        earlier_exports.month AS month_sent,
        earlier_exports.insz,
        CAST(earlier_exports.insz AS BIGINT) AS number_sent,
        coalesce(identity_map.present_insz, CAST(earlier_exports.insz AS BIGINT)) AS present_number,
        earlier_decisions.category,
        signal_months.reference_date,
        signal_months.looked_at,
        last_day(earlier_exports.month) AS last_day_of_month
    FROM earlier_exports
    INNER JOIN earlier_decisions
        ON
            earlier_decisions.month = earlier_exports.month
            AND earlier_decisions.insz = earlier_exports.insz
            AND earlier_decisions.outcome = 'SENT'
    INNER JOIN signal_months ON signal_months.month = earlier_exports.month
    LEFT JOIN identity_map ON identity_map.old_insz = CAST(earlier_exports.insz AS BIGINT)
),

-- a signal is withdrawn once
open_signals AS (
    SELECT signals.*
    FROM signals
    ANTI JOIN earlier_corrections
        ON
            earlier_corrections.insz = signals.insz
            AND earlier_corrections.month_sent = signals.month_sent
            AND earlier_corrections.kind = 'WITHDRAWN'
),

deceased AS (
    SELECT open_signals.month_sent, open_signals.insz
    FROM open_signals
    INNER JOIN signal_deaths ON signal_deaths.insz = open_signals.present_number
    WHERE signal_deaths.overleden_op <= open_signals.reference_date
),

-- numbers that a person holds now; signal_numbers has those that were known in the month of the signal
numbers_now AS (
    SELECT DISTINCT present_number AS held_number, present_number
    FROM open_signals
    UNION ALL
    SELECT identity_map.old_insz, identity_map.present_insz
    FROM identity_map
    SEMI JOIN open_signals ON open_signals.present_number = identity_map.present_insz
),

-- more aid takes no ground away: only a recovery that was not known then does, one of a later statement or of a number
-- that was not known to be the same person's; what an earlier month has looked at and left stands until another comes
doubtful AS (
    SELECT open_signals.*
    FROM open_signals
    ANTI JOIN deceased ON deceased.month_sent = open_signals.month_sent AND deceased.insz = open_signals.insz
    SEMI JOIN (
        SELECT numbers_now.present_number, lines_since_signals.month, lines_since_signals.eerste_dag
        FROM lines_since_signals
        INNER JOIN numbers_now ON numbers_now.held_number = lines_since_signals.insz
        WHERE
            lines_since_signals.amount_cents < 0
            AND lines_since_signals.month > (SELECT min(signal_months.looked_at) FROM signal_months)
    ) AS recoveries
        ON
            recoveries.present_number = open_signals.present_number
            AND recoveries.month > open_signals.looked_at
            AND recoveries.eerste_dag <= open_signals.last_day_of_month
    UNION
    SELECT open_signals.*
    FROM open_signals
    ANTI JOIN deceased ON deceased.month_sent = open_signals.month_sent AND deceased.insz = open_signals.insz
    INNER JOIN numbers_now ON numbers_now.present_number = open_signals.present_number
    ANTI JOIN signal_numbers
        ON
            signal_numbers.month = open_signals.month_sent
            AND signal_numbers.number_sent = open_signals.number_sent
            AND signal_numbers.held_number = numbers_now.held_number
),

doubtful_numbers AS (
    SELECT numbers_now.held_number, numbers_now.present_number
    FROM numbers_now
    SEMI JOIN doubtful ON doubtful.present_number = numbers_now.present_number
),

-- by itself, before anything is compared: how few signals are doubtful cannot be estimated, and with the days compared
-- first every signal meets every line
lines_of_persons AS MATERIALIZED (
    SELECT
        doubtful_numbers.present_number,
        aid_history.insz,
        aid_history.aid_kind,
        aid_history.month,
        aid_history.teken,
        aid_history.eerste_dag,
        aid_history.laatste_dag,
        aid_history.amount_cents
    FROM aid_history
    INNER JOIN doubtful_numbers ON doubtful_numbers.held_number = aid_history.insz
),

-- the lines of a doubtful signal, as they were known then and as they are known now, up to the last day of its month
lines AS (
    SELECT
        doubtful.month_sent,
        doubtful.insz,
        lines_of_persons.aid_kind,
        lines_of_persons.month,
        lines_of_persons.teken,
        lines_of_persons.eerste_dag AS first_day,
        least(lines_of_persons.laatste_dag, doubtful.last_day_of_month) + 1 AS day_after,
        CAST(lines_of_persons.amount_cents AS HUGEINT) * 1000000000
        // (lines_of_persons.laatste_dag - lines_of_persons.eerste_dag + 1) AS amount_per_day,
        lines_of_persons.month <= doubtful.month_sent AND signal_numbers.held_number IS NOT NULL AS was_known_then
    FROM doubtful
    INNER JOIN lines_of_persons
        ON
            lines_of_persons.present_number = doubtful.present_number
            AND lines_of_persons.eerste_dag <= doubtful.last_day_of_month
    LEFT JOIN signal_numbers
        ON
            signal_numbers.month = doubtful.month_sent
            AND signal_numbers.number_sent = doubtful.number_sent
            AND signal_numbers.held_number = lines_of_persons.insz
),

series_lines AS (
    SELECT
        lines.*,
        CASE WHEN lines.aid_kind = 'LIVING_WAGE' THEN 'LIVING_WAGE' ELSE 'ASSISTANCE' END AS series
    FROM lines
    INNER JOIN doubtful ON doubtful.month_sent = lines.month_sent AND doubtful.insz = lines.insz
    INNER JOIN signal_rules
        ON signal_rules.month = doubtful.month_sent AND signal_rules.category = doubtful.category
    WHERE lines.aid_kind = 'LIVING_WAGE' OR list_contains(signal_rules.counted_assistance_kinds, lines.aid_kind)
),

-- the sweep of reimbursed_runs, for both states of knowledge
changes AS (
    SELECT month_sent, insz, is_known_now, series, day, sum(change) AS change
    FROM (
        SELECT month_sent, insz, is_known_now, series, first_day AS day, amount_per_day AS change
        FROM series_lines
        CROSS JOIN (VALUES (TRUE), (FALSE)) AS knowledge (is_known_now)
        WHERE knowledge.is_known_now OR series_lines.was_known_then
        UNION ALL
        SELECT month_sent, insz, is_known_now, series, day_after AS day, -amount_per_day AS change
        FROM series_lines
        CROSS JOIN (VALUES (TRUE), (FALSE)) AS knowledge (is_known_now)
        WHERE knowledge.is_known_now OR series_lines.was_known_then
    )
    GROUP BY month_sent, insz, is_known_now, series, day
),

levels AS (
    SELECT
        *,
        sum(change) OVER (PARTITION BY month_sent, insz, is_known_now, series ORDER BY day) AS amount_per_day
    FROM changes
),

edges AS (
    SELECT
        month_sent,
        insz,
        is_known_now,
        series,
        day,
        amount_per_day >= 1000000000 - 1000 AS begins,
        lead(day) OVER (PARTITION BY month_sent, insz, is_known_now, series ORDER BY day) AS day_after
    FROM levels
    WHERE (amount_per_day >= 1000000000 - 1000) <> (amount_per_day - change >= 1000000000 - 1000)
),

runs AS (
    SELECT month_sent, insz, is_known_now, series, day AS run_start, day_after - 1 AS run_end
    FROM edges
    WHERE begins
),

-- the days that the statement of the signal's month paid under the number sent
paid AS (
    SELECT month_sent, insz, series, first_day, day_after - 1 AS last_day
    FROM series_lines
    WHERE teken = '+' AND month = month_sent AND was_known_then
),

first_days AS (
    SELECT month_sent, insz, min(first_day) AS first_living_wage_day
    FROM paid
    WHERE series = 'LIVING_WAGE'
    GROUP BY month_sent, insz
),

paid_days_still_reimbursed AS (
    SELECT DISTINCT runs.month_sent, runs.insz, runs.is_known_now, runs.series
    FROM runs
    INNER JOIN paid
        ON
            paid.month_sent = runs.month_sent
            AND paid.insz = runs.insz
            AND paid.series = runs.series
            AND paid.first_day <= runs.run_end
            AND paid.last_day >= runs.run_start
),

tested AS (
    SELECT
        doubtful.month_sent,
        doubtful.insz,
        knowledge.is_known_now,
        signal_rules.* EXCLUDE (month),
        -- the window of a rule begins with the first day of a month
        CAST(doubtful.month_sent - to_months(signal_rules.living_wage_window_months - 1) AS DATE)
            AS first_day_of_window,
        CAST(
            date_trunc('month', first_days.first_living_wage_day) - to_months(signal_rules.assistance_before_months)
            AS DATE
        ) AS first_day_of_assistance_before,
        first_days.first_living_wage_day
    FROM doubtful
    CROSS JOIN (VALUES (TRUE), (FALSE)) AS knowledge (is_known_now)
    INNER JOIN signal_rules
        ON signal_rules.month = doubtful.month_sent AND signal_rules.category = doubtful.category
    LEFT JOIN first_days ON first_days.month_sent = doubtful.month_sent AND first_days.insz = doubtful.insz
),

living_wage AS (
    SELECT month_sent, insz, is_known_now, sum(days) AS living_wage_days, max(days) AS longest_living_wage_run
    FROM (
        SELECT
            runs.month_sent,
            runs.insz,
            runs.is_known_now,
            runs.run_end - greatest(runs.run_start, tested.first_day_of_window) + 1 AS days
        FROM runs
        INNER JOIN tested
            ON
                tested.month_sent = runs.month_sent
                AND tested.insz = runs.insz
                AND tested.is_known_now = runs.is_known_now
        WHERE
            runs.series = 'LIVING_WAGE'
            AND (tested.first_day_of_window IS NULL OR runs.run_end >= tested.first_day_of_window)
    )
    GROUP BY month_sent, insz, is_known_now
),

assistance_runs AS (
    SELECT
        runs.*,
        tested.assistance_month_mode,
        tested.first_living_wage_day,
        year(runs.run_start) * 12 + month(runs.run_start) AS first_month,
        year(runs.run_end) * 12 + month(runs.run_end) AS last_month,
        CASE WHEN day(runs.run_start) = 1 THEN 0 ELSE 1 END AS is_begun_late,
        CASE WHEN runs.run_end = last_day(runs.run_end) THEN 0 ELSE 1 END AS is_ended_early
    FROM runs
    INNER JOIN tested
        ON
            tested.month_sent = runs.month_sent
            AND tested.insz = runs.insz
            AND tested.is_known_now = runs.is_known_now
    WHERE runs.series = 'ASSISTANCE'
),

assistance AS (
    SELECT
        month_sent,
        insz,
        is_known_now,
        sum(CASE assistance_month_mode
            WHEN 'ANY_DAY'
                THEN last_month - first_month + 1 - CASE WHEN first_month = last_month_before THEN 1 ELSE 0 END
            WHEN 'WHOLE_MONTH' THEN greatest(last_month - is_ended_early - first_month - is_begun_late + 1, 0)
        END) AS assistance_months,
        max(run_end) FILTER (WHERE run_start < first_living_wage_day) AS last_assistance_day
    FROM (
        SELECT
            *,
            lag(last_month) OVER (PARTITION BY month_sent, insz, is_known_now ORDER BY run_start) AS last_month_before
        FROM assistance_runs
    )
    GROUP BY month_sent, insz, is_known_now
),

judged AS (
    SELECT
        tested.month_sent,
        tested.insz,
        tested.is_known_now,
        array_length(list_filter([
            CASE WHEN assistance.assistance_months >= tested.min_assistance_months THEN 'ASSISTANCE_4_MONTHS' END,
            CASE
                WHEN
                    paid_wage.insz IS NOT NULL
                    AND assistance.last_assistance_day IS NOT NULL
                    AND (
                        tested.first_day_of_assistance_before IS NULL
                        OR assistance.last_assistance_day >= tested.first_day_of_assistance_before
                    )
                    THEN 'LIVING_WAGE_AFTER_ASSISTANCE'
            END,
            CASE
                WHEN
                    tested.min_living_wage_days
                    <= CASE tested.living_wage_days_mode
                        WHEN 'CUMULATIVE' THEN living_wage.living_wage_days
                        WHEN 'CONSECUTIVE' THEN living_wage.longest_living_wage_run
                    END
                    THEN 'LIVING_WAGE_90_DAYS'
            END,
            CASE WHEN paid_assistance.insz IS NOT NULL THEN 'SOCIAL_ASSISTANCE' END
        ], lambda ground: list_contains(tested.grounds, ground))) > 0 AS holds
    FROM tested
    LEFT JOIN living_wage
        ON
            living_wage.month_sent = tested.month_sent
            AND living_wage.insz = tested.insz
            AND living_wage.is_known_now = tested.is_known_now
    LEFT JOIN assistance
        ON
            assistance.month_sent = tested.month_sent
            AND assistance.insz = tested.insz
            AND assistance.is_known_now = tested.is_known_now
    LEFT JOIN paid_days_still_reimbursed AS paid_wage
        ON
            paid_wage.month_sent = tested.month_sent
            AND paid_wage.insz = tested.insz
            AND paid_wage.is_known_now = tested.is_known_now
            AND paid_wage.series = 'LIVING_WAGE'
    LEFT JOIN paid_days_still_reimbursed AS paid_assistance
        ON
            paid_assistance.month_sent = tested.month_sent
            AND paid_assistance.insz = tested.insz
            AND paid_assistance.is_known_now = tested.is_known_now
            AND paid_assistance.series = 'ASSISTANCE'
),

-- a ground held with what was known then, and none does with what is known now
recovered AS (
    SELECT month_sent, insz
    FROM judged
    GROUP BY month_sent, insz
    HAVING bool_or(holds AND NOT is_known_now) AND NOT bool_or(holds AND is_known_now)
),

-- told once of each pair, at the last month in which the number was sent, whether that signal is withdrawn or not
renumbered AS (
    SELECT
        signals.insz,
        max(signals.month_sent) AS month_sent,
        lpad(CAST(signals.present_number AS VARCHAR), 11, '0') AS insz_now
    FROM signals
    WHERE signals.present_number <> signals.number_sent
    GROUP BY signals.insz, signals.present_number
)

SELECT statement_month.month, found.insz, found.month_sent, found.kind, found.reason, found.insz_now
FROM (
    SELECT insz, month_sent, 'WITHDRAWN' AS kind, 'DECEASED' AS reason, CAST(NULL AS VARCHAR) AS insz_now FROM deceased
    UNION ALL
    SELECT insz, month_sent, 'WITHDRAWN' AS kind, 'AID_RECOVERED' AS reason, CAST(NULL AS VARCHAR) AS insz_now
    FROM recovered
    UNION ALL
    SELECT renumbered.insz, renumbered.month_sent, 'RENUMBERED' AS kind, 'NUMBER_REPLACED' AS reason, renumbered.insz_now
    FROM renumbered
    ANTI JOIN earlier_corrections
        ON
            earlier_corrections.kind = 'RENUMBERED'
            AND earlier_corrections.insz = renumbered.insz
            AND earlier_corrections.insz_now = renumbered.insz_now
) AS found
CROSS JOIN statement_month
