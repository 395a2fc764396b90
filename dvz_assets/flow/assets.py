"""The one table of assets: what each is, what it reads of which months, who writes it and how long it is stored.

Dagster's dependencies and partition mappings, staleness, retention, recomputation and the sequence of months are
derived from it. What a table holds is in ``dvz_assets.tables``, how it is made in ``sql/`` and in the modules that are
named here. That an asset's SQL reads exactly what its row declares is checked when the definitions are loaded
(``flow.declared_reads``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

STATEMENTS_IN_TWELVE_MONTHS = 12
TWO_YEARS = 24
STATEMENT_MONTH = "statement_month"
WITHHELD = "withheld"


class Group(StrEnum):
    """The layer of the flow in which an asset stands; its group in the Dagster UI."""

    RAW = "raw"
    CLEANED = "cleaned"
    SELECTIONS = "selections"
    EXPORT = "export"
    CONTROL = "control"
    PUBLISHED = "published"


class Writer(StrEnum):
    """Who writes the partition."""

    DELIVERED_FILE = "flow.raw"
    CLEANING = "flow.cleaned"
    SQL = "flow.relational"
    DELIVERY = "flow.delivery"
    PUBLISHING = "flow.publishing"
    REPORT = "report.page"


class Retention(StrEnum):
    """By which setting partitions are removed (``flow.retention``)."""

    RESULTS = "retention_months"
    HISTORY = "history_retention_months"
    NEVER = "never"  # what later months cannot do without, or what is replaced by itself


class Months(StrEnum):
    """Partitions of which months a relation holds, seen from the month that is made."""

    SAME = "the month itself"
    TWELVE = "the last twelve months, the month itself included"
    ALL = "the month itself and all before it"
    LATEST_BEFORE = "the latest month before it that there is"
    ALL_BEFORE = "all months before it"
    TWO_YEARS_BEFORE = "the twenty-four months before it"
    LOOKED_BACK_ON = "the months before it on whose signals it looks back"
    SINCE_LOOKED_BACK_ON = "the same, and the month itself"


@dataclass(frozen=True, slots=True)
class Relation:
    """What a name stands for in SQL and in expectations: partitions of an asset."""

    asset: str
    months: Months


# names that are not simply the partition of the asset with the same name
RELATIONS = {
    "aid_history": Relation("aid_history", Months.ALL),
    "recent_lines": Relation("aid_history", Months.TWELVE),
    "statement_lines": Relation("aid_history", Months.SAME),
    "earlier_identity_map": Relation("identity_map", Months.LATEST_BEFORE),
    "earlier_identity_maps": Relation("identity_map", Months.LOOKED_BACK_ON),
    "earlier_exports": Relation("dvz_export", Months.LOOKED_BACK_ON),
    "earlier_decisions": Relation("decisions", Months.LOOKED_BACK_ON),
    "earlier_corrections": Relation("corrections", Months.ALL_BEFORE),
    "earlier_measures": Relation("month_measures", Months.TWO_YEARS_BEFORE),
    "lines_before": Relation("aid_history", Months.LATEST_BEFORE),
    "all_corrections": Relation("corrections", Months.ALL),
    "lines_since_signals": Relation("aid_history", Months.SINCE_LOOKED_BACK_ON),
}

# relations that are made in Python (``flow.signals``), and from which others
SIGNAL_RELATIONS: Mapping[str, tuple[str, ...]] = {
    "signal_months": ("earlier_decisions", "earlier_corrections"),
    "signal_rules": ("earlier_decisions",),
    "signal_numbers": ("earlier_exports", "earlier_identity_maps"),
    "signal_deaths": ("register_snapshot", "register_persons"),
}


def relation(name: str) -> Relation:
    """Return the asset and the months behind a name."""
    return RELATIONS.get(name, Relation(name, Months.SAME))


@dataclass(frozen=True, slots=True)
class Reads:
    """What a step sees, and nothing else.

    Relations, reference tables, columns of ``statement_month``, and relations of earlier signals. ``withheld`` is the
    part of the list of persons withheld that holds in the month, as a relation of that name.
    """

    relations: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    month_facts: tuple[str, ...] = ()
    withheld: bool = False
    signals: tuple[str, ...] = ()

    @property
    def all_relations(self) -> tuple[str, ...]:
        """The relations, and those from which the ones of earlier signals are made; each once."""
        behind = (name for signal in self.signals for name in SIGNAL_RELATIONS[signal])
        return tuple(dict.fromkeys((*self.relations, *behind)))


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file of the landing zone: its source, and its kind in the voucher."""

    source: str
    kind: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset.

    ``python`` are the modules below ``dvz_assets`` that write its rows or judge them: when their code changes, the
    partitions are stale. ``in_sequence`` says that a month waits for the month before it. ``counts_of`` are assets of
    which only the counts in the manifests are read. ``after`` are assets that have to be there first although nothing
    is read of them, so that they can stop it. ``delivered`` is the file that a raw asset holds. ``on_duckdb``
    marks a query that DuckDB runs whatever the engine.
    """

    key: str
    group: Group
    writer: Writer
    retention: Retention
    reads: Reads = field(default_factory=Reads)
    python: tuple[str, ...] = ()
    in_sequence: bool = False
    counts_of: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    delivered: DeliveredFile | None = None
    on_duckdb: bool = False


FILE_READERS = (
    "flow.raw",
    "landing.files",
    "landing.columns",
    "landing.csv_text",
    "landing.parquet_text",
    "landing.parquet_process",
    "landing.parquet_decoder",
    "landing.layouts",
    "landing.layout_text",
    "landing.conversions",
    "landing.encodings",
    "landing.fixed_width",
    "landing.totals",
    "landing.voucher",
)
ROW_JUDGES = ("flow.cleaned.quarantine", "landing.row_rules", "landing.insz")
SQL_WRITERS = ("flow.relational", "flow.views", "flow.month_facts")


def _raw(key: str, source: str, kind: str) -> Asset:
    return Asset(
        key,
        Group.RAW,
        Writer.DELIVERED_FILE,
        Retention.HISTORY,
        python=FILE_READERS,
        delivered=DeliveredFile(source, kind),
    )


def _by_sql(key: str, group: Group, reads: Reads) -> Asset:
    python = (*SQL_WRITERS, "flow.withheld") if reads.withheld else SQL_WRITERS
    return Asset(key, group, Writer.SQL, Retention.RESULTS, reads, python)


_LAKE = (
    _raw("novaprima_statement", "novaprima", "statement"),
    _raw("register_snapshot", "register", "persons"),
    _raw("insz_replacements", "register", "insz_replacements"),
    Asset(
        "identity_map",
        Group.CLEANED,
        Writer.CLEANING,
        Retention.NEVER,  # the newest one holds all replacements before it
        Reads(relations=("insz_replacements", "earlier_identity_map")),
        ("flow.cleaned.identity_map", "landing.replacement_rows", "landing.identity", *ROW_JUDGES),
        in_sequence=True,
    ),
    Asset(
        "aid_history",
        Group.CLEANED,
        Writer.CLEANING,
        Retention.HISTORY,
        Reads(relations=("novaprima_statement",), reference=("budget_articles", "help_types")),
        (
            "flow.cleaned.aid_history",
            "flow.cleaned.unverified_codes",
            "landing.statement_rows",
            "landing.columns",
            *ROW_JUDGES,
        ),
    ),
    Asset(
        "register_persons",
        Group.CLEANED,
        Writer.CLEANING,
        Retention.HISTORY,
        Reads(
            relations=("register_snapshot", "statement_lines", "identity_map"),
            reference=("countries", "registers", "residence_documents", "residence_motives"),
        ),
        (
            "flow.cleaned.register_persons",
            "flow.cleaned.unverified_codes",
            "landing.persons_rows",
            "landing.columns",
            *ROW_JUDGES,
        ),
    ),
    Asset(
        "month_measures",
        Group.CONTROL,
        Writer.SQL,
        Retention.HISTORY,  # counts of months that later ones are judged by
        Reads(
            relations=(
                "statement_lines",
                "lines_before",
                "recent_lines",
                "identity_map",
                "register_persons",
                "earlier_measures",
            ),
            reference=("countries", "free_movement", "registers", "residence_documents", "residence_motives"),
            month_facts=("month", "received_rows"),
        ),
        SQL_WRITERS,
        in_sequence=True,  # each month is judged by those before it
        on_duckdb=True,  # a few hundred rows, of which Spark would make a hundred small tasks
    ),
    _by_sql(
        "selection_one",
        Group.SELECTIONS,
        Reads(relations=("statement_lines", "identity_map"), reference=("aid_kinds",)),
    ),
    _by_sql(
        "selection_two",
        Group.SELECTIONS,
        Reads(
            relations=("selection_one", "register_persons"),
            reference=(
                "category_rules",
                "countries",
                "free_movement",
                "outcomes",
                "registers",
                "residence_documents",
                "residence_motives",
            ),
            month_facts=("regime", "reference_date"),
        ),
    ),
    _by_sql("intersection", Group.SELECTIONS, Reads(relations=("selection_one", "selection_two"))),
    _by_sql(
        "reimbursed_runs",
        Group.SELECTIONS,
        Reads(
            relations=("selection_one", "selection_two", "identity_map", "aid_history"),
            reference=("category_rules", "aid_kinds"),
            month_facts=("regime", "first_of_twelve_months", "authorised_fields"),
        ),
    ),
    _by_sql(
        "decisions",
        Group.SELECTIONS,
        Reads(
            relations=(
                "selection_one",
                "selection_two",
                "intersection",
                "reimbursed_runs",
                "statement_lines",
                "identity_map",
            ),
            reference=("category_rules", "aid_kinds"),
            month_facts=("month", "regime"),
            withheld=True,
        ),
    ),
    _by_sql(
        "dvz_export",
        Group.EXPORT,
        Reads(
            relations=(
                "decisions",
                "selection_one",
                "register_snapshot",
                "identity_map",
                "statement_lines",
                "recent_lines",
            ),
            reference=("category_rules", "aid_kinds", "export_fields", "residence_motives"),
            month_facts=("regime", "reference_date", "country_of_origin"),
        ),
    ),
    _by_sql(
        "dvz_export_periods",
        Group.EXPORT,
        Reads(relations=("decisions", "reimbursed_runs"), reference=("export_fields",)),
    ),
    _by_sql(
        "threshold_indicator",
        Group.CONTROL,
        Reads(
            relations=("decisions", "selection_one", "identity_map", "recent_lines", "aid_history"),
            reference=("category_rules", "aid_kinds", "living_wage_amounts"),
            month_facts=("month",),
        ),
    ),
    Asset(
        "corrections",
        Group.EXPORT,
        Writer.SQL,
        Retention.RESULTS,
        Reads(
            relations=(
                "earlier_exports",
                "earlier_decisions",
                "earlier_corrections",
                "identity_map",
                "lines_since_signals",
                "aid_history",
            ),
            month_facts=("month", "correction_months"),
            signals=tuple(SIGNAL_RELATIONS),
        ),
        (*SQL_WRITERS, "flow.signals"),
        in_sequence=True,  # what was told before is not told again
        # few signals, many steps: Spark repeats a step wherever it is named, and its process ran out of memory
        on_duckdb=True,
    ),
    Asset(
        "delivery",
        Group.EXPORT,
        Writer.DELIVERY,
        Retention.RESULTS,
        Reads(
            relations=("dvz_export", "dvz_export_periods", "all_corrections"),
            month_facts=("regime", "authorised_fields", "correction_months"),
        ),
        ("flow.delivery", "outbound.corrections"),
        in_sequence=True,  # what leaves the home leaves it month after month
        after=("month_measures",),
    ),
)

_PUBLISHED = (
    Asset(
        "dvz_database",
        Group.PUBLISHED,
        Writer.PUBLISHING,
        Retention.NEVER,
        Reads(
            relations=(
                "dvz_export",
                "dvz_export_periods",
                "threshold_indicator",
                "corrections",
                "delivery",
                "decisions",
                "register_persons",
                "selection_one",
                "intersection",
            ),
            reference=("outcomes",),
            month_facts=("month", "regime", "reference_date"),
        ),
        counts_of=("identity_map", "aid_history", "register_persons"),
    ),
    Asset(
        "analytics_database",
        Group.PUBLISHED,
        Writer.PUBLISHING,
        Retention.NEVER,
        Reads(
            relations=(
                "register_persons",
                "selection_one",
                "intersection",
                "decisions",
                "dvz_export",
                "corrections",
                "delivery",
                "month_measures",
            ),
            reference=("outcomes",),
            month_facts=("month", "regime", "reference_date"),
        ),
        counts_of=("identity_map", "aid_history", "register_persons"),
    ),
    Asset("monthly_report", Group.PUBLISHED, Writer.REPORT, Retention.NEVER, Reads(relations=("analytics_database",))),
    Asset("overview_report", Group.PUBLISHED, Writer.REPORT, Retention.NEVER, Reads(relations=("analytics_database",))),
)

# those with one Parquet file a month in the lake, each after all that it reads
ASSETS = {asset.key: asset for asset in _LAKE}
PUBLISHED = {asset.key: asset for asset in _PUBLISHED}


def written_by(*writers: Writer) -> tuple[str, ...]:
    """Return the assets of the lake with one of these writers, each after all that it reads."""
    return tuple(key for key, asset in ASSETS.items() if asset.writer in writers)


DELIVERED = {key: asset.delivered for key, asset in ASSETS.items() if asset.delivered is not None}
RELATIONAL = written_by(Writer.SQL)
# results of earlier months that a month looks back on: they are what was sent or seen, and never made anew for it
LOOKED_BACK_ON = tuple(
    dict.fromkeys(
        relation(name).asset
        for asset in ASSETS.values()
        for name in asset.reads.all_relations
        if relation(name).months in (Months.LOOKED_BACK_ON, Months.TWO_YEARS_BEFORE)
        or (relation(name).months is Months.ALL_BEFORE and ASSETS[relation(name).asset].retention is Retention.RESULTS)
    )
)
COMPUTED = written_by(Writer.CLEANING, Writer.SQL)  # from what was delivered, without a trace outside the lake
# the raw asset of each delivered file, and the asset that holds its accepted rows
CLEANED_FROM = {
    raw: next(key for key in written_by(Writer.CLEANING) if raw in ASSETS[key].reads.relations) for raw in DELIVERED
}


def read_by_later_months() -> tuple[str, ...]:
    """Return the assets of which a month reads partitions of other months: the history that a home carries along."""
    read = {
        relation(name).asset
        for asset in ASSETS.values()
        for name in asset.reads.all_relations
        if relation(name).months is not Months.SAME
    }
    return tuple(key for key in ASSETS if key in read)


@cache
def upstream(key: str) -> frozenset[str]:
    """Return all assets from which an asset is made, whatever lies between, and the asset itself."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += upstream_of_one_step(each)
    return frozenset(found)


def upstream_of_one_step(key: str) -> list[str]:
    """Return the assets that an asset reads itself."""
    reads = ASSETS[key].reads
    # the date of the snapshot stands in its manifest
    snapshot = ["register_snapshot"] if "reference_date" in reads.month_facts else []
    return list(dict.fromkeys([*(relation(name).asset for name in reads.all_relations), *snapshot]))


def earlier_months_of(key: str) -> tuple[str, ...]:
    """Return the assets of which earlier months have to be there before a month of ``key`` is made."""
    history = {each for each in read_by_later_months() if _reads_history(key, each)}
    return tuple(each for each in ASSETS if each in history or (each == key and ASSETS[each].in_sequence))


def _reads_history(key: str, history: str) -> bool:
    return any(
        relation(name).asset == history and relation(name).months is not Months.SAME
        for each in upstream(key)
        for name in ASSETS[each].reads.all_relations
    )


def stored_for(retention: Retention) -> tuple[str, ...]:
    """Return the assets whose partitions are removed by the same setting."""
    return tuple(key for key, asset in ASSETS.items() if asset.retention is retention)
