"""What a report says of one month: read from ``analytics.duckdb``, manifests, vouchers and the ledger.

Nothing is said here in words: the page does that, in each language. Counts are protected.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import CLEANED_FROM
from dvz_assets.flow.cleaned.unverified_codes import UNVERIFIED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import StandsOut, what_stands_out
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.flow.staleness import StaleMonth
from dvz_assets.home.deliveries import CHANGES, SIGNAL, Voucher, written_deliveries
from dvz_assets.home.keys import own_public_key, shown_hash
from dvz_assets.home.ledger import Event
from dvz_assets.home.merkle import Checkpoint
from dvz_assets.months import Month
from dvz_assets.outbound.states import DeliveryState, State, states_of_month
from dvz_assets.tables.protection import Protection
from dvz_assets.tables.published import CONSULTATION, CORRECTION_COUNTS, MONTHLY_SUMMARY

TREND_MONTHS = 24
# persons who cannot be placed, because a table lacks a code
NOT_PLACED = ("MOTIVE_UNMAPPED", "REGISTER_UNKNOWN")
AMOUNTS = ("aid_amount_granted", "amount_reimbursed_12m")
VERSIONS = {"software": "dvz-assets", "duckdb": "DuckDB", "polars": "Polars", "spark": "Spark"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; ``steps`` are those that followed its making, ``changes`` None where they are hidden.

    ``is_signed_by_home`` says whether its signature was made with the key that the home has now.
    """

    number: str
    created: datetime
    state: State
    steps: tuple[tuple[State, datetime], ...]
    persons: int | None
    changes: dict[str, int | None]
    files: tuple[Row, ...]
    algorithm: str | None
    is_signed_by_home: bool
    historical: bool
    software: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What the month was made with, in which run, and what the ledger was when the report was written.

    ``tables`` is the fingerprint of reference tables and rules, ``key`` that of the public key of the home.
    """

    versions: tuple[str, ...]
    tables: str
    run: str | None
    ended: datetime | None
    ledger: Checkpoint
    key: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that stands on the page."""

    month: Month
    regime: str
    overview: Row
    previous: Row | None
    files: list[Row]
    deliveries: list[Delivery]
    funnel: list[Row]
    summary: list[Row]
    amounts: list[str]
    trend: list[Row]
    failed_checks: list[Row]
    checks: int
    rejects: list[Row]
    stands_out: list[StandsOut] | None
    corrections: list[Row]
    consultations: list[Row]
    stale: StaleMonth | None
    not_placed: dict[str, int | None]
    unverified: dict[str, list[str]]
    requests_above: int | None
    rules: list[Row]
    origin: Origin
    protection: Protection
    signal: str = SIGNAL

    @property
    def has_open_points(self) -> bool:
        """Whether somebody has to look at something."""
        return bool(self.stale or self.not_placed or self.requests_above is not None)

    @property
    def largest_step(self) -> int:
        """The longest bar of the funnel."""
        return max([row["persons"] or 0 for row in self.funnel], default=0) or 1

    @property
    def hidden(self) -> int:
        """How many counts of persons and requests are hidden."""
        steps = ("selection_one", "intersection", "sent")
        counts = [row["persons"] for row in (*self.funnel, *self.summary, *self.corrections)]
        counts += [row[step] for row in self.trend for step in steps]
        counts += [row["requests"] for row in self.consultations]
        for each in self.deliveries:
            counts += [each.persons, *each.changes.values()]
        return sum(count is None for count in counts)


def content_of(flow: Flow, month: Month, stale: Sequence[StaleMonth]) -> Content:
    """Gather the report of a published month; raises DvzError when the month is not published."""
    path = PUBLISHED_DATABASES["analytics_database"].path(flow.settings.home)
    if not path.exists():
        raise _not_published(month)
    file = flow.storage.readable(path)
    with duckdb.connect(str(file), read_only=True) as connection:
        first, last = month.minus(TREND_MONTHS - 1).first_day, month.first_day
        months = "SELECT * FROM month_overview WHERE month BETWEEN ? AND ? ORDER BY month"
        trend = [{**row, "month": _month(row)} for row in _rows(connection, months, first, last)]
        overview = next((row for row in trend if row["month"] == month), None)
        if overview is None:
            raise _not_published(month)
        funnel = "SELECT step, persons FROM funnel WHERE month = ? ORDER BY step_order"
        summary = "SELECT * FROM monthly_summary WHERE month = ? ORDER BY category, ground"
        failed = "SELECT asset, check_name, unexpected_rows FROM quality WHERE month = ? AND NOT passed ORDER BY ALL"
        rejects = "SELECT source, reason, rows FROM rejects WHERE month = ? ORDER BY ALL"
        # the file may have been published by a version that did not know all tables and columns
        known = {row["table_name"] for row in _rows(connection, "SELECT table_name FROM duckdb_tables()")}
        corrections = "SELECT kind, reason, persons FROM corrections WHERE month = ? ORDER BY ALL"
        # persons who are among those of other steps
        parts = set(flow.reference.tables["outcomes"].filter(section="PART_OF_ANOTHER")["outcome"])
        steps = [{**row, "is_part": row["step"] in parts} for row in _rows(connection, funnel, last)]
        consultation = "SELECT * FROM consultation WHERE month = ? ORDER BY ALL"
        unknown, without = dict.fromkeys(CONSULTATION.names), dict.fromkeys(MONTHLY_SUMMARY.names)
        consultations = [{**unknown, **row} for row in _rows(connection, consultation, last)]
        regime = flow.reference.regime_of(month)
        fields = flow.reference.tables["export_fields"].filter(regime=regime)["column"].to_list()
        is_flagged = any(row["month_is_flagged"] for row in consultations)
        return Content(
            month=month,
            regime=regime,
            overview=overview,
            previous=next((row for row in trend if row["month"] == month.previous()), None),
            files=[_file(flow, asset, month) for asset in CLEANED_FROM],
            deliveries=_deliveries(flow, month),
            funnel=steps,
            summary=[{**without, **row} for row in _rows(connection, summary, last)],
            amounts=[column for column in AMOUNTS if column in fields],
            trend=trend,
            failed_checks=_rows(connection, failed, last),
            checks=_rows(connection, "SELECT count(*) AS checks FROM quality WHERE month = ?", last)[0]["checks"],
            rejects=_rows(connection, rejects, last),
            stands_out=what_stands_out(flow, month, flow.protection),
            corrections=_rows(connection, corrections, last) if CORRECTION_COUNTS.name in known else [],
            consultations=consultations,
            stale=next((each for each in stale if each.month == month), None),
            not_placed={
                row["step"]: row["persons"] for row in steps if row["step"] in NOT_PLACED and row["persons"] != 0
            },
            unverified=_unverified(flow, month),
            requests_above=flow.settings.a036_requests_per_month if is_flagged else None,
            rules=list(flow.reference.tables["category_rules"].filter(regime=regime).sort("category").rows(named=True)),
            origin=_origin(flow, month),
            protection=flow.protection,
        )


def _not_published(month: Month) -> DvzError:
    return DvzError(
        "NOT_PUBLISHED",
        place=f"month {month}",
        expected="a month in published/analytics.duckdb",
        found="none",
        remedy=f"dvz run --month {month}",
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[Row]:
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _month(row: Row) -> Month:
    return Month(row["month"].year, row["month"].month)


def _file(flow: Flow, asset: str, month: Month) -> Row:
    manifest, cleaned = flow.lake.manifest(asset, month), flow.lake.manifest(CLEANED_FROM[asset], month)
    return {
        "name": manifest.facts["file"],
        "sequence": manifest.facts["sequence"],
        "rows": manifest.counts["delivered"],
        "rejected": cleaned.counts["rejected"],
        "hash": shown_hash(flow.settings, manifest.inputs["file"]),
    }


def _deliveries(flow: Flow, month: Month) -> list[Delivery]:
    """Each delivery, with its state when the report is written."""
    states = {each.sequence: each for each in states_of_month(flow.ledger, month)}
    return [_delivery(flow, each, states.get(each.sequence)) for each in written_deliveries(flow.storage, month)]


def _delivery(flow: Flow, voucher: Voucher, state: DeliveryState | None) -> Delivery:
    changes, key, protection = voucher.differences, own_public_key(flow.settings), flow.protection
    counts = {} if changes is None else {kind: changes.count(kind) for kind in CHANGES}
    steps = {} if state is None else {name: time for name, time in state.times.items() if name is not State.PREPARED}
    return Delivery(
        number=voucher.number,
        created=voucher.created,
        state=state.state if state else State.PREPARED,
        steps=tuple(sorted(steps.items(), key=lambda step: step[1])),
        persons=protection.count(voucher.control_totals.persons),
        changes=protection.together(counts),
        files=tuple({"name": each.name, "hash": shown_hash(flow.settings, each.sha256)} for each in voucher.files),
        algorithm=voucher.signature.algorithm if voucher.signature else None,
        is_signed_by_home=key is not None and voucher.is_signed_by(key),
        historical=bool(voucher.historical),
        software=voucher.software_version,
    )


def _origin(flow: Flow, month: Month) -> Origin:
    manifest = flow.lake.manifest("decisions", month)
    made = [each for each in flow.ledger.entries() if each.event == Event.MATERIALISED and each.month == str(month)]
    key = own_public_key(flow.settings)
    return Origin(
        versions=tuple(f"{name} {manifest.facts[fact]}" for fact, name in VERSIONS.items() if fact in manifest.facts),
        tables=manifest.archived_tables,
        run=str(made[-1].details["run"]) if made else None,
        ended=datetime.fromisoformat(made[-1].at) if made else None,
        ledger=flow.ledger.head(),
        key=None if key is None else hashlib.sha256(_der(key)).hexdigest(),
    )


def _der(key: Ed25519PublicKey) -> bytes:
    """A public key as `openssl pkey -pubin -outform DER` has it."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _unverified(flow: Flow, month: Month) -> dict[str, list[str]]:
    """Codes that were used and that the owner of their table has not verified, by table."""
    found: dict[str, list[str]] = {}
    for asset in ("aid_history", "register_persons"):
        codes = flow.lake.manifest(asset, month).facts.get(UNVERIFIED, "")
        for table, _, code in (each.partition(" ") for each in codes.split(", ") if each):
            found.setdefault(table, []).append(code)
    return found
