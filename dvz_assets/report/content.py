"""What a report says of one month: read from ``analytics.duckdb`` and the manifests. Counts are protected."""

from dataclasses import dataclass
from typing import Any

import duckdb

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import CLEANED_FROM
from dvz_assets.flow.cleaned.unverified_codes import UNVERIFIED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import what_stands_out
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.flow.staleness import StaleMonth
from dvz_assets.home.deliveries import CHANGES, SIGNAL, Voucher, written_deliveries
from dvz_assets.home.keys import shown_hash
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.outbound.states import State, states_of_month
from dvz_assets.tables.protection import Protection, told
from dvz_assets.tables.published import CONSULTATION, CORRECTION_COUNTS

TREND_MONTHS = 24
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that stands on the page."""

    month: str
    regime: str
    overview: Row
    previous: Row | None
    files: list[Row]
    deliveries: list[Row]
    funnel: list[Row]
    summary: list[Row]
    trend: list[Row]
    failed_checks: list[Row]
    checks: int
    rejects: list[Row]
    stands_out: list[str] | None
    corrections: list[Row]
    consultations: list[Row]
    open_points: list[str]
    legal_basis: list[str]
    threshold: int
    base: int
    signal: str = SIGNAL


def content_of(flow: Flow, month: Month, stale: list[StaleMonth]) -> Content:
    """Gather the report of a published month; raises DvzError when the month is not published."""
    path = PUBLISHED_DATABASES["analytics_database"].path(flow.settings.home)
    if not path.exists():
        raise _not_published(month)
    file = flow.storage.readable(path)
    with duckdb.connect(str(file), read_only=True) as connection:
        first, last = month.minus(TREND_MONTHS - 1).first_day, month.first_day
        months = "SELECT * FROM month_overview WHERE month BETWEEN ? AND ? ORDER BY month"
        trend = _rows(connection, months, first, last)
        overview = next((row for row in trend if row["month"] == last), None)
        if overview is None:
            raise _not_published(month)
        funnel = "SELECT step, persons FROM funnel WHERE month = ? ORDER BY step_order"
        summary = "SELECT category, ground, persons FROM monthly_summary WHERE month = ? ORDER BY ALL"
        failed = "SELECT asset, check_name, unexpected_rows FROM quality WHERE month = ? AND NOT passed ORDER BY ALL"
        rejects = "SELECT source, reason, rows FROM rejects WHERE month = ? ORDER BY ALL"
        # the file may have been published by a version that did not know all tables and columns
        known = {row["table_name"] for row in _rows(connection, "SELECT table_name FROM duckdb_tables()")}
        corrections = "SELECT kind, reason, persons FROM corrections WHERE month = ? ORDER BY ALL"
        steps = _rows(connection, funnel, last)
        consultation = "SELECT * FROM consultation WHERE month = ? ORDER BY ALL"
        unknown = dict.fromkeys(CONSULTATION.names)
        consultations = [{**unknown, **row} for row in _rows(connection, consultation, last)]
        unusual = what_stands_out(flow, month, flow.protection)
        return Content(
            month=str(month),
            regime=flow.reference.regime_of(month),
            overview=overview,
            previous=next((row for row in trend if row["month"] == month.previous().first_day), None),
            files=[_file(flow, asset, month) for asset in CLEANED_FROM],
            deliveries=_deliveries(flow, month),
            funnel=steps,
            summary=_rows(connection, summary, last),
            trend=trend,
            failed_checks=_rows(connection, failed, last),
            checks=_rows(connection, "SELECT count(*) AS checks FROM quality WHERE month = ?", last)[0]["checks"],
            rejects=_rows(connection, rejects, last),
            stands_out=None if unusual is None else [str(each) for each in unusual],
            corrections=_rows(connection, corrections, last) if CORRECTION_COUNTS.name in known else [],
            consultations=consultations,
            open_points=[
                *_open_points(flow, month, stale, {row["step"]: row["persons"] for row in steps}),
                *_frequent_requests(flow, month, consultations),
            ],
            legal_basis=_legal_basis(flow, month),
            threshold=flow.protection.threshold,
            base=flow.protection.base,
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


def _file(flow: Flow, asset: str, month: Month) -> Row:
    manifest, cleaned = flow.lake.manifest(asset, month), flow.lake.manifest(CLEANED_FROM[asset], month)
    return {
        "name": manifest.facts["file"],
        "sequence": manifest.facts["sequence"],
        "rows": manifest.counts["delivered"],
        "rejected": cleaned.counts["rejected"],
        "hash": shown_hash(flow.settings, manifest.inputs["file"]),
    }


def _deliveries(flow: Flow, month: Month) -> list[Row]:
    """Each delivery, with its state when the report is written."""
    states = {each.sequence: each.state.value for each in states_of_month(flow.ledger, month)}
    return [
        {**_delivery(voucher, flow.protection), "state": states.get(voucher.sequence, State.PREPARED.value)}
        for voucher in written_deliveries(flow.storage, month)
    ]


def _delivery(voucher: Voucher, protection: Protection) -> Row:
    changes = voucher.differences
    counts = {} if changes is None else protection.together({kind: changes.count(kind) for kind in CHANGES})
    return {
        "sequence": voucher.number,
        "created_at": f"{voucher.created.astimezone(BRUSSELS):%Y-%m-%d %H:%M}",
        "persons": protection.count(voucher.control_totals.persons),
        "changes": ", ".join(f"{told(count)} {kind}" for kind, count in counts.items()),
    }


def _open_points(flow: Flow, month: Month, stale: list[StaleMonth], steps: dict[str, int | None]) -> list[str]:
    points = [
        f"{each.month} is stale ({each.asset}: {each.reason}); run `dvz run --stale`."
        for each in stale
        if each.month == month
    ]
    for step, words in (("MOTIVE_UNMAPPED", "residence motive"), ("REGISTER_UNKNOWN", "register code")):
        if steps[step] != 0:
            persons = "A few" if steps[step] is None else steps[step]
            points.append(f"{persons} persons have a {words} that no table knows ({step}) and cannot be sent.")
    for asset in ("aid_history", "register_persons"):
        codes = flow.lake.manifest(asset, month).facts.get(UNVERIFIED, "")
        by_table: dict[str, list[str]] = {}
        for table, _, code in (each.partition(" ") for each in codes.split(", ") if each):
            by_table.setdefault(table, []).append(code)
        points += [
            f"Codes of {table} that their owner has not verified: {', '.join(by_table[table])}." for table in by_table
        ]
    return points


def _frequent_requests(flow: Flow, month: Month, consultations: list[Row]) -> list[str]:
    if not any(row["month_is_flagged"] for row in consultations):
        return []
    return [
        f"Somebody asked for more than {flow.settings.a036_requests_per_month} consultations of A036 attestations in "
        f"{month}, and consultation is never systematic (deliberation 18/055, 2 and 9): see docs/a036.md."
    ]


def _legal_basis(flow: Flow, month: Month) -> list[str]:
    regime = flow.reference.regime_of(month)
    titles = flow.reference.tables["regimes"].filter(regime=regime)["title"].to_list()
    rules = flow.reference.tables["category_rules"].filter(regime=regime).sort("category")
    return [*titles, *(f"{row['category']}: {row['legal_reference']}" for row in rules.iter_rows(named=True))]
