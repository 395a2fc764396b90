"""Runs a suite on a relation and says of each expectation whether it is met. Counts only, never a value of the data.

A suite is a JSON file in the layout of Great Expectations: type, kwargs, severity (``critical`` blocks), and in
``meta`` the name and the meaning in plain English. ``$name`` in a query stands for a number given at run time.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import duckdb

BLOCKING_SEVERITY = "critical"
QUERY = "unexpected_rows_query"

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """Result of one expectation; ``unexpected_count`` is the number of rows that break it, where it was counted."""

    name: str
    passed: bool
    blocking: bool
    description: str
    unexpected_count: int | None = None


def preload() -> None:
    """Import Great Expectations (two seconds) in the background, while files are being read."""
    _import_in_background()


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """The results of a suite, and the seconds that they took once Great Expectations was there."""

    results: list[ExpectationResult]
    seconds: float


def run_suite(
    suite_file: Path,
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    parameters: Mapping[str, Number],
) -> SuiteRun:
    """Check ``relation`` of ``connection``; other relations that the suite joins must exist there too.

    An expectation that cannot be evaluated counts as failed.
    """
    _import_in_background().join()
    from dvz_assets.audit.great_expectations_engine import evaluate

    begun = time.perf_counter()
    expectations = [_with_parameters(each, parameters) for each in _suite(suite_file)]
    outcomes = evaluate(connection, relation, expectations)
    results = [
        _result(expectation, outcome, connection, relation)
        for expectation, outcome in zip(expectations, outcomes, strict=True)
    ]
    return SuiteRun(results, time.perf_counter() - begun)


@cache
def _suite(suite_file: Path) -> list[dict[str, Any]]:
    expectations: list[dict[str, Any]] = json.loads(suite_file.read_text("utf-8"))["expectations"]
    return expectations


@cache
def _import_in_background() -> threading.Thread:
    thread = threading.Thread(target=_import_engine, name="import-great-expectations", daemon=True)
    thread.start()
    return thread


def _import_engine() -> None:
    import dvz_assets.audit.great_expectations_engine  # noqa: F401  (imported for its cost)


def _with_parameters(expectation: dict[str, Any], parameters: Mapping[str, Number]) -> dict[str, Any]:
    if QUERY not in expectation["kwargs"]:
        return expectation
    numbers = {name: str(value) for name, value in parameters.items()}
    # a name without a number stays and fails as SQL; a dollar sign of a regular expression stays
    query = Template(expectation["kwargs"][QUERY]).safe_substitute(numbers).rstrip("; \n")
    return {**expectation, "kwargs": {**expectation["kwargs"], QUERY: query}}


def _result(
    expectation: dict[str, Any], passed: bool | str, connection: duckdb.DuckDBPyConnection, relation: str
) -> ExpectationResult:
    """``passed`` is the type of the error when the expectation could not be evaluated."""
    meaning = expectation["meta"]["description"]
    return ExpectationResult(
        name=expectation["meta"]["name"],
        passed=passed is True,
        blocking=expectation["severity"] == BLOCKING_SEVERITY,
        description=f"could not be evaluated ({passed}); expected: {meaning}" if isinstance(passed, str) else meaning,
        unexpected_count=_unexpected_rows(expectation, connection, relation) if passed is False else None,
    )


def _unexpected_rows(expectation: dict[str, Any], connection: duckdb.DuckDBPyConnection, relation: str) -> int | None:
    query = expectation["kwargs"].get(QUERY)
    if query is None:
        return None
    row = connection.execute(f"SELECT count(*) FROM ({query.format(batch=relation)})").fetchone()
    return int(row[0]) if row else None
