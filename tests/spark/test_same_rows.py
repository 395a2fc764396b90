"""Partitions that Spark computes are byte for byte those that DuckDB computes; ``make spark-test`` has the long form.

Failures name months and tables; never a person.
"""

from dvz_assets.engines import Engine
from dvz_assets.flow.context import Flow
from tests.cases.case_file import asked_months
from tests.spark.comparing import other_partitions


def test_some_months_of_the_named_cases(cases_ran: Flow, spark: Engine) -> None:
    """Both sides of thresholds and dates of rules.md; ``make spark-test`` takes every month at which a case asks."""
    assert other_partitions(cases_ran, spark, asked_months()[::10]) == []
