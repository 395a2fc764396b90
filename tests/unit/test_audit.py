"""Suites: each expectation can fail, says so with a count, and never with a value of the data."""

import json
import logging
import socket
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dvz_assets.audit.expectations import ExpectationResult, run_suite
from dvz_assets.project_files import expectations_folder
from dvz_assets.tables.lake import LAKE_TABLES

MARKER = "30010100197"


def suite(folder: Path, *expectations: tuple[str, str]) -> Path:
    path = folder / "suite.json"
    content = [
        {
            "type": "expect_no_rows",
            "kwargs": {"unexpected_rows_query": query},
            "severity": severity,
            "meta": {"name": f"expectation_{number}", "description": "something"},
        }
        for number, (query, severity) in enumerate(expectations)
    ]
    path.write_text(json.dumps({"name": "suite", "expectations": content}), encoding="utf-8")
    return path


def run(path: Path, **parameters: int | Decimal) -> list[ExpectationResult]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE upstream AS SELECT 1 AS number, '{MARKER}' AS insz")
        connection.execute(f"CREATE VIEW candidate AS SELECT unnest([1, 2, 2]) AS number, '{MARKER}' AS insz")
        return run_suite(path, connection, "candidate", parameters).results


def test_expectations_pass_or_fail_with_a_count(tmp_path: Path) -> None:
    path = suite(
        tmp_path,
        ("SELECT 1 FROM {batch} WHERE number > 5", "critical"),
        ("SELECT 1 FROM {batch} WHERE number = 2", "critical"),
        ("SELECT 1 FROM {batch} AS batch ANTI JOIN upstream ON upstream.number = batch.number", "warning"),
        ("SELECT 1 FROM (SELECT count(*) AS rows FROM {batch}) WHERE rows <> $delivered", "critical"),
    )
    found = [(each.passed, each.blocking, each.unexpected_count) for each in run(path, delivered=3)]
    assert found == [(True, True, None), (False, True, 2), (False, False, 2), (True, True, None)]


def test_an_expectation_that_cannot_be_evaluated_has_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = suite(
        tmp_path,
        ("SELECT CAST(insz || 'x' AS BIGINT) FROM {batch} WHERE CAST(insz || 'x' AS BIGINT) > 0", "critical"),
        ("SELECT no_such_column FROM {batch}", "critical"),
        ("SELECT 1 FROM {batch} WHERE number > 5", "critical"),
    )
    with caplog.at_level(logging.DEBUG):
        results = run(path)
    assert [(each.passed, each.unexpected_count) for each in results] == [(False, None), (False, None), (True, None)]
    assert results[0].description.startswith("could not be evaluated")
    captured = capfd.readouterr()
    shown = "".join((repr(results), captured.out, captured.err))
    assert shown.count(MARKER) == 0


def test_no_network_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert run(suite(tmp_path, ("SELECT 1 FROM {batch} WHERE number > 5", "critical")))[0].passed


# what a person should look at and a month goes on with
WARNINGS = ("snapshot_is_of_the_month",)


@pytest.mark.parametrize("asset", LAKE_TABLES)
def test_every_asset_has_a_suite_that_says_what_it_expects(asset: str) -> None:
    content = json.loads((expectations_folder() / f"{asset}.json").read_text("utf-8"))
    names = [each["meta"]["name"] for each in content["expectations"]]
    assert len(names) == len(set(names)) >= 3
    assert content["meta"]["check"].count("_") >= 3  # a sentence: a red check explains itself
    for each in content["expectations"]:
        assert each["meta"]["description"].endswith(".") or each["meta"]["description"].endswith(")."), each["meta"]
        assert (each["severity"] == "warning") == (each["meta"]["name"] in WARNINGS), each["meta"]["name"]
        assert "{batch}" in each["kwargs"]["unexpected_rows_query"], each["meta"]["name"]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT 1 FROM {batch} WHERE number > $no_such_parameter", "Exception"),
        ("SELECT CAST(insz || 'x' AS BIGINT) AS n FROM {batch} ORDER BY n", "ConversionException"),
    ],
)
def test_an_expectation_that_cannot_be_evaluated_names_the_type_of_the_error(
    tmp_path: Path, query: str, error: str
) -> None:
    result = run(suite(tmp_path, (query, "critical")))[0]
    assert not result.passed
    assert error in result.description
    assert result.description.count(MARKER) == 0


def test_a_suite_may_hold_regular_expressions_and_end_its_queries(tmp_path: Path) -> None:
    path = suite(
        tmp_path,
        ("SELECT 1 FROM {batch} WHERE NOT regexp_matches(insz, '^[0-9]+$');\n", "critical"),
        ("SELECT 1 FROM {batch} WHERE regexp_matches(insz, '^[0-9]+$');", "critical"),
    )
    assert [(each.passed, each.unexpected_count) for each in run(path)] == [(True, None), (False, 3)]


def test_an_unknown_type_of_expectation_has_failed_and_the_others_are_evaluated(tmp_path: Path) -> None:
    path = suite(tmp_path, ("SELECT 1 FROM {batch}", "critical"), ("SELECT 1 FROM {batch} WHERE false", "critical"))
    content = json.loads(path.read_text("utf-8"))
    content["expectations"][0]["type"] = "expect_something_else"
    path.write_text(json.dumps(content), encoding="utf-8")
    results = run(path)
    assert [each.passed for each in results] == [False, True]
    assert "unknown type" in results[0].description
