"""Every month at which a named case asks, on Spark: part of ``make spark-test``. CI takes some of them."""

from dvz_assets.engines import Engine
from dvz_assets.flow.context import Flow
from tests.spark.comparing import asked_months, other_partitions


def test_the_named_cases(cases_ran: Flow, spark: Engine) -> None:
    """Both sides of every threshold and date of rules.md."""
    assert other_partitions(cases_ran, spark, asked_months()) == []
