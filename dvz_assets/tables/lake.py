"""Tables of the lake: one Parquet file per asset and month.

Identification numbers are 64-bit integers here, because they are joined and scanned; the tables that the contract
describes (`decisions`, `dvz_export`, `dvz_export_periods`) hold them as text of eleven digits.
"""

from dvz_assets.tables.model import SECOND_VERSION, Column, Privacy, Table

NOTE = "synthesis note of POD MI of 8 May 2014"
DELIBERATION = "deliberation 18/055 of 8 May 2018"

MONTH = Column("month", "DATE", "First day of the statement month.", Privacy.TECHNICAL)
REGIME = Column("regime", "VARCHAR", "Legal regime of the month, as regimes.csv names it.", Privacy.TECHNICAL)
LINE_NUMBER = Column("line_number", "BIGINT", "Line in the delivered file, the header being line 1.", Privacy.TECHNICAL)
NUMBER = Column("insz", "BIGINT", "Identification number of social security, as a number.")
INSZ = Column("insz", "VARCHAR", "Identification number of social security: 11 digits, the present number.")
AID_KIND = Column("aid_kind", "VARCHAR", "Aid kind of rules.md section 1, such as LIVING_WAGE or ASSISTANCE.")
CATEGORY = Column(
    "category", "VARCHAR", "Category of the residence motive (residence_motives), such as EU_CITIZEN.", nullable=True
)


def _delivered(name: str, meaning: str) -> Column:
    return Column(name, "VARCHAR", meaning, nullable=True)


NOVAPRIMA_STATEMENT = Table(
    "novaprima_statement",
    "Monthly statement (maandstaat) as NOVAPRIMA delivered it, as text, checked against its voucher.",
    grain="one row per line of the delivered file",
    key=("line_number",),
    columns=(
        LINE_NUMBER,
        _delivered("wetgeving", "Law: 1 = 26 May 2002 (RMI), 2 = 2 April 1965, 6 = organic law."),
        _delivered("ocmw_nis", "NIS code of the OCMW."),
        _delivered("jaarmaand", "Month of the statement, YYYYMM."),
        _delivered("dossier", "File number at the OCMW."),
        _delivered("suffix", "Law 2: member of the file."),
        _delivered("insz", "Identification number as printed on the statement."),
        _delivered("referentie", "Reference of the form."),
        _delivered("type_bedrag", "1 grant, 2 arrears, 3 recovery, 4/5/6 regularisation of 1/2/3."),
        _delivered("eerste_dag", "First day of the aid period, YYYYMMDD, included."),
        _delivered("laatste_dag", "Last day of the aid period, YYYYMMDD, included."),
        _delivered("begrotingsartikel", "Budget article."),
        _delivered("teken", "Sign of the amount."),
        _delivered("bedrag", "Amount at 100 % in eurocents, without sign."),
        _delivered("categorie", "Law 1: living-wage category; law 2: status letter."),
        _delivered("naam", "Name as printed on the statement; never leaves this layer."),
        _delivered("hulptype", "Help type of law 2."),
        _delivered("hoedanigheidscode", "KSZ quality code of sector 17."),
    ),
    legal_basis=f"{NOTE}, 1.1 first selection",
)

REGISTER_SNAPSHOT = Table(
    "register_snapshot",
    "Snapshot of the National Register as it was delivered, as text, checked against its voucher.",
    grain="one row per line of the delivered file",
    key=("line_number",),
    columns=(
        LINE_NUMBER,
        _delivered("insz", "IT 000: present identification number."),
        _delivered("naam", "Last name."),
        _delivered("voornamen", "First names."),
        _delivered("nationaliteit", "IT 031: NIS country code; 150 = Belgium."),
        _delivered("land_van_herkomst", "IT 006: NIS country code."),
        _delivered("register", "IT 210: code of the register."),
        _delivered("verblijfsdocument", "IT 195: code of the residence document."),
        _delivered("document_geldig_tot", "IT 195: expiry date, YYYYMMDD."),
        _delivered("verblijfsmotief", "IT 202: Reason1 code of the open residence motive."),
        _delivered("motief_datum", "IT 202: date of the motive; no rule uses it."),
        _delivered("verblijf_sinds", "First day of the present legal and uninterrupted residence, YYYYMMDD."),
        _delivered("overleden_op", "IT 150: date of death, YYYYMMDD."),
    ),
    legal_basis=f"{NOTE}, 1.1 second selection",
)

INSZ_REPLACEMENTS = Table(
    "insz_replacements",
    "Replaced identification numbers made known this month, as delivered, as text.",
    grain="one row per line of the delivered file",
    key=("line_number",),
    columns=(
        LINE_NUMBER,
        _delivered("oud_insz", "Number that is replaced."),
        _delivered("nieuw_insz", "Number that replaces it."),
        _delivered("datum", "Date of the replacement, YYYYMMDD; no rule uses it."),
    ),
)

IDENTITY_MAP = Table(
    "identity_map",
    "Every number replaced so far and the number that its holder has now, chains followed to the end.",
    grain="one row per replaced number, known from the deliveries of this month and before",
    key=("old_insz",),
    columns=(
        Column("old_insz", "BIGINT", "Number that was replaced."),
        Column("new_insz", "BIGINT", "Number that replaced it, as delivered."),
        Column("present_insz", "BIGINT", "Number at the end of the chain."),
    ),
)

AID_HISTORY = Table(
    "aid_history",
    "Typed statement lines with their aid kind and the State's share; numbers as printed on the statement, so that "
    "the identity map of a later month can be applied to them.",
    grain="one row per accepted statement line",
    key=("insz", "line_number"),
    columns=(
        MONTH,
        LINE_NUMBER,
        NUMBER,
        Column("ocmw_nis", "VARCHAR", "NIS code of the OCMW."),
        Column("wetgeving", "TINYINT", "Law: 1 = 26 May 2002 (RMI), 2 = 2 April 1965, 6 = organic law."),
        Column("type_bedrag", "TINYINT", "1 grant, 2 arrears, 3 recovery, 4/5/6 regularisation; used by no rule."),
        Column("eerste_dag", "DATE", "First day of the aid period, included."),
        Column("laatste_dag", "DATE", "Last day of the aid period, included."),
        Column("begrotingsartikel", "VARCHAR", "Budget article."),
        Column("hulptype", "VARCHAR", "Help type; law 2 only.", nullable=True),
        AID_KIND,
        Column("teken", "VARCHAR", "Sign of the line, + or -; a zero amount has one too."),
        Column("amount_cents", "BIGINT", "Amount at 100 %, with its sign.", unit="eurocents"),
        Column(
            "state_share_cents",
            "BIGINT",
            "Share that the State reimburses, rounded half up per line, with its sign.",
            unit="eurocents",
        ),
        Column("categorie", "VARCHAR", "Law 1: living-wage category; law 2: status letter.", nullable=True),
        Column("hoedanigheidscode", "VARCHAR", "KSZ quality code as delivered.", nullable=True),
    ),
    legal_basis=f"{NOTE}, 1.1 first selection; rules.md sections 1 and 6",
)

REGISTER_PERSONS = Table(
    "register_persons",
    "Register facts that a rule looks at, of the persons with a line in the month's statement; others were dropped.",
    grain="one row per person",
    key=("insz",),
    columns=(
        NUMBER,
        Column("nationaliteit", "VARCHAR", "NIS country code of the nationality; 150 = Belgium."),
        Column("register", "VARCHAR", "Code of the register (IT 210).", nullable=True),
        Column("verblijfsdocument", "VARCHAR", "Code of the residence document (IT 195).", nullable=True),
        Column("document_geldig_tot", "DATE", "Last day on which the document is valid.", nullable=True),
        Column("verblijfsmotief", "VARCHAR", "Code of the open residence motive (IT 202).", nullable=True),
        Column("verblijf_sinds", "DATE", "First day of the present legal residence.", nullable=True),
        Column("overleden_op", "DATE", "Date of death.", nullable=True),
    ),
    legal_basis=f"{NOTE}, 1.1 second selection; {DELIBERATION}, 29 (minimisation)",
)

SELECTION_ONE = Table(
    "selection_one",
    "Selection one: persons with a positive net reimbursement in this statement.",
    grain="one row per person",
    key=("insz",),
    columns=(
        NUMBER,
        Column(
            "integration_net_cents",
            "BIGINT",
            "Statement net of LIVING_WAGE and INTEGRATION_OTHER.",
            unit="eurocents",
        ),
        Column(
            "assistance_net_cents",
            "BIGINT",
            "Statement net of ASSISTANCE and ASSISTANCE_EMPLOYMENT.",
            unit="eurocents",
        ),
    ),
    legal_basis=f"{NOTE}, 1.1 first selection",
)

SELECTION_TWO = Table(
    "selection_two",
    "Selection two: the register tests in their order; who passes all of them has no failed_test.",
    grain="one row per person of selection one who is in the register",
    key=("insz",),
    columns=(
        NUMBER,
        CATEGORY,
        Column("has_rule", "BOOLEAN", "The category has a rule in the regime of the month."),
        Column("failed_test", "VARCHAR", "Outcome named by the first test that fails.", nullable=True),
    ),
    legal_basis=f"{NOTE}, 1.1 second selection; {DELIBERATION}, 10-26",
)

INTERSECTION = Table(
    "intersection",
    "Persons in both selections: only they may be sent.",
    grain="one row per person",
    key=("insz",),
    columns=(NUMBER, Column("category", "VARCHAR", "Category of the residence motive.")),
    legal_basis=f"{NOTE}, 1.1",
)

REIMBURSED_RUNS = Table(
    "reimbursed_runs",
    "Runs of consecutive reimbursed days of the persons of selection one whose category has a rule.",
    grain="one row per person, series, aid kind and run",
    key=("insz", "series", "aid_kind", "run_start"),
    columns=(
        NUMBER,
        Column(
            "series",
            "VARCHAR",
            "Which lines count: LIVING_WAGE or ASSISTANCE (all statements up to this one), or TWELVE_MONTHS (counted "
            "kinds, the last twelve statements).",
        ),
        Column("aid_kind", "VARCHAR", "Aid kind, where the regime tells kinds apart; else empty.", nullable=True),
        Column("run_start", "DATE", "First reimbursed day of the run."),
        Column("run_end", "DATE", "Last reimbursed day of the run, included."),
        Column("days", "INTEGER", "Length of the run.", unit="days"),
    ),
    legal_basis=f"{NOTE}, 1.2; rules.md section 3",
)

DECISIONS = Table(
    "decisions",
    "Outcome and grounds of every person of selection one.",
    grain="one row per month and person of selection one",
    key=("insz",),
    columns=(
        MONTH,
        REGIME,
        INSZ,
        CATEGORY,
        Column("outcome", "VARCHAR", "SENT, or the name of the first test that failed (rules.md sections 4 and 5)."),
        Column("grounds", "VARCHAR[]", "Grounds that hold, sorted; empty unless SENT."),
        Column(
            "living_wage_days",
            "INTEGER",
            "Reimbursed days of living wage over all statements up to this one, in the window of the rule.",
            unit="days",
            nullable=True,
        ),
        Column(
            "longest_living_wage_run",
            "INTEGER",
            "Longest series of consecutive such days; decides where living_wage_days_mode is CONSECUTIVE.",
            unit="days",
            nullable=True,
        ),
        Column(
            "assistance_months",
            "INTEGER",
            "Calendar months of which a day (or all, by assistance_month_mode) of counted assistance is reimbursed.",
            unit="months",
            nullable=True,
        ),
    ),
    legal_basis=f"{NOTE}, 1.1 and 1.2; {DELIBERATION}, 10-26",
)

DVZ_EXPORT = Table(
    "dvz_export",
    "What is sent to DVZ about a person; columns not authorised for the regime and the category are NULL.",
    grain="one row per month and person sent",
    key=("insz",),
    columns=(
        MONTH,
        REGIME,
        INSZ,
        Column("last_name", "VARCHAR", "Last name.", nullable=True),
        Column("first_names", "VARCHAR", "First names.", nullable=True),
        Column("country_of_origin", "VARCHAR", "NIS code of the country of origin.", nullable=True),
        Column(
            "aid_amount_granted",
            "DECIMAL(12,2)",
            "Aid granted at 100 %, net, in the current statement.",
            unit="EUR",
            nullable=True,
        ),
        Column(
            "aid_amount_12m",
            "DECIMAL(14,2)",
            "Aid at 100 %, net, over the statements M-11 to M; students and their family.",
            unit="EUR",
            nullable=True,
            since=SECOND_VERSION,
            absent="NULL",
        ),
        Column("quality_code", "VARCHAR", "KSZ quality code.", nullable=True),
        Column(
            "amount_reimbursed_12m",
            "DECIMAL(14,2)",
            "State share, net, over the statements M-11 to M.",
            unit="EUR",
            nullable=True,
        ),
        Column(
            "aid_natures",
            "VARCHAR[]",
            "Counted aid kinds with a positive net in the current statement, sorted.",
            nullable=True,
        ),
        Column("residence_capacity", "VARCHAR", "Capacity of the residence motive.", nullable=True),
    ),
    legal_basis=f"{NOTE}, 1.3; {DELIBERATION}, 2",
)

DVZ_EXPORT_PERIODS = Table(
    "dvz_export_periods",
    "Aid periods of the persons sent, over the last twelve statements.",
    grain="one row per month, person, aid kind and period",
    key=("insz", "aid_kind", "period_start"),
    columns=(
        MONTH,
        INSZ,
        Column("aid_kind", "VARCHAR", "Aid kind; empty where the regime merges all kinds.", nullable=True),
        Column("period_start", "DATE", "First reimbursed day of the period."),
        Column("period_end", "DATE", "Last reimbursed day of the period, included."),
    ),
    legal_basis=f"{NOTE}, 1.3; {DELIBERATION}, 2",
)

THRESHOLD_INDICATOR = Table(
    "threshold_indicator",
    "How the aid of students and their family who are sent compares with three times the living wage; never sent.",
    grain="one row per month and person sent as student or family of a student",
    key=("insz",),
    columns=(
        MONTH,
        INSZ,
        Column("category", "VARCHAR", "Category of the residence motive."),
        Column(
            "living_wage_category",
            "VARCHAR",
            "Living-wage category of the latest line of living wage that has one, else 2.",
        ),
        Column(
            "living_wage_category_assumed",
            "BOOLEAN",
            "No line of living wage has a category, so that category 2 is assumed; not recorded before version 0.2.0.",
            nullable=True,
            since=SECOND_VERSION,
            absent="NULL",
        ),
        Column("aid_amount_12m", "DECIMAL(14,2)", "Aid at 100 %, net, over the statements M-11 to M.", unit="EUR"),
        Column(
            "monthly_living_wage",
            "DECIMAL(9,2)",
            "Living wage of that category on the last day of the month.",
            unit="EUR",
            nullable=True,
        ),
        Column("verified", "BOOLEAN", "The amount of the living wage is verified by its owner.", nullable=True),
        Column("multiple", "DECIMAL(12,2)", "Aid as a multiple of the monthly living wage, rounded.", nullable=True),
        Column("exceeds", "BOOLEAN", "The aid is strictly more than three times the living wage.", nullable=True),
    ),
    legal_basis=f"{DELIBERATION}, 12, 14, 19 and 20",
)

CORRECTIONS = Table(
    "corrections",
    "Signals of earlier months that today's knowledge takes back, and numbers sent that were replaced; each told once.",
    grain="one row per correction that the month says of an earlier signal",
    key=("insz", "month_sent", "kind"),
    columns=(
        MONTH,
        Column("insz", "VARCHAR", "Identification number as it was sent: 11 digits."),
        Column("month_sent", "DATE", "First day of the month whose signal is corrected."),
        Column("kind", "VARCHAR", "WITHDRAWN or RENUMBERED."),
        Column("reason", "VARCHAR", "DECEASED or AID_RECOVERED of a signal withdrawn; NUMBER_REPLACED."),
        Column("insz_now", "VARCHAR", "Present number where the number was replaced; else empty.", nullable=True),
    ),
    legal_basis="regimes.csv, correction_reference; rules.md section 8",
    since=SECOND_VERSION,
)

MONTH_MEASURES = Table(
    "month_measures",
    "What is cheap to count of a month, beside what the months before it let expect: a control chart. Counts are "
    "exact; flow/drift.py says what is shown of them.",
    grain="one row per measure and code",
    key=("measure", "code"),
    columns=(
        MONTH,
        Column(
            "measure",
            "VARCHAR",
            "LINES, PERSONS, NEWCOMERS, LEAVERS, WITHOUT_REGISTER_ROW, REGISTER_ROWS; PERSONS_BY_ and a column of the "
            "statement or the register, or what comes of it; LINES_BY_OCMW; CENTS_BY_OCMW, CENTS_BY_AID_KIND; "
            "REJECTS_BY_REASON.",
            Privacy.TECHNICAL,
        ),
        Column(
            "code",
            "VARCHAR",
            "OCMW, article, help type and so on of which it is the measure; empty where it is of the whole month. What "
            "no table knows stands together as (unknown).",
            Privacy.TECHNICAL,
        ),
        Column(
            "value",
            "BIGINT",
            "Lines, persons or rows; cents at 100 %, without sign, of CENTS_BY_ measures. 0 of a code that the months "
            "before had.",
            Privacy.AGGREGATE,
        ),
        Column(
            "whole",
            "BIGINT",
            "What it is a part of: all counts of the measure; the lines of CENTS_BY_ measures; 1 of the whole month.",
            Privacy.AGGREGATE,
        ),
        Column(
            "usual",
            "BIGINT",
            "The value that the last twelve months before let expect of a month with this whole (median); empty while "
            "there are fewer than four, and of measures that are not judged.",
            Privacy.AGGREGATE,
            nullable=True,
        ),
        Column(
            "score",
            "DOUBLE",
            "How far the value is from the usual one, in robust standard deviations; from 5 on it may stand out.",
            Privacy.AGGREGATE,
            nullable=True,
        ),
        Column(
            "stands_out",
            "BOOLEAN",
            "Whether it is that far from it, and from the same month of last year too.",
            Privacy.AGGREGATE,
        ),
    ),
    since=SECOND_VERSION,
)

DELIVERY = Table(
    "delivery",
    "Deliveries written for the month, oldest first; the last one is in force.",
    grain="one row per delivery",
    key=("sequence",),
    columns=(
        MONTH,
        REGIME,
        Column("sequence", "INTEGER", "Number of the delivery within the month, from 1.", Privacy.TECHNICAL),
        Column("persons", "BIGINT", "Rows of dvz_export.csv.", Privacy.AGGREGATE),
        Column("periods", "BIGINT", "Rows of dvz_export_period.csv.", Privacy.AGGREGATE),
        Column("export_sha256", "VARCHAR", "SHA-256 of dvz_export.csv.", Privacy.TECHNICAL),
        Column("period_sha256", "VARCHAR", "SHA-256 of dvz_export_period.csv.", Privacy.TECHNICAL),
        Column("added", "BIGINT", "Persons that the delivery before did not hold.", Privacy.AGGREGATE),
        Column("removed", "BIGINT", "Persons of the delivery before that are gone.", Privacy.AGGREGATE),
        Column("changed", "BIGINT", "Persons whose row or periods differ from the delivery before.", Privacy.AGGREGATE),
        Column(
            "corrections",
            "BIGINT",
            "Rows of dvz_corrections.csv; empty where the delivery has no such file.",
            Privacy.AGGREGATE,
            nullable=True,
            since=SECOND_VERSION,
            absent="NULL",
        ),
        Column(
            "corrections_sha256",
            "VARCHAR",
            "SHA-256 of dvz_corrections.csv; empty where the delivery has no such file.",
            Privacy.TECHNICAL,
            nullable=True,
            since=SECOND_VERSION,
            absent="NULL",
        ),
        Column("created_at", "TIMESTAMPTZ", "When the delivery was written.", Privacy.TECHNICAL),
    ),
)

LAKE_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        NOVAPRIMA_STATEMENT,
        REGISTER_SNAPSHOT,
        INSZ_REPLACEMENTS,
        IDENTITY_MAP,
        AID_HISTORY,
        REGISTER_PERSONS,
        MONTH_MEASURES,
        SELECTION_ONE,
        SELECTION_TWO,
        INTERSECTION,
        REIMBURSED_RUNS,
        DECISIONS,
        DVZ_EXPORT,
        DVZ_EXPORT_PERIODS,
        THRESHOLD_INDICATOR,
        CORRECTIONS,
        DELIVERY,
    )
}
