"""Every hand-written program gives the rows of the pipeline: a ratio to a program with another result says nothing.

Failures name months, tables and columns; never a person.
"""

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from benchmarks import bare, polars_job
from benchmarks.job import KNOWN_READINGS, REFERENCE, Job, Program
from benchmarks.peers.models import MODELS, Tool, inputs_of, model_sql
from benchmarks.peers.models import tests as model_tests
from benchmarks.same_rows import RESULTS, SameRows, hashes
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings

PROGRAMS: dict[str, Program] = {"bare": bare.program, "polars": polars_job.program}


def differences(flow: Flow, program: Program, work: Path) -> list[str]:
    """Run a program over the landing zone of ``flow`` and say in which columns its rows are others."""
    found: list[str] = []
    months = flow.lake.months("decisions")
    with program(REFERENCE) as compute:
        for month in months:
            compute(Job(flow.settings.landing, work, str(month)))
    for month in months:
        for asset, (table, key) in RESULTS.items():
            expected = pl.read_parquet(flow.lake.partition(asset, month), hive_partitioning=False).sort(key)
            computed = pl.read_parquet(work / table / f"{month}.parquet").sort(key)
            if computed.schema != expected.schema:
                other = [name for name, kind in expected.schema.items() if computed.schema.get(name) != kind]
                found.append(f"{table} {month}: other columns or types: {', '.join(other)}")
            elif computed.height != expected.height:
                found.append(f"{table} {month}: {computed.height} rows instead of {expected.height}")
            else:
                columns = [name for name in expected.columns if computed[name].ne_missing(expected[name]).any()]
                found += [f"{table} {month}: other {name}" for name in columns]
    return found


def ran(landing: Path, home: Path) -> Flow:
    """The flow after all delivered months."""
    flow = Flow(Settings(landing=landing, home=home))
    for month in sorted(Month.parse(folder.name) for folder in (landing / "register").iterdir()):
        for asset in WRITERS:
            run_step(flow, asset, month)
    return flow


@pytest.fixture(scope="module", params=["csv", "parquet"])
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """A population over the change of regime with rows to be rejected, in each format, through all steps."""
    folder = tmp_path_factory.mktemp(request.param)
    generate(
        folder / "landing",
        seed=11,
        persons=800,
        months=4,
        start="2018-04",
        file_format=request.param,
        reference=reference_folder(),
        reject_share=0.005,  # and never more than twice that, which the quality check lets pass
    )
    return ran(folder / "landing", folder / "home")


@pytest.mark.parametrize("program", PROGRAMS)
def test_rows_of_a_generated_population(program: str, generated: Flow, tmp_path: Path) -> None:
    assert differences(generated, PROGRAMS[program], tmp_path) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_rows_of_the_named_cases(program: str, cases_ran: Flow, tmp_path: Path) -> None:
    """Both sides of every threshold and date of rules.md."""
    assert differences(cases_ran, PROGRAMS[program], tmp_path) == []


@pytest.mark.parametrize("generated", ["csv"], indirect=True)
def test_models_for_other_tools_give_the_rows_of_a_generated_population(generated: Flow, tmp_path: Path) -> None:
    """What dbt and SQLMesh are given, run by DuckDB itself: the same rows, and no test finds any that breaks it."""
    months = generated.lake.months("decisions")
    inputs = inputs_of(generated.settings.landing, months[-1], tmp_path)
    found: list[str] = []
    with duckdb.connect(config={"file_search_path": str(tmp_path)}) as connection:
        for month in months:
            tool = Tool("main.{}".format, f"DATE '{month.first_day}'", f"DATE '{month.first_day}'")
            for model in MODELS:
                made = "INSERT INTO {model} {sql}" if month != months[0] else "CREATE TABLE {model} AS {sql}"
                connection.execute(made.format(model=f"main.{model}", sql=model_sql(model, tool, inputs)))
            for asset, (_, key) in RESULTS.items():
                expected = pl.read_parquet(generated.lake.partition(asset, month), hive_partitioning=False)
                rows = f"SELECT * EXCLUDE (of_month) FROM {asset} WHERE of_month = {tool.month}"
                connection.sql(rows).write_parquet(str(tmp_path / "rows.parquet"))  # as Arrow it would ask for pyarrow
                if not pl.read_parquet(tmp_path / "rows.parquet").sort(key).equals(expected.sort(key)):
                    found.append(f"{asset} {month}")
            found += [each.name for each in model_tests(tool, inputs) if connection.execute(each.sql).fetchone()]
    assert found == []


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("column", [*KNOWN_READINGS, "grounds"])
def test_other_readings_are_refused(column: str, program: str, tmp_path: Path) -> None:
    """A rule that the programs do not know stops them, where it would give other rows without a word."""
    shutil.copytree(REFERENCE, tmp_path / "reference")
    path = tmp_path / "reference" / "category_rules.csv"
    rules = pl.read_csv(path, infer_schema=False)
    rules.with_columns(pl.lit("ANOTHER").alias(column)).write_csv(path)
    with pytest.raises(ValueError, match=f"{column}.*ANOTHER"), PROGRAMS[program](tmp_path / "reference"):
        pass


def test_a_run_with_one_other_value_is_refused(tmp_path: Path) -> None:
    """What the benchmarks prove each time they run; the order of the rows is no difference."""
    right, other = tmp_path / "right.parquet", tmp_path / "other.parquet"
    name = f"decisions {Month(2014, 6)}"
    decisions = pl.DataFrame({"insz": ["a", "b"], "grounds": [["X", "Y"], []], "living_wage_days": [90, None]})
    decisions.write_parquet(right)
    decisions.reverse().write_parquet(other)
    assert hashes({name: right}) == hashes({name: other})
    decisions.with_columns(living_wage_days=pl.lit(90)).write_parquet(other)
    rows = SameRows()
    rows.refuse_other("first", "few-2", {name: right})
    with pytest.raises(RuntimeError, match=f"second gives other rows than first: {name}"):
        rows.refuse_other("second", "few-2", {name: other})
