"""What Dagster loads: the definitions for the settings in force (``workspace.yaml``, ``dg``, ``make dev``)."""

import os

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.orchestration.boundary import keep_errors_in
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.settings import Settings


@dg.definitions
def definitions() -> dg.Definitions:
    """Definitions of the home that environment and dvz.toml name."""
    os.umask(0o077)
    keep_errors_in()
    return build_definitions(Flow(Settings.load()))
