"""Tables of the two published DuckDB files, beyond those that the lake holds already.

``dvz.duckdb`` is for POD MI's desk of this data flow and its auditors and holds personal data; ``analytics.duckdb`` is
for analysts and holds counts only.
"""

from dataclasses import replace

from dvz_assets.tables.lake import (
    CORRECTIONS,
    DECISIONS,
    DELIVERY,
    DVZ_EXPORT,
    DVZ_EXPORT_PERIODS,
    MONTH,
    REGIME,
    THRESHOLD_INDICATOR,
)
from dvz_assets.tables.model import SECOND_VERSION, Column, Privacy, Table


def _count(name: str, meaning: str, *, nullable: bool = False, unit: str | None = None) -> Column:
    return Column(name, "BIGINT", meaning, Privacy.AGGREGATE, unit, nullable)


def _label(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "VARCHAR", meaning, Privacy.TECHNICAL, None, nullable)


def _amount(name: str, meaning: str) -> Column:
    hidden = (
        "Rounded to a round number that no single amount exceeds; NULL where the count is hidden, where one or two "
        "persons have most of it (dominance_percent), or where the regime does not authorise it."
    )
    return Column(name, "DECIMAL(18,2)", f"{meaning} {hidden}", Privacy.AGGREGATE, "EUR", True)


def _percent(name: str, meaning: str) -> Column:
    return Column(name, "DOUBLE", meaning, Privacy.AGGREGATE, "%", True)


PROTECTED = "Counts of persons are protected."
PROTECTED_COUNT = "NULL below small_cell_threshold, zero aside; else to multiples of rounding_base."

SUPPRESSED = Column(
    "suppressed",
    "BOOLEAN",
    "A count of persons of this row is hidden, because it is small and not zero.",
    Privacy.TECHNICAL,
    since=SECOND_VERSION,
)


def _protected(table: Table, name: str) -> Table:
    """The same table with its counts of persons protected."""
    columns = tuple(_hidden_when_small(column) if column.unit == "persons" else column for column in table.columns)
    return replace(table, name=name, meaning=f"{table.meaning} {PROTECTED}", columns=(*columns, SUPPRESSED))


def _hidden_when_small(column: Column) -> Column:
    return replace(column, nullable=True, meaning=f"{column.meaning} {PROTECTED_COUNT}")


PUBLICATION = Table(
    "publication",
    "Which version of each month stands in this file.",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        _label("fingerprint", "Keyed hash of everything that the month was computed from."),
        _label("content", "Rows of each table and their hash, as written; by it a damaged file is told."),
    ),
)

EXPORT = replace(DVZ_EXPORT, key=("month", "insz"))
EXPORT_PERIOD = replace(DVZ_EXPORT_PERIODS, name="dvz_export_period", key=("month", "insz", "aid_kind", "period_start"))


def _step(name: str, meaning: str) -> Column:
    return Column(name, "TIMESTAMPTZ", meaning, Privacy.TECHNICAL, None, True, since=SECOND_VERSION)


EXPORT_DELIVERY = replace(
    DELIVERY,
    key=("month", "sequence"),
    meaning="Deliveries written for the month, oldest first, and what became of each.",
    columns=(
        *DELIVERY.columns,
        Column(
            "state",
            "VARCHAR",
            "PREPARED, RELEASED, TRANSMITTED, ACKNOWLEDGED, REFUSED by the receiver, REJECTED by the desk, REPLACED.",
            Privacy.TECHNICAL,
            since=SECOND_VERSION,
        ),
        Column(
            "is_historical",
            "BOOLEAN",
            "Prepared long after its month: it never leaves without an explicit release.",
            Privacy.TECHNICAL,
            since=SECOND_VERSION,
        ),
        _step("prepared_at", "When it was entered into the ledger."),
        _step("released_at", "When the last approval was given; when it was prepared, where none is asked for."),
        _step("transmitted_at", "When it was put into the outbox, or somebody said that it was sent."),
        _step("acknowledged_at", "When the receiver's acceptance was taken in."),
        _step("refused_at", "When the receiver's refusal was taken in."),
        _step("rejected_at", "When the desk rejected it."),
        _step("replaced_at", "When a later delivery took its place."),
    ),
    legal_basis="rules.md section 9",
)
CONTROL_DECISION = replace(
    DECISIONS,
    name="decision",
    meaning="Outcome and grounds of every person in both selections.",
    grain="one row per month and person of the intersection",
    key=("month", "insz"),
)

EXPORT_CORRECTION = replace(CORRECTIONS, name="correction", key=("month", "insz", "month_sent", "kind"))
CONTROL_THRESHOLD_INDICATOR = replace(THRESHOLD_INDICATOR, key=("month", "insz"))

CONTROL_FUNNEL = Table(
    "funnel",
    "How many persons each test of the rules lets go, from selection one to SENT; every step has a row, even at zero.",
    grain="one row per month and step",
    key=("month", "step_order"),
    columns=(
        MONTH,
        REGIME,
        _label("step", "SELECTION_ONE, an outcome of rules.md, or ANNEX_19 (a part of other steps)."),
        Column(
            "step_order", "INTEGER", "0 = SELECTION_ONE, then the outcomes in order, and ANNEX_19.", Privacy.TECHNICAL
        ),
        _count("persons", "Persons whose way ends at this step; at step 0 all of selection one.", unit="persons"),
    ),
)

REJECTS = Table(
    "rejects",
    "Delivered rows that were rejected, by reason; no row for zero.",
    grain="one row per month, source and reason",
    key=("month", "source", "reason"),
    columns=(
        MONTH,
        _label("source", "novaprima or register."),
        _label("reason", "Reason code of the contract, section 1.5."),
        _count("rows", "Rejected rows.", unit="rows"),
    ),
)

CONTROL_OVERVIEW = Table(
    "overview",
    "One line per month: what came in, and how many persons are in each selection.",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        REGIME,
        Column("reference_date", "DATE", "Date of the register snapshot.", Privacy.TECHNICAL),
        _count("statement_lines", "Lines of the delivered statement.", unit="rows"),
        _count("rejected_rows", "Rejected rows of all delivered files.", unit="rows"),
        _count("register_rows", "Rows of the delivered register snapshot.", unit="rows"),
        _count("register_rows_dropped", "Register rows of persons without a statement line.", unit="persons"),
        _count("selection_one", "Persons in selection one.", unit="persons"),
        _count("intersection", "Persons in both selections.", unit="persons"),
        _count("sent", "Persons sent to DVZ.", unit="persons"),
        _count("deliveries", "Deliveries written for the month.", unit="deliveries"),
    ),
)

FUNNEL = _protected(CONTROL_FUNNEL, "funnel")
MONTH_OVERVIEW = _protected(CONTROL_OVERVIEW, "month_overview")

MONTHLY_SUMMARY = Table(
    "monthly_summary",
    f"Persons sent by category and ground; a person with several grounds counts under each. {PROTECTED}",
    grain="one row per month, category and ground that somebody has",
    key=("month", "category", "ground"),
    columns=(
        MONTH,
        REGIME,
        Column("category", "VARCHAR", "Category of the residence motive.", Privacy.AGGREGATE),
        Column("ground", "VARCHAR", "Ground that holds.", Privacy.AGGREGATE),
        _hidden_when_small(_count("persons", "Persons sent.", unit="persons")),
        _amount("aid_amount_granted", "Aid granted at 100 %, net, in the current statement, of these persons."),
        _amount("amount_reimbursed_12m", "State share over the statements M-11 to M, of these persons."),
        SUPPRESSED,
    ),
)

QUALITY = Table(
    "quality",
    "Every expectation that was checked, with its result.",
    grain="one row per month, asset and check",
    key=("month", "asset", "check_name"),
    columns=(
        MONTH,
        _label("asset", "Asset whose partition was checked."),
        _label("check_name", "Name of the expectation."),
        Column("passed", "BOOLEAN", "The expectation was met.", Privacy.TECHNICAL),
        Column("blocking", "BOOLEAN", "A failure stops the month.", Privacy.TECHNICAL),
        _label("description", "What is expected, and why."),
        _count(
            "unexpected_rows",
            f"Rows that break it, where they can be counted. {PROTECTED_COUNT}",
            nullable=True,
            unit="rows",
        ),
    ),
)

CONSULTATION = Table(
    "consultation",
    "Requests for consultation of A036 attestations, by the month in which they were asked; small counts are hidden.",
    grain="one row per month, purpose and status",
    key=("month", "purpose", "status"),
    columns=(
        Column("month", "DATE", "First day of the month in which it was asked.", Privacy.TECHNICAL),
        _label("purpose", "Purpose of rules.md section 7; UNKNOWN for any other."),
        _label("status", "ATTESTED, NO_ATTESTATION or REFUSED."),
        _count("requests", f"Requests. {PROTECTED_COUNT}", nullable=True, unit="requests"),
        Column(
            "month_is_flagged",
            "BOOLEAN",
            "Somebody asked in this month more often than the setting a036_requests_per_month says.",
            Privacy.TECHNICAL,
        ),
    ),
    legal_basis="deliberation 18/055 of 8 May 2018, 2 and 9",
)

LABEL = Table(
    "label",
    "What each code is called, and one plain sentence about it, in Dutch, French, German and English.",
    grain="one row per kind of code, code and language",
    key=("kind", "code", "language"),
    columns=(
        _label("kind", "Kind of code, such as outcome, ground, category, aid_kind or country (by ISO code)."),
        _label("code", "The code, as it stands in other tables."),
        _label("language", "nl, fr, de or en."),
        _label("label", "What it is called."),
        _label("sentence", "What it means; NULL where the label says everything.", nullable=True),
    ),
    since=SECOND_VERSION,
)

CORRECTION_COUNTS = Table(
    "corrections",
    "Persons whose earlier signals the month takes back, or whose number sent was replaced; no row for none.",
    grain="one row per month, kind and reason",
    key=("month", "kind", "reason"),
    columns=(
        MONTH,
        REGIME,
        _label("kind", "WITHDRAWN or RENUMBERED."),
        _label("reason", "DECEASED or AID_RECOVERED of a signal withdrawn; NUMBER_REPLACED."),
        _hidden_when_small(_count("persons", "Numbers as they were sent.", unit="persons")),
        SUPPRESSED,
    ),
    legal_basis="rules.md section 8",
    since=SECOND_VERSION,
)

AIDED_PERSONS = Table(
    "aided_persons",
    f"Persons with a line in the statement of the month, selected or not, by what is known of them. {PROTECTED} "
    "More is hidden where the sum of a dimension would tell a small count. Who has several regions or kinds counts "
    "under each.",
    grain="one row per month, dimension and value",
    key=("month", "dimension", "value"),
    columns=(
        MONTH,
        REGIME,
        _label(
            "dimension",
            "REGION and OCMW_SIZE of the OCMW (persons in the statement), AID_KIND, SPELL (statements in a row with a "
            "line, this one included, as far as the home goes), NATIONALITY_GROUP (BELGIAN, FREE_MOVEMENT, "
            "THIRD_COUNTRY), CAPACITY (category and capacity of the residence motive; (none) without one).",
        ),
        _label("value", "Code in that dimension."),
        _hidden_when_small(_count("persons", "Persons.", unit="persons")),
        SUPPRESSED,
    ),
    since=SECOND_VERSION,
)

AIDED_BY_PERIOD = Table(
    "aided_by_period",
    "Persons with aid by month, quarter and year: the mean of the months of which the count is shown.",
    grain="one row per period, first month of it, dimension and value",
    key=("period", "month", "dimension", "value"),
    columns=(
        _label("period", "MONTH, QUARTER or YEAR."),
        replace(MONTH, meaning="First day of the period."),
        AIDED_PERSONS.column("dimension"),
        AIDED_PERSONS.column("value"),
        Column("persons", "DOUBLE", "Mean of the counts of its months, as shown.", Privacy.AGGREGATE, "persons", True),
        _count("months", "Months of the period that are published.", unit="months"),
        _count("months_shown", "Those of them of which the count is shown.", unit="months"),
    ),
    since=SECOND_VERSION,
)

DVZ_DATABASE: dict[str, Table] = {
    "export.dvz_export": EXPORT,
    "export.dvz_export_period": EXPORT_PERIOD,
    "export.correction": EXPORT_CORRECTION,
    "export.delivery": EXPORT_DELIVERY,
    "control.decision": CONTROL_DECISION,
    "control.threshold_indicator": CONTROL_THRESHOLD_INDICATOR,
    "control.funnel": CONTROL_FUNNEL,
    "control.overview": CONTROL_OVERVIEW,
    "control.rejects": REJECTS,
    "control.publication": PUBLICATION,
}

ANALYTICS_DATABASE: dict[str, Table] = {
    "main.funnel": FUNNEL,
    "main.monthly_summary": MONTHLY_SUMMARY,
    "main.month_overview": MONTH_OVERVIEW,
    "main.quality": QUALITY,
    "main.rejects": REJECTS,
    "main.corrections": CORRECTION_COUNTS,
    "main.aided_persons": AIDED_PERSONS,
    "main.consultation": CONSULTATION,
    "main.label": LABEL,
    "main.publication": PUBLICATION,
}

SENT_SHARE = Table(
    "sent_share",
    "What part of selection one is sent, and how that moves.",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        REGIME,
        MONTH_OVERVIEW.column("selection_one"),
        MONTH_OVERVIEW.column("intersection"),
        MONTH_OVERVIEW.column("sent"),
        _percent("percent_sent", "Persons sent as a part of selection one, of the counts as they are shown."),
        _count("change", "More or fewer persons sent than the month before, as shown.", nullable=True, unit="persons"),
    ),
)

WAY_OUT = Table(
    "way_out",
    "At which test of the rules people leave, without the steps at which nobody does.",
    grain="one row per month and step",
    key=("month", "step_order"),
    columns=(
        MONTH,
        REGIME,
        FUNNEL.column("step_order"),
        FUNNEL.column("step"),
        FUNNEL.column("persons"),
        _percent("percent_of_selection_one", "These persons as a part of selection one, of the counts as shown."),
        SUPPRESSED,
    ),
)

ANNEX_19 = Table(
    "annex_19",
    "Who has no residence motive yet because an application is pending (annex 19 or 19ter).",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        _hidden_when_small(
            _count("without_motive", "Persons of selection one without a residence motive.", unit="persons")
        ),
        _hidden_when_small(
            _count(
                "annex_19",
                "Persons with an annex 19 or 19ter, of those and of those whose right is not recognised.",
                unit="persons",
            )
        ),
        SUPPRESSED,
    ),
)

REJECT_SHARE = Table(
    "reject_share",
    "Which part of the delivered rows is rejected.",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        _count("rejected_rows", "Rejected rows of all delivered files.", unit="rows"),
        _count("delivered_rows", "Rows of the statement and the register snapshot.", unit="rows"),
        _percent("percent_rejected", "Rejected rows as a part of the delivered rows."),
    ),
)

REJECT_TREND = Table(
    "reject_trend",
    "Which rows are rejected for which reason, and whether it gets worse; a reason that did not occur has 0.",
    grain="one row per month, source and reason that ever occurred",
    key=("month", "source", "reason"),
    columns=(
        MONTH,
        REJECTS.column("source"),
        REJECTS.column("reason"),
        REJECTS.column("rows"),
        _count("change", "More or fewer than the month before.", nullable=True, unit="rows"),
    ),
)

CHECK_SUMMARY = Table(
    "check_summary",
    "How much was checked, and what failed.",
    grain="one row per month",
    key=("month",),
    columns=(
        MONTH,
        _count("checks", "Expectations that were checked.", unit="checks"),
        _count("failed", "Those that were not met.", unit="checks"),
        _count("failed_blocking", "Those of them that stop a month.", unit="checks"),
    ),
)

# views on the tables above, for the questions that are asked most; SQL in sql/analytics_views/
ANALYTICS_VIEWS: dict[str, Table] = {
    f"answers.{view.name}": view
    for view in (SENT_SHARE, WAY_OUT, ANNEX_19, REJECT_SHARE, REJECT_TREND, CHECK_SUMMARY, AIDED_BY_PERIOD)
}
