"""Suites: each expectation can fail, says so with a count, and never with a value of the data."""

import json
import logging
import random
import re
import socket
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import pytest

from dvz_assets.audit.expectations import ExpectationResult, run_suite
from dvz_assets.project_files import expectations_folder
from dvz_assets.tables.lake import LAKE_TABLES

MARKER = "30010100197"


def suite(folder: Path, *expectations: tuple[str, str]) -> Path:
    path = folder / "suite.json"
    content = [
        {
            "type": "unexpected_rows_expectation",
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


@pytest.mark.parametrize("asset", LAKE_TABLES)
def test_every_asset_has_a_suite_that_says_what_it_expects(asset: str) -> None:
    content = json.loads((expectations_folder() / f"{asset}.json").read_text("utf-8"))
    names = [each["meta"]["name"] for each in content["expectations"]]
    assert len(names) == len(set(names)) >= 3
    assert content["meta"]["check"].count("_") >= 3  # a sentence: a red check explains itself
    for each in content["expectations"]:
        assert each["meta"]["description"].endswith(".") or each["meta"]["description"].endswith(")."), each["meta"]
        assert each["severity"] in ("critical", "warning")
        assert "{batch}" in each["kwargs"].get("unexpected_rows_query", "{batch}"), each["meta"]["name"]


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


# the types of Great Expectations that the suites use, where one relation is enough
OWN_WORDS: list[tuple[str, dict[str, Any]]] = [
    ("expect_column_values_to_not_be_null", {"column": "text"}),
    ("expect_column_values_to_be_unique", {"column": "text"}),
    ("expect_column_values_to_be_unique", {"column": "first"}),
    ("expect_column_values_to_be_in_set", {"column": "text", "value_set": ["a", "b'"]}),
    ("expect_column_values_to_be_in_set", {"column": "first", "value_set": [1, 2]}),
    ("expect_column_values_to_match_regex", {"column": "text", "regex": "^[a-b]"}),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "first", "column_B": "last", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "first", "column_B": "last", "ignore_row_if": "either_value_is_missing"},
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        {
            "column_A": "first",
            "column_B": "text",
            "value_pairs_set": [[1, "a"], [2, "b'"], [3, "a"]],
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["text", "first"]}),
    ("expect_table_row_count_to_equal", {"value": 4}),
    # one that no suite uses, and that the library states itself
    ("expect_column_values_to_be_between", {"column": "first", "min_value": 2}),
]


def test_the_library_s_own_types_count_as_the_library_does_on_pandas() -> None:
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.execution_engine.pandas_batch_data import PandasBatchData
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from dvz_assets.audit.great_expectations_engine import QuietValidator, evaluate

    def on_pandas(frame: pd.DataFrame) -> list[tuple[bool, Any]]:
        engine = PandasExecutionEngine()
        batch = Batch(data=PandasBatchData(engine, frame))
        validator = QuietValidator(execution_engine=engine, batches=[batch])
        results = validator.graph_validate(
            [ExpectationConfiguration(type=name, kwargs=dict(kwargs)) for name, kwargs in OWN_WORDS],
            runtime_configuration={"result_format": "BASIC"},
        )
        return [(bool(each.success), each.result.get("unexpected_count")) for each in results]

    chance = random.Random(7)
    for rows in (0, 1, 4, 9, 9, 9):
        values = [
            (chance.choice(["a", "b'", "c", None]), chance.choice([1, 2, 3, None]), chance.choice([1, 2, 3, None]))
            for _ in range(rows)
        ]
        frame = pd.DataFrame(values, columns=["text", "first", "last"]).astype(
            {"text": object, "first": "Int64", "last": "Int64"}
        )
        with duckdb.connect(":memory:") as connection:
            connection.execute("CREATE TABLE candidate (text VARCHAR, first BIGINT, last BIGINT)")
            if values:
                connection.executemany("INSERT INTO candidate VALUES (?, ?, ?)", values)
            found = evaluate(connection, "candidate", [{"type": name, "kwargs": kwargs} for name, kwargs in OWN_WORDS])
        for (name, kwargs), outcome, (passed, count) in zip(OWN_WORDS, found, on_pandas(frame), strict=True):
            assert outcome.error is None, (name, kwargs)
            expected = count if not passed and name != "expect_table_row_count_to_equal" else None
            assert (outcome.passed, outcome.unexpected_count) == (passed, expected), (name, kwargs, values)


def test_a_number_given_at_run_time_is_a_parameter_as_the_library_writes_it(tmp_path: Path) -> None:
    path = suite(tmp_path, ("SELECT 1 FROM {batch}", "critical"))
    content = json.loads(path.read_text("utf-8"))
    kwargs: Mapping[str, Any] = {"value": {"$PARAMETER": "delivered"}}
    content["expectations"][0] |= {"type": "expect_table_row_count_to_equal", "kwargs": kwargs}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [run(path, delivered=each)[0].passed for each in (3, 4)] == [True, False]
    assert not run(path)[0].passed


def test_what_one_relation_can_say_is_said_in_the_library_s_own_words() -> None:
    used = set()
    for path in expectations_folder().glob("*.json"):
        for each in json.loads(path.read_text("utf-8"))["expectations"]:
            used.add(each["type"])
            query = each["kwargs"].get("unexpected_rows_query", "")
            assert not re.fullmatch(r"SELECT 1 FROM \{batch\} WHERE \w+ (IS NULL|NOT IN \(.*\)|> \w+)", query), query
            assert not re.fullmatch(r"SELECT .* FROM \{batch\} GROUP BY .* HAVING count\(\*\) > 1", query), query
    assert used - {"unexpected_rows_expectation"} <= {name for name, _ in OWN_WORDS}
