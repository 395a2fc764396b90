"""Fixtures: a small synthetic landing zone, and homes in which it was run."""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from dvz_assets.flow.context import Flow
from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.orchestration.launch import run_months
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from tests.cases.case_file import consecutive, deliveries, load_cases
from tests.cases.landing_writer import write_landing

hypothesis_settings.register_profile(
    "dvz", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False
)
hypothesis_settings.load_profile("dvz")

# nothing that a developer has set, or the program that shares out the tests, may change what the tests see
for name in [name for name in os.environ if name.startswith(("DVZ_", "DAGSTER_")) or name == "COLUMNS"]:
    del os.environ[name]

NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)\d{11}(?!\d)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test prints when it fails holds no number of a person, whatever it has compared."""
    report = yield
    if NUMBER_OF_A_PERSON.search(report.longreprtext):
        report.longrepr = NUMBER_OF_A_PERSON.sub("[number]", report.longreprtext)
    report.sections = [(name, NUMBER_OF_A_PERSON.sub("[number]", text)) for name, text in report.sections]
    return report


FIRST_MONTH, LAST_MONTH = "2018-04", "2018-06"


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker of pytest-xdist to ask for it makes, while the others wait; not to be changed."""
    made = folder.with_name(f"{folder.name}.made")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture(autouse=True)
def private_files_and_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, so that no dvz.toml is found and nothing is written beside the code."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    os.umask(0o077)


@pytest.fixture(scope="session")
def pristine_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months over the change of regime, about 120 persons; not to be changed."""
    landing = tmp_path_factory.mktemp("landing") / "landing"
    generate(landing, seed=5, persons=120, months=3, start=FIRST_MONTH, file_format="csv", reference=reference_folder())
    return landing


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, the same for all workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def run_all(flow: Flow, first: Month, last: Month) -> None:
    """Run a range of months through the Dagster job, and leave nothing of it in this process."""
    with open_instance(flow.settings.home) as instance:
        failure = run_months(flow, instance, Month.range(first, last))
    os.environ.pop("DAGSTER_HOME")
    assert failure is None, failure


@pytest.fixture(scope="session")
def cases_ran(shared_folder: Path) -> Flow:
    """All named cases in one landing zone, run once as ranges through the Dagster job; not to be changed.

    Months of which no case speaks are not delivered.
    """
    folder = shared_folder / "cases"
    flow = Flow(Settings(landing=folder / "landing", home=folder / "home", history_gaps="accept"))
    zone = deliveries(load_cases())

    def make(folder: Path) -> None:
        write_landing(folder / "landing", zone)
        for first, last in consecutive(zone):
            run_all(flow, first, last)

    made_once(folder, make)
    return flow


@pytest.fixture
def landing(pristine_landing: Path, tmp_path: Path) -> Path:
    """A copy of the landing zone that a test may break."""
    copy = tmp_path / "landing"
    shutil.copytree(pristine_landing, copy)
    return copy


@pytest.fixture
def flow(landing: Path, tmp_path: Path) -> Flow:
    """The flow on that landing zone, with an empty home."""
    return Flow(Settings(landing=landing, home=tmp_path / "home"))


@pytest.fixture
def ran_until(
    shared_folder: Path, pristine_landing: Path, flow: Flow, private_files_and_no_settings: None
) -> Callable[[str], Flow]:
    """The flow after its months up to one, in a copy of a home in which they were run once for all tests."""

    def copied(last: str) -> Flow:
        def make(folder: Path) -> None:
            run_all(Flow(Settings(landing=pristine_landing, home=folder)), Month.parse(FIRST_MONTH), Month.parse(last))

        shutil.copytree(made_once(shared_folder / f"ran-until-{last}", make), flow.settings.home)
        return flow

    return copied


@pytest.fixture
def flow_with(landing: Path, tmp_path: Path) -> Callable[..., Flow]:
    """The same with other settings."""
    return lambda **settings: Flow(Settings(**{"landing": landing, "home": tmp_path / "home", **settings}))
