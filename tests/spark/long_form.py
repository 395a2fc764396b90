"""What Spark computes is what DuckDB computes, in its long form: part of ``make spark-test``.

Failures name months and tables; never a person.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import given, settings

from dvz_assets.engines import Engine
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.questions.reproduction import reproduce
from dvz_assets.settings import Settings
from tests.cases.case_file import asked_months
from tests.cases.landing_writer import Delivery
from tests.conftest import FIRST_MONTH, LAST_MONTH
from tests.integration.running import run
from tests.properties.populations import landing_zones
from tests.properties.running import run_zone
from tests.spark.comparing import compared, other_partitions


def test_the_named_cases(cases_ran: Flow, spark: Engine) -> None:
    """Both sides of every threshold and date of rules.md."""
    assert other_partitions(cases_ran, spark, asked_months()) == []


def test_random_populations(spark: Engine) -> None:
    """Overlapping aid, recoveries, replaced numbers and odd codes, at the last two of five months."""

    @settings(max_examples=2)
    @given(zone=landing_zones())
    def same(zone: dict[Month, Delivery]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            flow = run_zone(Path(folder), zone)
            assert other_partitions(flow, spark, sorted(zone)[-2:]) == []

    same()


def test_a_run_on_spark(flow: Flow, spark: Engine, small_spark: Path, tmp_path: Path) -> None:
    """The command line on three generated months: the same home, and not a word more."""
    assert run(flow, FIRST_MONTH, LAST_MONTH) is None
    home = tmp_path / "on spark"
    program = [str(Path(sys.executable).with_name("dvz")), "run", "--from", FIRST_MONTH, "--to", LAST_MONTH]
    environment = {
        **os.environ,
        "DVZ_ENGINE": "spark",
        "DVZ_LANDING": str(flow.settings.landing),
        "DVZ_HOME": str(home),
    }
    environment.pop("DAGSTER_HOME", None)
    ran = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.count("\n")) == (0, 1), ran.stderr
    assert ran.stderr.startswith("No signing_key is set: ")
    assert "WARN" not in ran.stdout

    found = compared(flow.settings.home, home)
    assert {part: different for part, (_, different) in found.items() if different} == {}
    assert all(number for number, _ in found.values())
    assert {path.name for path in home.iterdir()} == {path.name for path in flow.settings.home.iterdir()}
    assert not [path for path in home.rglob("*") if path.stat().st_mode & 0o077]
    # a month is computed again beside the home, in the same Spark
    other = Flow(Settings(landing=flow.settings.landing, home=home, engine="spark"), shared_engine=spark)
    assert reproduce(other, Month.parse(LAST_MONTH)).succeeded
