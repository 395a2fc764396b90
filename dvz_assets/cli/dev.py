"""``dvz dev``: the Dagster UI on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, LandingOption, command


def dev(
    landing: LandingOption = None,
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI on 127.0.0.1, with sensor and schedule, on this home.

    It is for one person on one machine: there is no login.
    """
    from dvz_assets.orchestration.boundary import ENVIRONMENT
    from dvz_assets.orchestration.instance import dagster_home
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        environment = {
            **os.environ,
            **ENVIRONMENT,
            "DAGSTER_HOME": str(dagster_home(settings.work)),
            "DVZ_LANDING": str(settings.landing),
            "DVZ_HOME": str(settings.home),
        }
        dagster = Path(sys.executable).with_name("dagster")
        arguments = ["dev", "--host", "127.0.0.1", "--port", str(port), "--module-name", "dvz_assets.definitions"]
        # in the place of this process, so that whoever stops it stops Dagster
        os.execve(dagster, [str(dagster), *arguments], environment)  # noqa: S606
