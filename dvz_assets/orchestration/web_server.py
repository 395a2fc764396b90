"""Dagster's web server behind the guard: the one place that builds it, for ``dvz dev`` and for ``dvz serve``.

It needs Dagster's private API to load a workspace, as ``dagster-webserver`` itself does.
"""

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import graphene
import uvicorn
from dagster_graphql.schema import create_schema, types
from dagster_webserver.webserver import DagsterWebserver
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dvz_assets.errors import DvzError
from dvz_assets.orchestration.dagster_private import (
    WorkspaceFileTarget,
    WorkspaceProcessContext,
    WorkspaceRequestContext,
)
from dvz_assets.orchestration.instance import instance_of
from dvz_assets.orchestration.web_guard import Admission, WebGuard
from dvz_assets.report.page import REPORTS

# as dagster-webserver sets them
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW = 15_000, 3600, 20
POLL_MS = 2000
# the UI puts styles into the page as it goes; everything else is its own, and nothing is fetched from elsewhere
PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; media-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REPORT_FILE = re.compile(r"[a-z0-9-]+(\.[a-z]{2})?\.html")
# a report brings all that it shows; it runs in an origin of its own, from which nothing of the UI can be asked
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-modals"
)
NO_REPORT = (
    "There is no such report, or this server may not read it. Reports stand in the folder reports of the home.\n"
)


class GuardedWebserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    """Dagster's web server with the guard before it; one that only reads knows no mutation at all."""

    def __init__(self, context: WorkspaceProcessContext, admission: Admission, reports: Path | None) -> None:
        self._admission, self._reports = admission, reports
        super().__init__(context, live_data_poll_rate=POLL_MS)

    def build_middleware(self) -> list[Middleware]:
        """The guard, then what Dagster has."""
        return [Middleware(WebGuard, admission=self._admission), *super().build_middleware()]

    def build_routes(self) -> list[BaseRoute]:
        """The reports, to which the asset ``monthly_report`` links, and then what Dagster has."""
        return [Route(f"/{REPORTS}/{{name}}", self._report), *super().build_routes()]  # type: ignore[no-untyped-call]

    def _report(self, asked: Request) -> Response:
        name = asked.path_params["name"]
        try:
            content = (self._reports / name).read_bytes() if self._reports and REPORT_FILE.fullmatch(name) else None
        except OSError:
            content = None
        if content is None:
            return PlainTextResponse(NO_REPORT, status_code=404)
        return Response(content, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})

    def build_graphql_schema(self) -> graphene.Schema:
        """Dagster's schema, without its mutations where nothing may be written: some of them ask for no permission."""
        schema = create_schema()
        if not self._process_context.read_only:
            return schema
        return graphene.Schema(query=schema.query, subscription=schema.subscription, types=types())  # type: ignore[no-untyped-call]

    def make_csp_header(self, nonce: str) -> str:
        """The policy of the page."""
        return PAGE_POLICY.format(nonce=nonce)


@contextmanager
def guarded_app(
    instance: dg.DagsterInstance,
    workspace: Path | None,
    admission: Admission,
    *,
    read_only: bool = False,
    reports: Path | None = None,
) -> Iterator[Starlette]:
    """The guarded web server of an instance and of the code servers that a workspace file names.

    It shows the reports of the folder, where it is told of one and may read it.
    """
    instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW)
    target = None if workspace is None else WorkspaceFileTarget(paths=[str(workspace)])
    with WorkspaceProcessContext(instance, target, read_only=read_only) as context:
        yield GuardedWebserver(context, admission, reports).create_asgi_app()


def serve_until(
    ended: threading.Event | None,
    listening: socket.socket,
    workspace: Path,
    admission: Admission,
    *,
    read_only: bool = False,
    reports: Path | None = None,
) -> None:
    """Serve on a socket until the process is told to stop, or the event happens; the instance is of DAGSTER_HOME."""
    with (
        instance_of(Path(os.environ["DAGSTER_HOME"])) as instance,
        guarded_app(instance, workspace, admission, read_only=read_only, reports=reports) as app,
    ):
        # no log of requests: an address may hold the token. What a client says of a proxy before it is not believed
        configuration = uvicorn.Config(
            app, log_level="warning", access_log=False, proxy_headers=False, server_header=False, lifespan="off"
        )
        server = uvicorn.Server(configuration)

        def stop_with_the_others() -> None:
            if ended is not None:
                ended.wait()
                server.should_exit = True

        threading.Thread(target=stop_with_the_others, daemon=True).start()
        server.run(sockets=[listening])


def listen_on_port(port: int) -> socket.socket:
    """A socket on a port of 127.0.0.1. Raises DvzError when it is taken."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise DvzError(
            "PORT_TAKEN",
            place=f"127.0.0.1:{port}",
            expected="a free port",
            found=error.strerror or type(error).__name__,
            remedy="choose another with --port, or stop what listens there",
        ) from None
    return listening


def listen_on_descriptor(descriptor: int) -> socket.socket:
    """The Unix socket that was handed over; its mode says who may connect. Raises DvzError for anything else."""
    try:
        listening = socket.socket(fileno=descriptor)
    except OSError:
        listening = None
    if listening is None or listening.family is not socket.AF_UNIX:
        raise DvzError(
            "NO_SOCKET",
            place=f"descriptor {descriptor}",
            expected="a Unix socket that listens, as the unit dvz-webserver.socket hands it over",
            found="something else" if listening else "nothing",
            remedy="start it by its socket unit (deploy/systemd)",
        )
    return listening
