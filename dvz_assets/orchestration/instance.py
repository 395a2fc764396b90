"""The Dagster instance of a home: where Dagster keeps its own state, and with which privacy settings.

``DAGSTER_HOME`` wins if it is set; otherwise the state goes below ``<home>/dagster`` with a configuration that sends no
telemetry, captures no output of steps and keeps error messages of user code out of the storage.
"""

import os
from pathlib import Path

import dagster as dg

CONFIGURATION = """\
# Written by dvz; delete this file to have it written again.
telemetry:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def dagster_home(home: Path) -> Path:
    """Folder of Dagster's state for ``home``, made and configured when it is ours and new."""
    if from_environment := os.environ.get("DAGSTER_HOME"):
        return Path(from_environment)
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(CONFIGURATION, encoding="utf-8")
    return folder


def open_instance(home: Path) -> dg.DagsterInstance:
    """The instance in which runs, events and checks of ``home`` are recorded."""
    folder = dagster_home(home)
    # Dagster reads it by name when it resolves relative storage paths
    os.environ["DAGSTER_HOME"] = str(folder)
    return dg.DagsterInstance.get()
