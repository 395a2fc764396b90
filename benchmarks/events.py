"""What the steps of a run tell about themselves, read from Dagster's events in its home."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from benchmarks.measuring import Figures
from dvz_assets.flow.assets import Writer, written_by

# Names in the metadata of materialisations, and here.
WRITING, CHECKING, PUBLISHING = "seconds writing", "seconds checking", "seconds publishing"
TOLD = (WRITING, CHECKING, PUBLISHING)
# Of the writing, what the engine does: the SQL of the relational assets, and writing its results.
RELATIONAL = "seconds in relational steps"


def seconds_inside(home: Path) -> Figures:
    """Seconds of the latest run, added up over its steps; what no step tells is missing."""
    with _instance(home / "dagster") as instance:
        (run,) = instance.get_runs(limit=1)
        figures: Figures = {}
        for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
            materialisation = entry.asset_materialization
            if materialisation is None:
                continue
            for name, value in materialisation.metadata.items():
                if name in TOLD and isinstance(value.value, int | float):
                    figures[name] = figures.get(name, 0) + value.value
                    if name == WRITING and materialisation.asset_key.path[-1] in written_by(Writer.SQL):
                        figures[RELATIONAL] = figures.get(RELATIONAL, 0) + value.value
    return figures


@contextmanager
def _instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster's own storage; its configuration names the folder by a variable."""
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(folder)
    try:
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            yield instance
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before
