"""``deploy/nginx.conf`` in a real nginx: who reaches which web server, and who gets no answer at all.

Sign-in and web servers are stand-ins on the sockets that the file names, so that the whole takes a few seconds.
"""

import http.server
import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.production.processes import DEPLOY, IS_ROOT, free_port, listens, process, wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = "dvz.example.internal"
POLICY_OF_THE_UI = "default-src 'none'; script-src 'nonce-x'"

pytestmark = pytest.mark.skipif(
    NGINX is None or shutil.which("openssl") is None, reason="nginx or openssl is not installed"
)


class Answer(http.server.BaseHTTPRequestHandler):
    """Tells who answered, and what arrived; a sign-in gives the groups that the cookie names."""

    name = ""

    def do_GET(self) -> None:
        if self.name == "sign-in":
            self.sign_in()
            return
        content = json.dumps({"server": self.name, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Security-Policy", POLICY_OF_THE_UI)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def sign_in(self) -> None:
        groups = self.headers.get("Cookie", "").partition("groups=")
        if self.path == "/oauth2/auth":
            self.send_response(202 if groups[1] else 401)
            self.send_header("X-Auth-Request-Groups", groups[2])
        else:
            self.send_response(200)
        self.end_headers()

    def log_message(self, *values: Any) -> None: ...


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self) -> tuple[Any, Any]:
        connection, _ = super().get_request()
        return connection, ("nginx", 0)


@contextmanager
def server(address: Path, name: str) -> Iterator[None]:
    address.parent.mkdir(parents=True, exist_ok=True)
    with UnixServer(str(address), type(name, (Answer,), {"name": name})) as started:
        threading.Thread(target=started.serve_forever, daemon=True).start()
        yield
        started.shutdown()


@dataclass(frozen=True)
class Proxy:
    """nginx with the shipped file, on ports of this test."""

    port: int
    plain_port: int
    certificate: Path

    def get(self, groups: str | None, path: str = "/graphql", **headers: str) -> httpx.Response:
        """What a browser gets whose user is in these groups; None for one who has not signed in."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        cookie = {} if groups is None else {"Cookie": f"session=x; groups={groups}"}
        with httpx.Client(verify=trusted) as client:
            return client.get(
                f"https://127.0.0.1:{self.port}{path}",
                headers={"Host": NAME, **cookie, **headers},
                extensions={"sni_hostname": NAME},
            )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    made = Proxy(free_port(), free_port(), folder / "server.crt")
    certificate = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "server.key"), "-out", str(made.certificate)]
    subprocess.run([*certificate, *names, *files], check=True, capture_output=True)
    run = folder / "run"
    shipped = (DEPLOY / "nginx.conf").read_text("utf-8")
    for of_deploy, of_test in {
        "/etc/dvz/tls": str(folder),
        "unix:/run": f"unix:{run}",
        "listen 443": f"listen 127.0.0.1:{made.port}",
        "listen 80": f"listen 127.0.0.1:{made.plain_port}",
    }.items():
        assert of_deploy in shipped
        shipped = shipped.replace(of_deploy, of_test)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\n{'user root;' if IS_ROOT else ''}\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{shipped}}}\n",
        encoding="utf-8",
    )
    assert NGINX is not None
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with ExitStack() as running:
        running.enter_context(server(run / "dvz-webserver.sock", "engineers"))
        running.enter_context(server(run / "dvz-webserver-readonly.sock", "readers"))
        running.enter_context(server(run / "oauth2-proxy" / "oauth2-proxy.sock", "sign-in"))
        running.enter_context(process(command, {**os.environ}, str(folder / "log"), cwd=str(folder)))
        wait_for(lambda: listens(made.port), 30)
        yield made


@pytest.mark.parametrize(
    ("groups", "reached"),
    [
        ("dvz-engineers", "engineers"),
        ("staff,dvz-engineers,all", "engineers"),
        ("staff", "readers"),
        ("", "readers"),
        ("no-dvz-engineers", "readers"),
        ("dvz-engineers-of-old", "readers"),
    ],
)
def test_the_group_decides_which_server_answers(proxy: Proxy, groups: str, reached: str) -> None:
    assert proxy.get(groups).json()["server"] == reached


def test_nobody_gets_in_without_signing_in(proxy: Proxy) -> None:
    for headers in ({}, {"X-Auth-Request-Groups": "dvz-engineers"}):
        answer = proxy.get(None, **headers)
        assert "server" not in answer.text
    assert proxy.get(None, "/oauth2/auth").status_code == 404


def test_a_browser_does_not_say_in_which_group_it_is(proxy: Proxy) -> None:
    assert proxy.get("staff", **{"X-Auth-Request-Groups": "dvz-engineers"}).json()["server"] == "readers"


def test_the_web_server_gets_what_the_guard_looks_at_and_no_session(proxy: Proxy) -> None:
    asked = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    arrived = proxy.get("dvz-engineers", **asked).json()["headers"]
    assert arrived["Host"] == NAME
    assert {name: arrived[name] for name in asked} == asked
    assert "Cookie" not in arrived


def test_a_web_socket_is_passed_on(proxy: Proxy) -> None:
    arrived = proxy.get("dvz-engineers", Upgrade="websocket", Connection="Upgrade").json()["headers"]
    assert (arrived["Upgrade"], arrived["Connection"]) == ("websocket", "upgrade")


@pytest.mark.parametrize("groups", ["dvz-engineers", "staff", None])
def test_every_answer_has_each_header_once(proxy: Proxy, groups: str | None) -> None:
    headers = proxy.get(groups).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("x-frame-options") == ["DENY"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert headers.get_list("strict-transport-security") == ["max-age=31536000"]
    (policy,) = headers.get_list("content-security-policy")
    assert policy == POLICY_OF_THE_UI if groups else "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1", "localhost", f"x.{NAME}"])
def test_another_name_gets_no_answer(proxy: Proxy, host: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        proxy.get("dvz-engineers", Host=host)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{proxy.plain_port}/", headers={"Host": host})


def test_who_does_not_know_the_name_sees_no_certificate(proxy: Proxy) -> None:
    anything = ssl.create_default_context()
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    for name in ("elsewhere.example", None):
        with socket.create_connection(("127.0.0.1", proxy.port)) as connected, pytest.raises(ssl.SSLError):
            anything.wrap_socket(connected, server_hostname=name)
