"""Many months at once: a backfill with a run per month, spread over workers, gives what months in order give.

``make workers``: it starts PostgreSQL, a daemon and ten runs, which takes longer than the other tests may.
"""

import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.generate import generate
from dvz_assets.orchestration.backfills import MONTH_BY_ITSELF
from dvz_assets.project_files import reference_folder
from tests.integration.running import fingerprint
from tests.production.processes import (
    Installation,
    free_port,
    needs_postgresql,
    postgresql,
    process,
    program,
    wait_for,
)

FIRST, LAST = "2018-04", "2018-06"
MONTHS = ["2018-04", "2018-05", "2018-06"]
# a delivery bears the time at which it was written, and so does what is made from its voucher
CLOCKED_FILES = r"lake/delivery/|checks/.*/delivery\.json|deliveries/.*/voucher\.json"
CLOCKED = "'created_at', 'fingerprint'"
# the daemon looks after backfills every half minute; here every second
DAEMON = """
import sys
from dagster._daemon import cli, controller

controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 1
sys.argv[0] = "dagster-daemon"
cli.main()
"""

pytestmark = needs_postgresql


def test_months_at_once_give_what_months_in_order_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as running:
        here = Installation.below(tmp_path, running.enter_context(postgresql(free_port())))
        generate(
            here.landing, seed=5, persons=60, months=3, start=FIRST, file_format="csv", reference=reference_folder()
        )
        environment = {**here.environment, "DVZ_RUN_PER_MONTH": "true"}
        running.enter_context(here.code_server(environment))
        daemon = [program("python"), "-c", DAEMON, "run", "--workspace", str(here.workspace)]
        running.enter_context(process(daemon, here.of("dvz-daemon"), str(here.log), cwd=str(tmp_path)))
        queue = [program("dvz"), "run", "--from", FIRST, "--to", LAST, "--queue"]
        subprocess.run(queue, env=environment, check=True, cwd=tmp_path, capture_output=True)
        in_order = run_in_order(here)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with dg.DagsterInstance.get() as instance:
            wait_for(lambda: ended(instance), 600)
            (backfill,) = instance.get_backfills()
            assert backfill.status is BulkActionStatus.COMPLETED_SUCCESS
            check_runs(instance, backfill)
    assert differences(results(here.home), results(in_order)) == []
    for database in PUBLISHED_DATABASES.values():
        one, other = published_rows(database.path(here.home)), published_rows(database.path(in_order))
        assert differences(one, other) == []
        assert one


def run_in_order(here: Installation) -> Path:
    """The same landing zone in another home, by the command line."""
    home = here.folder / "in-order"
    command = [
        program("dvz"),
        "run",
        "--from",
        FIRST,
        "--to",
        LAST,
        "--landing",
        str(here.landing),
        "--home",
        str(home),
    ]
    environment = {name: value for name, value in here.environment.items() if not name.startswith("DAGSTER_")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return home


def ended(instance: dg.DagsterInstance) -> bool:
    return all(
        each.status not in (BulkActionStatus.REQUESTED, BulkActionStatus.FAILING) for each in instance.get_backfills()
    )


def check_runs(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> None:
    """Every month had a run of its own, in a process of its own, and some of them went side by side."""
    records = instance.get_run_records(dg.RunsFilter(tags={"dagster/backfill": backfill.backfill_id}))
    months = [record for record in records if "dagster/partition" in record.dagster_run.tags]
    assert sorted(record.dagster_run.tags["dagster/partition"] for record in months) == MONTHS
    for record in months:
        assert {key.to_user_string() for key in record.dagster_run.asset_selection or ()} == MONTH_BY_ITSELF
    times = [(record.start_time or 0, record.end_time or 0) for record in months]
    assert any(one[0] < other[1] and other[0] < one[1] for one, other in combinations(times, 2))


def results(home: Path) -> dict[str, str]:
    """All that was written, but what bears the time of a delivery."""
    found = {
        f"{folder}/{name}": value
        for folder in ("lake", "quarantine", "checks", "deliveries")
        for name, value in fingerprint(home / folder).items()
    }
    return {name: value for name, value in found.items() if not re.match(CLOCKED_FILES, name)}


def published_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {
            name: connection.execute(
                f"SELECT COLUMNS(lambda name: name NOT IN ({CLOCKED})) FROM {schema}.{name} ORDER BY ALL"
            ).fetchall()
            for schema, name in names
        }


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Names of what is not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
