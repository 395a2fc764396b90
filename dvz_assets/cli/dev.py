"""``dvz dev`` and ``dvz serve``: the Dagster UI on this machine, and behind a proxy that authenticates."""

import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, LandingOption, command, output


def dev(
    landing: LandingOption = None,
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the Dagster UI on 127.0.0.1, with sensor and schedule, on this home.

    It is for one person on one machine: the address that it prints holds a token, which no other account knows.
    """
    from dvz_assets.orchestration.boundary import keep_errors_in
    from dvz_assets.orchestration.instance import dagster_home
    from dvz_assets.orchestration.processes import code_server_and_daemon
    from dvz_assets.orchestration.web_guard import TOKEN, Admission
    from dvz_assets.orchestration.web_server import listen_on_port, serve_until
    from dvz_assets.report.page import REPORTS
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        keep_errors_in()
        os.environ.update(
            DAGSTER_HOME=str(dagster_home(settings.work)),
            DVZ_LANDING=str(settings.landing),
            DVZ_HOME=str(settings.home),
        )
        # the others end with this process, whoever stops it
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        token = secrets.token_urlsafe(32)
        addresses = frozenset(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))
        admission = Admission(addresses, token, cookie=f"dvz-{port}")
        with listen_on_port(port) as listening, code_server_and_daemon(os.environ) as (workspace, ended):
            output.print(f"The Dagster UI: http://127.0.0.1:{port}/?{TOKEN}={token}", soft_wrap=True)
            serve_until(ended, listening, workspace, admission, reports=settings.home / REPORTS)


def serve(
    workspace: Annotated[Path, typer.Option(help="Workspace file that names the code server.")],
    fd: Annotated[int, typer.Option(help="Descriptor of the socket on which systemd listens for it.")] = 3,
    read_only: Annotated[bool, typer.Option("--read-only", help="Answer questions, and write nothing.")] = False,
) -> None:
    """Serve the Dagster UI to a proxy that authenticates (deploy/), over a socket that is handed over.

    It answers requests that come from its own pages, under the address of the setting ui_address.
    """
    from dvz_assets.errors import DvzError
    from dvz_assets.orchestration.boundary import keep_errors_in
    from dvz_assets.orchestration.web_guard import Admission
    from dvz_assets.orchestration.web_server import listen_on_descriptor, serve_until
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load()
        if settings.ui_address is None:
            raise DvzError(
                "INVALID_SETTING",
                place="ui_address",
                expected="the address under which browsers reach the UI",
                found="nothing",
                remedy="set DVZ_UI_ADDRESS, such as https://dvz.example.internal",
            )
        keep_errors_in()
        with listen_on_descriptor(fd) as listening:
            serve_until(None, listening, workspace, Admission(frozenset({settings.ui_address})), read_only=read_only)
