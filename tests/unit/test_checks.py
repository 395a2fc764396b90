"""What is said of an audit: which expectations failed, and how many rows break them; and what a suite is given."""

import json
from pathlib import Path

import pytest

from dvz_assets.audit.expectations import ExpectationResult
from dvz_assets.flow.assets import STATEMENT_MONTH
from dvz_assets.flow.checks import CheckFailedError, require_passed, rows_in_words, suite_reads
from dvz_assets.flow.month_facts import MONTH_FACTS
from dvz_assets.months import Month
from dvz_assets.tables.reference import REFERENCE_TABLES

MONTH = Month.parse("2018-06")
RESULTS = [
    ExpectationResult("is_met", True, True, "", 0),
    ExpectationResult("is_counted", False, True, "", 52),
    ExpectationResult("is_hidden", False, True, "", None),
    ExpectationResult("only_warns", False, False, "", 7),
]


def test_what_blocks_and_failed_is_named_with_its_rows() -> None:
    with pytest.raises(CheckFailedError) as failed:
        require_passed("decisions", MONTH, RESULTS, {"kept": 3})
    assert "failed: is_counted (52 rows); is_hidden" in str(failed.value)
    assert "decisions, month 2018-06" in str(failed.value)
    assert "warns" not in str(failed.value)
    assert (failed.value.results, failed.value.counts) == (RESULTS, {"kept": 3})
    with pytest.raises(CheckFailedError, match="dvz_database") as published:
        require_passed("dvz_database", None, RESULTS, {})
    assert "month" not in str(published.value).split("expected")[0]
    require_passed("decisions", MONTH, [RESULTS[0], RESULTS[3]], {})
    assert [rows_in_words(count) for count in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_a_suite_is_given_the_relations_that_it_names_whatever_their_place_in_an_alphabet(tmp_path: Path) -> None:
    tables = sorted(REFERENCE_TABLES)
    relations = ["aid_history", "threshold_indicator", "zones"]
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps({"meta": {"reads": [*relations, STATEMENT_MONTH, *tables]}}), encoding="utf-8")
    reads = suite_reads(suite)
    assert (list(reads.relations), list(reads.reference)) == (relations, tables)
    assert reads.month_facts == tuple(MONTH_FACTS)
    suite = suite.with_name("other.json")
    suite.write_text(json.dumps({"meta": {"reads": relations}}), encoding="utf-8")
    assert suite_reads(suite).month_facts == ()
