"""Fixtures: one store for the session, and homes in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dvz_assets.flow.context import Flow
from dvz_assets.home.locks import release_months
from tests.object_store.store import Store, object_store
from tests.production.processes import needs_postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Locks need PostgreSQL."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for mark in needs_postgresql:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A running one."""
    with object_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(autouse=True)
def credentials(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store is there for whoever asks; locks of a test end with it."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    yield
    release_months()


@pytest.fixture
def flow_there(store: Store, landing: Path, tmp_path: Path) -> Flow:
    """The flow on the landing zone of the test, with an empty home in the store."""
    return Flow(store.settings(tmp_path.name, landing))
