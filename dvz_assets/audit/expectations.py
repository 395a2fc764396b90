"""Runs a suite on a relation and says of each expectation whether it is met. Counts only, never a value of the data.

A suite is a JSON file of Great Expectations: its own types with their kwargs, the severity (``critical`` blocks), and
in ``meta`` the name and the meaning in plain English. Where relations are joined the type is
``unexpected_rows_expectation``, a query that must give no rows. A number given at run time stands as
``{"$PARAMETER": "name"}``, in a query as ``$name``.
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
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from dvz_assets.audit.great_expectations_engine import Outcome

BLOCKING_SEVERITY = "critical"
PARAMETER = "$PARAMETER"

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
    results = [_result(expectation, outcome) for expectation, outcome in zip(expectations, outcomes, strict=True)]
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
    return {
        **expectation,
        "kwargs": {name: _filled(value, parameters) for name, value in expectation["kwargs"].items()},
    }


def _filled(value: Any, parameters: Mapping[str, Number]) -> Any:
    """A parameter that was not given stays, and no count equals it."""
    if isinstance(value, dict):
        return parameters.get(value.get(PARAMETER, ""), value)
    if isinstance(value, str):
        # a dollar sign of a regular expression stays
        return Template(value).safe_substitute({name: str(number) for name, number in parameters.items()})
    return value


def _result(expectation: dict[str, Any], outcome: "Outcome") -> ExpectationResult:
    meaning = expectation["meta"]["description"]
    return ExpectationResult(
        name=expectation["meta"]["name"],
        passed=outcome.passed,
        blocking=expectation["severity"] == BLOCKING_SEVERITY,
        description=meaning
        if outcome.error is None
        else f"could not be evaluated ({outcome.error}); expected: {meaning}",
        unexpected_count=outcome.unexpected_count,
    )
