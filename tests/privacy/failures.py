"""Every failure that the project knows, provoked on marker people: the program whose traces the proof searches.

``python -m tests.privacy.failures WORK SHARE``: the SHARE-th part of the failures. Prints what a person would see of
each, and nothing else; ends with status 1 when something that must fail did not.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
from dagster._utils.error import serializable_error_info_from_exc_info

from dvz_assets.flow import one_delivery, publishing, steps
from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import WRITERS
from dvz_assets.home.lake import write_frame
from dvz_assets.orchestration import automation
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.settings import Settings
from tests.integration.running import manifest_in, run
from tests.integration.test_bad_deliveries import MONTH, NAME, NUMBERS, TABLE, source_of, write_good_landing
from tests.privacy.failures_after_a_run import after_a_run
from tests.privacy.failures_around import around_a_run

Fault = Callable[[], object]


def cast_error() -> object:
    """What DuckDB says of a number that it cannot read quotes the number."""
    return duckdb.execute(f"SELECT CAST('{NUMBERS[2]}x' AS BIGINT)").fetchall()


def duplicate_key() -> object:
    """And of a key that is there twice."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE persons (insz VARCHAR PRIMARY KEY)")
        connection.execute("INSERT INTO persons VALUES (?), (?)", [NUMBERS[2], NUMBERS[2]])
    return None


def raised(kind: type[Exception]) -> Fault:
    """An error whose message holds a number and a name, from an error whose message does."""

    def fault() -> object:
        try:
            raise ValueError(f"{NUMBERS[3]} {NAME}")
        except ValueError as cause:
            raise kind(f"{NUMBERS[2]} {NAME}") from cause

    return fault


FAULTS: dict[str, Fault] = {
    "cast": cast_error,
    "duplicate key": duplicate_key,
    "value": raised(ValueError),
    "key": raised(KeyError),
    "memory": raised(duckdb.OutOfMemoryException),
    "dagster": raised(dg.DagsterInvariantViolationError),
    "failure": raised(dg.Failure),
}


@contextmanager
def fault_in(asset: str, fault: Fault) -> Iterator[None]:
    """Let the writer of an asset, or a publish, fail."""
    writers, projection = steps.WRITERS, publishing._fill
    if asset in writers:
        steps.WRITERS = {**writers, asset: lambda flow, connection, month: fault()}  # type: ignore[dict-item,return-value]
    else:
        publishing._fill = lambda *arguments: fault()  # type: ignore[assignment]
    try:
        yield
    finally:
        steps.WRITERS, publishing._fill = writers, projection


def broken_deliveries(work: Path, share: int) -> Iterator[tuple[str, bool]]:
    """The table of broken deliveries."""
    for number, broken in enumerate(TABLE[::share]):
        landing = write_good_landing(work / "landings" / f"broken-{number}")
        broken.breaks(landing / source_of(broken) / str(MONTH))
        flow = Flow(Settings(landing=landing, home=work / "homes" / "broken", **(broken.settings or {})))
        failure = run(flow, str(MONTH))
        print(broken.what, failure and failure.message)
        yield f"broken delivery: {broken.what}", failure is not None
        shutil.rmtree(landing)


def faults_of_steps(work: Path, share: int) -> Iterator[tuple[str, bool]]:
    """Foreign errors in every step, with values in their messages."""
    landing = write_good_landing(work / "landings" / "faults")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "faults"))
    pairs = [(asset, name) for asset in (*WRITERS, "dvz_database") for name in FAULTS]
    for asset, name in pairs[::share]:
        with fault_in(asset, FAULTS[name]):
            failure = run(flow, str(MONTH))
        print(asset, name, failure and failure.message)
        yield f"{name} in {asset}", failure is not None


def faults_of_a_damaged_lake(work: Path) -> Iterator[tuple[str, bool]]:
    """Decisions in which a number is no number: the error comes from DuckDB itself, out of our own SQL."""
    landing = write_good_landing(work / "landings" / "damaged")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "damaged"))
    assert run(flow, str(MONTH)) is None
    damage(flow.lake.partition("decisions", MONTH))
    job = build_definitions(flow).resolve_job_def("monthly_dvz_flow")
    with open_instance(flow.settings.home) as instance:
        result = job.get_subset(asset_selection={dg.AssetKey("dvz_export")}).execute_in_process(
            instance=instance, partition_key=str(MONTH), raise_on_error=False
        )
    yield "a damaged lake", not result.success


def damage(decisions: Path) -> None:
    """Let everybody be sent, under a number that cannot be read."""
    frame = pl.read_parquet(decisions, hive_partitioning=False)
    broken = frame.with_columns(insz=pl.col("insz") + "x", outcome=pl.lit("SENT"))
    write_frame(broken, decisions, manifest_in(decisions))


def faults_of_the_sensor(work: Path) -> Iterator[tuple[str, bool]]:
    """Foreign errors in the sensor, as Dagster would store them."""
    landing = write_good_landing(work / "landings" / "sensor")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "sensor"))
    definitions, namespace = build_definitions(flow), vars(automation)
    months_of_flow = namespace["months_of_flow"]
    for name, fault in FAULTS.items():
        namespace["months_of_flow"] = lambda _, fault=fault: fault()
        try:
            with open_instance(flow.settings.home) as instance:
                repository = definitions.get_repository_def()
                context = dg.build_sensor_context(instance=instance, repository_def=repository)
                definitions.resolve_sensor_def("deliveries_sensor").evaluate_tick(context)
            failed = False
        except Exception:
            print(serializable_error_info_from_exc_info(sys.exc_info()).to_string())
            failed = True
        finally:
            namespace["months_of_flow"] = months_of_flow
        yield f"{name} in the sensor", failed


def faults_of_requests(work: Path) -> Iterator[tuple[str, bool]]:
    """What is no request, under the name of a person: told without it, and the sensor goes on."""
    landing = write_good_landing(work / "landings" / "requests")
    requests = landing / "a036" / "requests"
    requests.mkdir(parents=True)
    (requests / f"{NAME}.json").mkdir()
    (requests / f"{NUMBERS[2]}.json").symlink_to(landing / "novaprima" / str(MONTH) / "statement.csv")
    os.mkfifo(requests / f"{NUMBERS[3]}.json")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "requests"))
    definitions = build_definitions(flow)
    with open_instance(flow.settings.home) as instance:
        repository = definitions.get_repository_def()
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        said = definitions.resolve_sensor_def("a036_requests_sensor").evaluate_tick(context).skip_message or ""
    print(said)
    yield "three requests that are no files", said.endswith(": 3.")


def faults_of_a_torn_delivery(work: Path) -> Iterator[tuple[str, bool]]:
    """The register is delivered again under the run, in a folder of which something bears a name."""
    landing = write_good_landing(work / "landings" / "torn")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "torn"))
    voucher_hash = one_delivery.voucher_hash
    one_delivery.voucher_hash = lambda folder: f"{NUMBERS[2]} {NAME}"
    try:
        failure = run(flow, str(MONTH))
    finally:
        one_delivery.voucher_hash = voucher_hash
    print(failure and failure.message)
    yield "a torn delivery", failure is not None


def main(work: Path, share: int) -> None:
    """Provoke them and print how many there were."""
    done = [
        *broken_deliveries(work, share),
        *faults_of_steps(work, share),
        *faults_of_a_damaged_lake(work),
        *faults_of_the_sensor(work),
        *faults_of_requests(work),
        *faults_of_a_torn_delivery(work),
        *after_a_run(work),
        *around_a_run(work),
    ]
    survived = [what for what, failed in done if not failed]
    print(f"did not fail: {survived}")
    print(len(done))
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
