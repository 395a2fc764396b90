"""Attacks from pages of other origins on Dagster's real web server, with the headers that browsers really send.

Each attack would delete a run; that it does so without the guard is part of the tests.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_graphql.schema import create_schema
from dagster_webserver.app import create_app_from_workspace_process_context
from graphql import GraphQLObjectType
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dvz_assets.orchestration.web_guard import Admission
from dvz_assets.orchestration.web_server import guarded_app

ADDRESS = "http://127.0.0.1:3000"
SECRET = "c2VjcmV0IG9mIHRoaXMgdGVzdA"
JSON = "application/json"
HOST = {"Host": "127.0.0.1:3000"}
FOREIGN = "http://elsewhere.example"
AT_HOME = Admission(frozenset({ADDRESS}))

# what Chromium 156 sends; Firefox 145 differs in no header that is looked at, but for the web socket, where it sends
# Sec-Fetch-Site too. Elsewhere is a page of another origin, a neighbour a page of another port of the same machine.
ADDRESS_BAR = {
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
}
LINK_ELSEWHERE = {**ADDRESS_BAR, "Sec-Fetch-Site": "cross-site", "Referer": f"{FOREIGN}/"}
FRAME_ELSEWHERE = {**LINK_ELSEWHERE, "Sec-Fetch-Dest": "iframe"}
IMAGE_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
IMAGE_NEIGHBOUR = {**IMAGE_ELSEWHERE, "Sec-Fetch-Site": "same-site"}
SCRIPT_ELSEWHERE = {**IMAGE_ELSEWHERE, "Sec-Fetch-Dest": "script"}
OWN_FETCH = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
OWN_SCRIPT = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
OWN_WITHOUT_METADATA = {"Origin": ADDRESS}  # Safari before 16.4
FETCH_ELSEWHERE = {**OWN_FETCH, "Origin": FOREIGN, "Sec-Fetch-Site": "cross-site"}
FETCH_NEIGHBOUR = {**OWN_FETCH, "Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"}
NO_CORS_ELSEWHERE = {**FETCH_ELSEWHERE, "Sec-Fetch-Mode": "no-cors"}
NO_CORS_WITHOUT_ORIGIN = {**NO_CORS_ELSEWHERE, "Origin": "null"}
FORM_ELSEWHERE = {**LINK_ELSEWHERE, "Origin": FOREIGN}
FORM_SANDBOXED = {**LINK_ELSEWHERE, "Origin": "null"}
FETCH_OLD_BROWSER = {"Origin": FOREIGN}
PROGRAM = {"User-Agent": "curl/8.5.0", "Accept": "*/*"}
SOCKET_OWN = {"Origin": ADDRESS, "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
SOCKET_ELSEWHERE = {**SOCKET_OWN, "Origin": FOREIGN}
# the name of the attacker's server, which has meanwhile become an address of this machine
REBOUND = {"Host": "elsewhere.example:3000"}
REBOUND_FETCH = {**OWN_FETCH, "Origin": "http://elsewhere.example:3000", **REBOUND}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance with a run that an attacker would like to see gone."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("instance"))) as opened:
        nothing.execute_in_process(instance=opened)
        yield opened


@dg.job
def nothing() -> None: ...


@pytest.fixture(scope="module")
def run_id(instance: dg.DagsterInstance) -> str:
    return instance.get_runs()[0].run_id


@pytest.fixture(scope="module")
def client(instance: dg.DagsterInstance) -> Iterator[TestClient]:
    with ui(instance) as opened:
        yield opened


@pytest.fixture(scope="module")
def read_only(instance: dg.DagsterInstance) -> Iterator[TestClient]:
    with ui(instance, read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def with_token(instance: dg.DagsterInstance) -> Iterator[TestClient]:
    with ui(instance, Admission(frozenset({ADDRESS}), SECRET, "dvz-3000")) as opened:
        yield opened


@pytest.fixture
def another_run(instance: dg.DagsterInstance) -> str:
    """One that may go."""
    return nothing.execute_in_process(instance=instance).run_id


@contextmanager
def ui(
    instance: dg.DagsterInstance, admission: Admission = AT_HOME, *, read_only: bool = False
) -> Iterator[TestClient]:
    with guarded_app(instance, None, admission, read_only=read_only) as app:
        opened = TestClient(app, headers=HOST, follow_redirects=False)
        opened.base_url = opened.base_url.copy_with(host="127.0.0.1", port=3000)
        yield opened


def deletion(run_id: str) -> str:
    return 'mutation { deletePipelineRun(runId: "%s") { __typename } }' % run_id  # noqa: UP031


def post(client: TestClient, query: str, headers: Mapping[str, str], content_type: str = JSON) -> int:
    content = json.dumps({"query": query})
    answer = client.post("/graphql", content=content, headers={"Content-Type": content_type, **headers})
    return int(answer.status_code)


def by_address(query: str) -> str:
    return f"/graphql?query={quote(query)}"


def test_a_report_is_shown_to_who_may_enter_and_can_ask_nothing(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """And nothing else of the home is."""
    reports = tmp_path / "home" / "reports"
    reports.mkdir(parents=True)
    (reports / "2018-05.html").write_text("<p>a report</p>")
    (reports.parent / "secret.html").write_text("a secret")
    (reports / "loop.html").symlink_to("loop.html")
    admission = Admission(frozenset({ADDRESS}), SECRET, "dvz-3000")
    with guarded_app(instance, None, admission, reports=reports) as app:
        cookie = {"Cookie": f"dvz-3000={SECRET}", **HOST}
        client = TestClient(app, headers=cookie, follow_redirects=False)
        shown = client.get("/reports/2018-05.html", headers=ADDRESS_BAR)
        assert (shown.status_code, shown.text) == (200, "<p>a report</p>")
        policy = shown.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox allow-scripts allow-modals"} <= set(policy)
        assert client.get("/reports/2018-05.html", headers=IMAGE_ELSEWHERE).status_code == 403
        for name in (
            "../secret.html",
            "..%2Fsecret.html",
            "%2e%2e/secret.html",
            "2018-06.html",
            "loop.html",
            "2018-05",
        ):
            told = client.get(f"/reports/{name}", headers=ADDRESS_BAR)
            assert "secret" not in told.text
            assert told.status_code == 404 or "<!DOCTYPE html>" in told.text  # which is the page of the UI
        unknown = TestClient(app, headers=HOST).get("/reports/2018-05.html", headers=ADDRESS_BAR)
        assert (unknown.status_code, "a report" in unknown.text) == (401, False)


def test_without_the_guard_an_image_of_any_page_deletes_a_run(instance: dg.DagsterInstance, another_run: str) -> None:
    """What the tests below protect from: when this one fails, Dagster has closed it and the guard may go."""
    with WorkspaceProcessContext(instance, None) as context:
        unguarded = TestClient(create_app_from_workspace_process_context(context), headers=REBOUND)
        unguarded.get(by_address(deletion(another_run)), headers=IMAGE_ELSEWHERE)
    assert not instance.has_run(another_run)


@pytest.mark.parametrize(
    "headers",
    [
        *(ADDRESS_BAR, LINK_ELSEWHERE, FRAME_ELSEWHERE, IMAGE_ELSEWHERE, IMAGE_NEIGHBOUR, SCRIPT_ELSEWHERE),
        *(FETCH_ELSEWHERE, NO_CORS_ELSEWHERE, OWN_FETCH, OWN_SCRIPT, PROGRAM, REBOUND_FETCH),
        {**IMAGE_ELSEWHERE, "Accept": "text/html"},
    ],
)
def test_nothing_is_asked_by_get(
    instance: dg.DagsterInstance, client: TestClient, run_id: str, headers: dict[str, str]
) -> None:
    for path in (by_address(deletion(run_id)), "/graphql/" + by_address(deletion(run_id)).partition("graphql")[2]):
        assert client.get(path, headers=headers).status_code in (403, 405, 421)
        assert client.head(path, headers=headers).status_code in (403, 405, 421)
    assert instance.has_run(run_id)


@pytest.mark.parametrize(
    ("headers", "content_type", "status"),
    [
        (FETCH_ELSEWHERE, JSON, 403),
        (FETCH_NEIGHBOUR, JSON, 403),
        (NO_CORS_ELSEWHERE, "text/plain;charset=UTF-8", 403),
        (NO_CORS_WITHOUT_ORIGIN, "text/plain", 403),
        (FORM_ELSEWHERE, "application/x-www-form-urlencoded", 403),
        (FORM_SANDBOXED, "text/plain", 403),
        (FETCH_OLD_BROWSER, JSON, 403),
        (PROGRAM, JSON, 403),
        ({**OWN_FETCH, "Sec-Fetch-Site": "cross-site"}, JSON, 403),
        ({**OWN_FETCH, "Sec-Fetch-Site": "none"}, JSON, 403),
        ({**OWN_FETCH, "Origin": "https://127.0.0.1:3000"}, JSON, 403),
        ({**OWN_FETCH, "Origin": "http://127.0.0.1"}, JSON, 403),
        (REBOUND_FETCH, JSON, 421),
        ({**OWN_FETCH, **REBOUND}, JSON, 421),
        ({**OWN_FETCH, "Host": "127.0.0.1"}, JSON, 421),
        # types that need no preflight; Dagster takes the second for JSON
        (OWN_FETCH, "text/plain", 415),
        (OWN_FETCH, "text/plain; application/json", 415),
        (OWN_FETCH, "application/graphql", 415),
        (OWN_FETCH, "multipart/form-data; boundary=x", 415),
        (OWN_FETCH, "", 415),
    ],
)
def test_a_post_comes_from_the_ui_itself(
    instance: dg.DagsterInstance,
    client: TestClient,
    run_id: str,
    headers: dict[str, str],
    content_type: str,
    status: int,
) -> None:
    assert post(client, deletion(run_id), headers, content_type) == status
    with_query = client.post(by_address(deletion(run_id)), headers={**headers, "Content-Type": content_type})
    assert with_query.status_code == status
    assert instance.has_run(run_id)


@pytest.mark.parametrize("name", ["Host", "Origin", "Sec-Fetch-Site", "Content-Type"])
def test_a_header_that_is_there_twice_counts_as_wrong(
    instance: dg.DagsterInstance, client: TestClient, run_id: str, name: str
) -> None:
    once = {**HOST, "Content-Type": JSON, **OWN_FETCH}
    twice = [*once.items(), (name, once[name])]
    answer = client.post("/graphql", content=json.dumps({"query": deletion(run_id)}), headers=twice)
    assert answer.status_code >= 400
    assert instance.has_run(run_id)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_other_method_is_answered(client: TestClient, method: str) -> None:
    for path in ("/graphql", "/runs"):
        answer = client.request(method, path, headers=OWN_FETCH)
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_nothing_but_graphql_is_posted_to(instance: dg.DagsterInstance, client: TestClient) -> None:
    for path in ("report_asset_materialization", "report_asset_check", "report_asset_observation"):
        assert client.post(f"/{path}/decisions", json={}, headers=OWN_FETCH).status_code == 405
    assert instance.get_latest_materialization_event(dg.AssetKey("decisions")) is None


@pytest.mark.parametrize("headers", [OWN_FETCH, OWN_WITHOUT_METADATA])
def test_the_ui_is_served(
    instance: dg.DagsterInstance, client: TestClient, another_run: str, headers: dict[str, str]
) -> None:
    assert post(client, "query { version }", headers) == 200
    assert post(client, "query { version }", headers, "application/json; charset=utf-8") == 200
    assert post(client, deletion(another_run), headers) == 200
    assert not instance.has_run(another_run)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (ADDRESS_BAR, 200),
        (LINK_ELSEWHERE, 200),  # a link in a mail or a wiki
        (OWN_SCRIPT, 200),
        (PROGRAM, 200),
        (FRAME_ELSEWHERE, 403),
        (IMAGE_ELSEWHERE, 403),
        (IMAGE_NEIGHBOUR, 403),
        (SCRIPT_ELSEWHERE, 403),
        (FETCH_ELSEWHERE, 403),
        (FETCH_OLD_BROWSER, 403),
        ({**ADDRESS_BAR, **REBOUND}, 421),
        ({**PROGRAM, **REBOUND}, 421),
        ({**PROGRAM, "Host": ""}, 421),
    ],
)
def test_who_may_read_a_page_or_file(client: TestClient, headers: dict[str, str], status: int) -> None:
    for path in ("/", "/runs", "/favicon.svg", "/server_info"):
        assert client.get(path, headers=headers).status_code == status


def test_no_notebook_is_read_from_the_disk(client: TestClient) -> None:
    for path in ("/notebook", "/dagit/notebook"):
        assert client.get(f"{path}?path=/etc/x.ipynb&repoLocName=x", headers=ADDRESS_BAR).status_code == 404


@pytest.mark.parametrize(
    ("headers", "opened"),
    [
        (SOCKET_OWN, True),
        ({**SOCKET_OWN, "Sec-Fetch-Site": "same-origin"}, True),
        (SOCKET_ELSEWHERE, False),
        ({**SOCKET_OWN, "Sec-Fetch-Site": "cross-site"}, False),
        ({**SOCKET_OWN, "Origin": "null"}, False),
        (PROGRAM, False),
        ({**SOCKET_OWN, **REBOUND}, False),
    ],
)
def test_who_may_open_a_web_socket(client: TestClient, headers: dict[str, str], opened: bool) -> None:
    if not opened:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/graphql", ["graphql-ws"], headers=headers):
            pass
        return
    with client.websocket_connect("/graphql", ["graphql-ws"], headers=headers) as connected:
        connected.send_json({"type": "connection_init"})
        assert connected.receive_json() == {"type": "connection_ack"}


@pytest.mark.parametrize("server", ["client", "read_only"])
def test_a_web_socket_executes_no_mutation(
    instance: dg.DagsterInstance, run_id: str, server: str, request: pytest.FixtureRequest
) -> None:
    asked: TestClient = request.getfixturevalue(server)
    with asked.websocket_connect("/graphql", ["graphql-ws"], headers=SOCKET_OWN) as connected:
        connected.send_json({"type": "start", "id": "1", "payload": {"query": deletion(run_id)}})
        assert connected.receive_json()["type"] == "error"
    assert instance.has_run(run_id)


def mutations() -> list[str]:
    found = create_schema().graphql_schema.mutation_type
    assert isinstance(found, GraphQLObjectType)
    return sorted(found.fields)


def test_a_server_that_only_reads_knows_no_mutation(
    instance: dg.DagsterInstance, read_only: TestClient, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster's own read-only mode executes those that ask for no permission: ``setNuxSeen`` writes a file."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    names = mutations()
    assert "setNuxSeen" in names
    queries = [deletion(run_id), "query q { version } mutation m { setNuxSeen }"]
    queries += ["mutation { %s { __typename } }" % name for name in names]  # noqa: UP031
    for query in [*queries, "mutation { setNuxSeen }"]:
        assert post(read_only, query, OWN_FETCH) == 400, query
    assert list(tmp_path.iterdir()) == []
    assert instance.has_run(run_id)


def test_a_server_that_only_reads_answers_questions(read_only: TestClient, run_id: str) -> None:
    asked = {"query": "query { runsOrError { ... on Runs { results { runId } } } }"}
    answer = read_only.post("/graphql", json=asked, headers=OWN_FETCH)
    assert run_id in [each["runId"] for each in answer.json()["data"]["runsOrError"]["results"]]
    assert read_only.get("/runs", headers=ADDRESS_BAR).status_code == 200


class TestToken:
    """Where no proxy authenticates, an account of the same machine needs the token."""

    @pytest.fixture
    def client(self, with_token: TestClient) -> TestClient:
        with_token.cookies.clear()
        return with_token

    @pytest.mark.parametrize("path", ["/", "/runs", "/favicon.svg", "/server_info", "/?token=wrong", "/?token="])
    def test_nothing_is_served_without_it(self, client: TestClient, path: str) -> None:
        for headers in (
            ADDRESS_BAR,
            {**ADDRESS_BAR, "Cookie": "dvz-3000=wrong"},
            {**ADDRESS_BAR, "Cookie": "dvz-3000="},
            {**ADDRESS_BAR, "Cookie": b"dvz-3000=\xe9"},
        ):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers

    def test_it_moves_from_the_address_into_a_cookie(
        self, instance: dg.DagsterInstance, client: TestClient, run_id: str
    ) -> None:
        entered = client.get(f"/runs?token={SECRET}&q=a%26b", headers=ADDRESS_BAR)
        assert (entered.status_code, entered.headers["location"]) == (303, "/runs?q=a%26b")
        cookie = entered.headers["set-cookie"].lower()
        assert cookie.startswith("dvz-3000=")
        assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
        own = {"Cookie": f"dvz-3000={SECRET}"}
        assert client.get("/runs", headers={**ADDRESS_BAR, **own}).status_code == 200
        assert post(client, "query { version }", {**OWN_FETCH, **own}) == 200
        assert post(client, deletion(run_id), {**FETCH_ELSEWHERE, **own}) == 403
        assert instance.has_run(run_id)

    def test_a_post_or_web_socket_does_not_take_it_from_the_address(self, client: TestClient) -> None:
        asked = {"query": "query { version }"}
        assert client.post(f"/graphql?token={SECRET}", json=asked, headers=OWN_FETCH).status_code in (303, 401)
        path = f"/graphql?token={SECRET}"
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path, ["graphql-ws"], headers=SOCKET_OWN):
            pass

    def test_it_leads_to_no_other_server(self, client: TestClient) -> None:
        entered = client.get(f"{ADDRESS}//elsewhere.example/?token={SECRET}", headers=ADDRESS_BAR)
        assert entered.headers["location"] == "/elsewhere.example/"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", ADDRESS_BAR),
        ("GET", "/favicon.svg", ADDRESS_BAR),
        ("GET", "/nowhere.js", {**ADDRESS_BAR, **REBOUND}),
        ("POST", "/graphql", FETCH_ELSEWHERE),
        ("POST", "/graphql", {**OWN_FETCH, "Content-Type": JSON}),
    ],
)
def test_every_answer_has_the_headers(client: TestClient, method: str, path: str, headers: dict[str, str]) -> None:
    answer = client.request(method, path, headers=headers, content='{"query": "{ version }"}')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    policy = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert "http:" not in policy
    assert "'unsafe-eval'" not in policy
