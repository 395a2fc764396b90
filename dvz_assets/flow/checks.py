"""Audits a candidate before it may become the partition, and stores the results.

Runs the suite ``expectations/<asset>.json`` of Great Expectations on the candidate. Results hold counts only,
protected, and are stored in ``<home>/checks``, from where they reach the Dagster UI and ``analytics.quality``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dvz_assets.audit.expectations import ExpectationResult, Number, SuiteRun, run_suite
from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import STATEMENT_MONTH, Reads
from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import MEASURES
from dvz_assets.flow.month_facts import ACCEPTED, MONTH_FACTS
from dvz_assets.flow.views import relations
from dvz_assets.home.lake import Manifest
from dvz_assets.months import Month
from dvz_assets.project_files import expectations_folder
from dvz_assets.tables.published import QUALITY
from dvz_assets.tables.reference import REFERENCE_TABLES
from dvz_assets.wording import number_of


def audit_candidate(
    flow: Flow, connection: duckdb.DuckDBPyConnection, asset: str, month: Month, manifest: Manifest
) -> SuiteRun:
    """Check the candidate of a partition against its suite, which sees what it declares, and store the results."""
    suite = expectations_folder() / f"{asset}.json"
    parameters: dict[str, Number] = {
        **manifest.counts,
        "max_reject_share": flow.settings.max_reject_share,
        "max_snapshot_days": flow.settings.max_snapshot_days,
    }
    with relations(connection, flow, asset, month, suite_reads(suite), flow.lake.candidate(asset, month)):
        run = _protected(flow, run_suite(suite, connection, asset, parameters))
    if asset == MEASURES and flow.settings.drift_blocks:
        run = replace(run, results=[replace(each, blocking=True) for each in run.results])
    _store(flow, asset, month, manifest, run.results)
    return run


def audit_published(
    flow: Flow, connection: duckdb.DuckDBPyConnection, database: str, months: Sequence[Month]
) -> SuiteRun:
    """Check the months just written into a published file, attached as ``product``, before it is renamed."""
    connection.execute("CREATE OR REPLACE TABLE published_months (month DATE)")
    for month in months:
        connection.execute("INSERT INTO published_months VALUES (?)", [month.first_day])
    parameters: dict[str, Number] = {
        "small_cell_threshold": flow.settings.small_cell_threshold,
        "rounding_base": flow.settings.rounding_base,
    }
    suite = expectations_folder() / f"{database}.json"
    return _protected(flow, run_suite(suite, connection, "published_months", parameters))


def _protected(flow: Flow, run: SuiteRun) -> SuiteRun:
    """Rows that break an expectation are persons more often than not, and the results leave the personal folders."""
    return replace(
        run,
        results=[replace(each, unexpected_count=flow.protection.count(each.unexpected_count)) for each in run.results],
    )


def shown_counts(flow: Flow, counts: Mapping[str, int]) -> dict[str, int | None]:
    """Return the counts of a manifest as they may be shown: rows read and rejected are exact, others are persons.

    What was accepted and what was dropped is shown together or not, for each is the rest of the other.
    """
    accepted = flow.protection.together({name: counts[name] for name in ACCEPTED if name in counts})
    return {
        name: count if name == "delivered" or name.startswith("rejected") else flow.protection.count(count)
        for name, count in counts.items()
    } | accepted


class CheckFailedError(DvzError):
    """A candidate failed a blocking expectation; what was published before is what it was."""

    def __init__(
        self, asset: str, month: Month | None, results: Sequence[ExpectationResult], counts: Mapping[str, int | None]
    ) -> None:
        """Name the expectations that failed, with counts only; ``counts`` are those of the candidate, as shown."""
        self.results, self.counts = list(results), dict(counts)
        failed = "; ".join(
            result.name
            if result.unexpected_count is None
            else f"{result.name} ({rows_in_words(result.unexpected_count)})"
            for result in _failures(results)
        )
        super().__init__(
            "CHECK_FAILED",
            place=asset if month is None else f"{asset}, month {month}",
            expected="a candidate that meets every blocking expectation",
            found=f"failed: {failed}",
            remedy="look at the checks of the asset and at the quarantine; have the delivery corrected and run again",
        )


def require_passed(
    asset: str, month: Month | None, results: Sequence[ExpectationResult], counts: Mapping[str, int | None]
) -> None:
    """Raise CheckFailedError when an expectation that blocks has failed."""
    if _failures(results):
        raise CheckFailedError(asset, month, results, counts)


def _failures(results: Sequence[ExpectationResult]) -> list[ExpectationResult]:
    return [result for result in results if result.blocking and not result.passed]


@cache
def check_name(asset: str) -> str:
    """What the suite of an asset protects, in words: the name of its check in the Dagster UI."""
    suite = json.loads((expectations_folder() / f"{asset}.json").read_text("utf-8"))
    return str(suite["meta"]["check"])


def rows_in_words(count: int) -> str:
    """Such as ``1 row`` and ``52 rows``."""
    return number_of(count, "row")


def stored_failures(flow: Flow, month: Month) -> list[str]:
    """Names of the expectations that failed at the last audit of each asset, as ``asset.expectation``."""
    return [
        f"{audit['asset']}.{result['name']}"
        for audit in _audits(flow, month)
        for result in audit["results"]
        if not result["passed"]
    ]


def create_check_results(connection: duckdb.DuckDBPyConnection, flow: Flow, month: Month) -> None:
    """Table ``check_results`` with the stored results of a month, as ``analytics.quality`` publishes them."""
    columns = ", ".join(f'"{column.name}" {column.type}' for column in QUALITY.columns)
    connection.execute(f"CREATE OR REPLACE TABLE check_results ({columns})")
    rows = [
        (
            str(month.first_day),
            audit["asset"],
            result["name"],
            result["passed"],
            result["blocking"],
            result["description"],
            result["unexpected_count"],
        )
        for audit in _audits(flow, month)
        for result in audit["results"]
    ]
    if rows:
        lists = [list(values) for values in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO check_results SELECT {', '.join(['unnest(?)'] * len(lists))}", lists)


@cache
def suite_reads(suite: Path) -> Reads:
    """Return what a suite joins besides the candidate; the suite names it itself (``meta.reads``)."""
    content: Mapping[str, Any] = json.loads(suite.read_text("utf-8"))
    names = content["meta"]["reads"]
    return Reads(
        relations=tuple(name for name in names if name != STATEMENT_MONTH and name not in REFERENCE_TABLES),
        reference=tuple(name for name in names if name in REFERENCE_TABLES),
        month_facts=tuple(MONTH_FACTS) if STATEMENT_MONTH in names else (),
    )


def _audits(flow: Flow, month: Month) -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text("utf-8"))
        for path in sorted(flow.storage.versions_below(_folder(flow, month), "*.json"))
    ]


def _folder(flow: Flow, month: Month) -> Path:
    return flow.settings.home / "checks" / f"month={month}"


def _store(flow: Flow, asset: str, month: Month, manifest: Manifest, results: Sequence[ExpectationResult]) -> None:
    path = _folder(flow, month) / f"{asset}.json"
    content = {
        "asset": asset,
        "month": str(month),
        "results": [asdict(result) for result in results],
    }
    text = json.dumps(content, ensure_ascii=False).encode()
    if not path.exists() or path.read_bytes() != text:
        flow.storage.write_whole(path, text, f"checks of {asset}: written")
