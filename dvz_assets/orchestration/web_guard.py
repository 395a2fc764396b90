"""The guard in front of the Dagster web server: which requests reach it, and with which headers its answers leave.

Dagster's web server executes mutations that come by GET, from pages of other origins, and under any host name: any page
that an engineer opens could start a run with an image. The guard looks at headers that a page of another origin cannot
forge, and lets pass what the UI itself sends. Who may use the UI is decided by a proxy in front, or by the token.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

GRAPHQL = "graphql"
# a notebook is read from the disk of the code server by the name that the address gives, and shown with its scripts
CLOSED = {"notebook", "dagit/notebook"}
TOKEN = "token"  # noqa: S105  (the name of the parameter)
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# for everything but the page itself, which brings its own; workers of the UI run under it
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
TELL = {
    401: "Open the address that `dvz dev` has printed; it holds the token of this server.",
    403: "Refused: the request comes from a page of another origin.",
    404: "There is no such page.",
    405: "Refused: only the UI's own POST may ask GraphQL, and nothing else is posted.",
    415: "Refused: a query is JSON (Content-Type: application/json).",
    421: "Refused: this server does not go by that name.",
}


@dataclass(frozen=True)
class Admission:
    """Under which addresses the server is reached, and the token that opens it where no proxy authenticates.

    An address is scheme and host, with the port where it is not the scheme's own: as browsers send it as ``Origin``.
    """

    addresses: frozenset[str]
    token: str | None = None
    cookie: str = "dvz"

    def refusal(self, asked: HTTPConnection) -> int | None:
        """The status with which a request is refused; None for one that may pass. The token is looked at apart."""
        host = _only(asked, "host")
        origins = {address for address in self.addresses if address.partition("://")[2] == host}
        if not origins:
            return 421
        site, origin = _only(asked, "sec-fetch-site"), _only(asked, "origin")
        own = origin in origins and site in (None, "same-origin")
        path = asked.scope["path"].strip("/")
        if asked.scope["type"] == "websocket":
            return None if own and path == GRAPHQL else 403
        if asked.scope["method"] == "POST":
            if path != GRAPHQL:
                return 405
            if not own:
                return 403
            return None if _media_type(asked) == "application/json" else 415
        if asked.scope["method"] not in ("GET", "HEAD") or path == GRAPHQL:
            return 405
        if path in CLOSED:
            return 404
        may_read = own if origin is not None else site in (None, "none", "same-origin") or _is_link(asked)
        return None if may_read else 403

    def is_open_to(self, asked: HTTPConnection) -> bool:
        """Whether the request needs no token, or has brought it in its cookie."""
        return self.token is None or self._is_token(asked.cookies.get(self.cookie, ""))

    def brings_token(self, asked: HTTPConnection) -> bool:
        """Whether the address of the request holds the token."""
        return self._is_token(asked.query_params.get(TOKEN, ""))

    def _is_token(self, given: str) -> bool:
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


class WebGuard:
    """ASGI middleware that refuses what :class:`Admission` refuses and sets the headers of every answer."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self.app = app
        self.admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refused = self.admission.refusal(asked)
        answer = None if refused is None else _tell(refused)
        if answer is None and not self.admission.is_open_to(asked):
            entering = scope["type"] == "http" and self.admission.brings_token(asked)
            answer = self._enter(asked) if entering else _tell(401)
        if answer is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await answer(scope, receive, _with_headers(send))

    def _enter(self, asked: HTTPConnection) -> Response:
        """To the page that was asked for, without the token in its address."""
        others = [pair for pair in parse_qsl(asked.url.query) if pair[0] != TOKEN]
        path = "/" + asked.url.path.lstrip("/")  # two slashes would name another server
        answer = RedirectResponse(path + (f"?{urlencode(others)}" if others else ""), status_code=303)
        assert self.admission.token is not None
        answer.set_cookie(self.admission.cookie, self.admission.token, httponly=True, samesite="strict")
        return answer


def _only(asked: HTTPConnection, name: str) -> str | None:
    """A header that is there once; one that is there twice is as good as a wrong one."""
    values = asked.headers.getlist(name)
    return values[0].lower() if len(values) == 1 else ", ".join(values) or None


def _media_type(asked: HTTPConnection) -> str:
    return (_only(asked, "content-type") or "").partition(";")[0].strip()


def _is_link(asked: HTTPConnection) -> bool:
    """A person follows a link from elsewhere, into a window of its own and not into a frame."""
    return _only(asked, "sec-fetch-mode") == "navigate" and _only(asked, "sec-fetch-dest") == "document"


def _tell(status: int) -> Response:
    return PlainTextResponse(TELL[status] + "\n", status_code=status)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        await send(message)

    return sending
