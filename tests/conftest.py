"""Fixtures: a small synthetic landing zone, and homes in which it was run."""

import os
import shutil
from collections.abc import Callable
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
from tests.cases.case_file import deliveries, load_cases
from tests.cases.landing_writer import write_landing

hypothesis_settings.register_profile(
    "dvz", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False
)
hypothesis_settings.load_profile("dvz")

# nothing that a developer has set may change what the tests see
for name in [name for name in os.environ if name.startswith(("DVZ_", "DAGSTER_"))]:
    del os.environ[name]

FIRST_MONTH, LAST_MONTH = "2018-04", "2018-06"


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
def cases_ran(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """All named cases in one landing zone, run once as a range through the Dagster job; not to be changed."""
    folder = tmp_path_factory.mktemp("cases")
    zone = deliveries(load_cases())
    flow = Flow(Settings(landing=write_landing(folder / "landing", zone), home=folder / "home"))
    with open_instance(flow.settings.home) as instance:
        failure = run_months(flow, instance, Month.range(min(zone), max(zone)))
    os.environ.pop("DAGSTER_HOME")
    assert failure is None, failure
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
def flow_with(landing: Path, tmp_path: Path) -> Callable[..., Flow]:
    """The same with other settings."""
    return lambda **settings: Flow(Settings(**{"landing": landing, "home": tmp_path / "home", **settings}))
