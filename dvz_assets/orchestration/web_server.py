"""Dagster's web server behind the guard: the one place that builds it, for ``dvz dev`` and for ``dvz serve``.

It needs Dagster's private API to load a workspace, as ``dagster-webserver`` itself does.
"""

import os
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

from dvz_assets.errors import DvzError
from dvz_assets.orchestration.dagster_private import (
    WorkspaceFileTarget,
    WorkspaceProcessContext,
    WorkspaceRequestContext,
)
from dvz_assets.orchestration.instance import instance_of
from dvz_assets.orchestration.web_guard import Admission, WebGuard

# as dagster-webserver sets them
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW = 15_000, 3600, 20
POLL_MS = 2000
# the UI puts styles into the page as it goes; everything else is its own, and nothing is fetched from elsewhere
PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; media-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class GuardedWebserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    """Dagster's web server with the guard before it; one that only reads knows no mutation at all."""

    def __init__(self, context: WorkspaceProcessContext, admission: Admission) -> None:
        self._admission = admission
        super().__init__(context, live_data_poll_rate=POLL_MS)

    def build_middleware(self) -> list[Middleware]:
        """The guard, then what Dagster has."""
        return [Middleware(WebGuard, admission=self._admission), *super().build_middleware()]

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
    instance: dg.DagsterInstance, workspace: Path | None, admission: Admission, *, read_only: bool = False
) -> Iterator[Starlette]:
    """The guarded web server of an instance and of the code servers that a workspace file names."""
    instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW)
    target = None if workspace is None else WorkspaceFileTarget(paths=[str(workspace)])
    with WorkspaceProcessContext(instance, target, read_only=read_only) as context:
        yield GuardedWebserver(context, admission).create_asgi_app()


def serve_until(
    ended: threading.Event | None,
    listening: socket.socket,
    workspace: Path,
    admission: Admission,
    *,
    read_only: bool = False,
) -> None:
    """Serve on a socket until the process is told to stop, or the event happens; the instance is of DAGSTER_HOME."""
    with (
        instance_of(Path(os.environ["DAGSTER_HOME"])) as instance,
        guarded_app(instance, workspace, admission, read_only=read_only) as app,
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
