"""The Dagster instance of a home: where Dagster keeps its own state, and with which privacy settings.

``DAGSTER_HOME`` wins if it is set; otherwise the state goes below ``<home>/dagster`` with a configuration that sends no
telemetry, captures no output of steps and keeps error messages of user code out of the storage.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
import yaml

from dvz_assets.home.file_locks import FileLocks
from dvz_assets.home.folder import make_folder, replace_file, sync
from dvz_assets.orchestration.boundary import keep_errors_in
from dvz_assets.orchestration.dagster_private import (
    COMPUTE_LOGS_MODULE,
    EVENT_LOG_MODULE,
    ConsolidatedSqliteEventLogStorage,
    InstanceRef,
    serialize_value,
)
from dvz_assets.orchestration.event_storage import SqliteEventLog

CONFIGURATION = f"""\
# Written by dvz; delete this file to have it written again.
telemetry:
  enabled: false
nux:
  enabled: false
compute_logs:
  module: {COMPUTE_LOGS_MODULE}
  class: NoOpComputeLogManager
event_log_storage:
  module: {SqliteEventLog.__module__}
  class: {SqliteEventLog.__name__}
  config:
    base_dir:
      env: DAGSTER_HOME
"""
# as version 0.1.0 wrote it: the same file of events, which took a seventh more of a month's processor time
EARLIER_CONFIGURATION = CONFIGURATION.replace(SqliteEventLog.__module__, EVENT_LOG_MODULE).replace(
    SqliteEventLog.__name__, ConsolidatedSqliteEventLogStorage.__name__
)
CONFIGURATION_FILE = "dagster.yaml"


def dagster_home(home: Path) -> Path:
    """Folder of Dagster's state for ``home``, made and configured when it is ours and new."""
    if from_environment := os.environ.get("DAGSTER_HOME"):
        return Path(from_environment)
    folder = home / "dagster"
    if not folder.exists():
        _make_whole(folder)
    configuration = folder / CONFIGURATION_FILE
    # with an empty one, as a power cut has left it in homes of earlier versions, Dagster would send telemetry
    if not configuration.exists() or configuration.read_text("utf-8") in {"", EARLIER_CONFIGURATION}:
        building = folder / f".{CONFIGURATION_FILE}.{os.getpid()}"
        building.write_text(CONFIGURATION, encoding="utf-8")
        replace_file(building, configuration)
    return folder


def _make_whole(folder: Path) -> None:
    """Let Dagster make its databases in another folder, which then becomes this one.

    It makes them in many steps. What a power cut leaves between two of them, it takes for a database of an earlier
    version, and refuses to work with it.
    """
    make_folder(folder.parent)
    building = folder.with_name(".dagster.building")
    with closing(FileLocks(folder.parent / "locks", "dagster")) as locks:
        locks.take("dagster", wait=True)
        if folder.exists():  # another process was faster
            return
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        (building / CONFIGURATION_FILE).write_text(CONFIGURATION, encoding="utf-8")
        instance_of(building).dispose()
        del os.environ["DAGSTER_HOME"]
        for path in (*building.rglob("*"), building):
            sync(path)
        building.rename(folder)
        sync(folder.parent)


def instance_reference(folder: Path) -> str:
    """What a process of Dagster is given, so that it opens the instance of a folder with its configuration.

    Dagster itself looks for ``dagster.yaml`` with a pattern, which a folder with a bracket in its name does not match.
    """
    return serialize_value(_reference(folder))


def instance_of(folder: Path) -> dg.DagsterInstance:
    """The instance of a folder, with the configuration that stands in it."""
    return dg.DagsterInstance.from_ref(_reference(folder))


def _reference(folder: Path) -> InstanceRef:
    os.environ["DAGSTER_HOME"] = str(folder)  # its configuration refers to it
    file = folder / CONFIGURATION_FILE
    configuration = yaml.safe_load(file.read_text("utf-8")) if file.exists() else None
    return InstanceRef.from_dir(str(folder), overrides=configuration or {})


@contextmanager
def open_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance in which runs, events and checks of ``home`` are recorded."""
    keep_errors_in()
    folder = dagster_home(home)
    with instance_of(folder) as instance:
        yield instance
