"""A store or a database of locks that is not there, and homes that cannot be: said before anything is written."""

from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.settings import Settings
from tests.conftest import FIRST_MONTH
from tests.integration.running import run
from tests.object_store.store import Store
from tests.production.processes import free_port


@pytest.mark.parametrize(
    ("variable", "value"),
    [("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:{port}")],
    ids=["not let in", "nobody answers"],
)
def test_a_store_that_cannot_be_used_is_named(
    store: Store, landing: Path, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value.format(port=free_port()))
    # clients are kept by what they were made with
    monkeypatch.setattr("s3fs.S3FileSystem._cache", {})
    with pytest.raises(DvzError, match="STORAGE_UNREACHABLE") as raised:
        _ = Flow(store.settings("no-home", landing)).lake
    assert store.password not in str(raised.value)


def test_a_bucket_that_is_missing_is_named(store: Store, landing: Path) -> None:
    with pytest.raises(DvzError, match="STORAGE_UNREACHABLE"):
        _ = Flow(store.settings("no-home", landing, home="s3://no-bucket/home")).lake


def test_without_its_locks_nothing_is_run(store: Store, landing: Path) -> None:
    away = f"postgresql://dvz:{store.password}@127.0.0.1:{free_port()}/dagster"
    flow = Flow(store.settings("no-locks", landing, lock_database=away))
    failure = run(flow, FIRST_MONTH)
    assert failure is not None
    assert failure.message.startswith("LOCK_DATABASE_UNREACHABLE")
    assert store.password not in failure.message
    assert not store.objects("no-locks").exists()


@pytest.mark.parametrize("home", ["ftp://host/home", "s3://bucket", "s3://bucket/", "s3:///home"])
def test_an_address_that_cannot_be_a_home_is_refused(home: str) -> None:
    with pytest.raises(DvzError, match=r"INVALID_SETTING.*s3://bucket/home"):
        Settings.load(home=home)


def test_what_a_home_in_a_store_needs_is_asked_for(store: Store) -> None:
    with pytest.raises(DvzError, match="scratch, lock_database, ledger_key"):
        Settings.load(home="s3://bucket/home")
