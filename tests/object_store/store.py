"""An object store and the locks of a home in it, as processes for the tests; and settings of homes in it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from s3fs import S3FileSystem

from dvz_assets.settings import Settings
from tests.production.processes import free_port, listens, postgresql, process, program, wait_for

BUCKET = "bucket"
LEDGER_KEY = "5" * 64


@dataclass(frozen=True)
class Store:
    """A server of S3 on ``folder``, and a database for locks."""

    folder: Path
    port: int
    database_port: int
    password: str

    @property
    def lock_database(self) -> str:
        return f"postgresql://dvz:{self.password}@127.0.0.1:{self.database_port}/dagster"

    @property
    def environment(self) -> dict[str, str]:
        """How any S3 client is told of it."""
        return {
            "AWS_ACCESS_KEY_ID": "access-of-the-test",
            "AWS_SECRET_ACCESS_KEY": self.password,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def settings(self, name: str, landing: Path, **settings: Any) -> Settings:
        """Of the home ``name`` in this store."""
        own = {"home": self.address(name), "scratch": self.folder / f"scratch-of-{name}", "landing": landing}
        return Settings.load(**{**own, "lock_database": self.lock_database, "ledger_key": LEDGER_KEY, **settings})

    def address(self, name: str) -> str:
        return f"s3://{BUCKET}/{name}"

    def objects(self, name: str) -> Path:
        """What stands in the home ``name``, as a folder."""
        return self.folder / "served" / BUCKET / name

    def ask_locks(self, query: str) -> list[tuple[Any, ...]]:
        """As the one who watches over the database."""
        connection = psycopg2.connect(self.lock_database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            connection.close()


@contextmanager
def object_store(folder: Path) -> Iterator[Store]:
    """A running one; only loopback."""
    store = Store(folder, free_port(), free_port(), secrets.token_hex(16))
    (folder / "served" / BUCKET).mkdir(parents=True)
    keys = f"{store.environment['AWS_ACCESS_KEY_ID']},{store.password}"
    server = [
        *(program("rclone"), "serve", "s3", str(folder / "served"), "--addr", f"127.0.0.1:{store.port}"),
        *("--auth-key", keys, "--config", str(folder / "rclone.conf")),
        *("--dir-cache-time", "10ms"),  # the tests look at the folder, and put homes there, without the server
    ]
    log = str(folder / "log")
    with process(server, {**os.environ}, log, cwd=str(folder)), postgresql(store.database_port, store.password):
        wait_for(lambda: listens(store.port), 30)
        S3FileSystem.clear_instance_cache()  # a client keeps the address of the store that it was made for
        yield store
