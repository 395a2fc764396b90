"""Whoever is in charge is told: once, again while it lasts, and when it is over; by real mail and a real webhook.

Protects that nothing is told twice or forgotten, that a channel that is down gets it later, that no run waits for one,
and that no message holds a person or a small count.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from aiosmtpd.controller import Controller
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster_shared.error import SerializableErrorInfo
from pydantic import SecretStr
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month
from dvz_assets.orchestration.dagster_private import failed_automation
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.orchestration.notifications import tell
from dvz_assets.settings import Channel, NewsKind, Settings, Severity
from tests.integration.running import redeliver, run
from tests.production.processes import free_port

SECOND, LAST = "2018-05", "2018-06"
IN_TIME = datetime(2018, 7, 10, 12, tzinfo=UTC)
LATE = datetime(2018, 7, 20, 12, tzinfo=UTC)


class Webhook:
    """A web server that takes JSON, until it is told to refuse it."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.is_down = False
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(503 if webhook.is_down else 200)
                self.end_headers()
                if not webhook.is_down:
                    webhook.received.append(json.loads(content))

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/dvz"

    def take(self) -> list[str]:
        """The texts since the last look, and forget them."""
        texts = [f"{each['title']}\n{each['message']}" for each in self.received]
        self.received.clear()
        return texts


class Mailbox:
    """What an SMTP server has taken."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.port = free_port()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        assert body is not None
        self.received.append(f"{mail['Subject']}\n{body.get_content()}")
        return "250 taken"

    @property
    def address(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=dvz@example.org&to=desk@example.org"


@contextmanager
def webhook_running() -> Iterator[Webhook]:
    webhook = Webhook()
    thread = threading.Thread(target=webhook.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield webhook
    webhook.server.shutdown()
    webhook.server.server_close()
    thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with webhook_running() as running:
        yield running


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


def tell_at(flow: Flow, now: datetime) -> tuple[int, int]:
    with open_instance(flow.settings.home) as instance:
        outcome = tell(flow, instance, now)
    return outcome.told, outcome.waiting


def test_a_failed_run_is_told_once_again_after_a_day_and_when_it_is_over(
    ran_until: Callable[[str], Flow], webhook: Webhook, mailbox: Mailbox
) -> None:
    before = ran_until(SECOND)
    channels = (
        Channel(address=SecretStr(mailbox.address), severity=Severity.ERROR),
        Channel(address=SecretStr(webhook.address)),
    )
    flow = Flow(Settings(landing=before.settings.landing, home=before.settings.home, notify=channels))
    folder = flow.settings.landing / "novaprima" / LAST
    good = (folder / "statement.csv").read_bytes()
    redeliver(folder, "statement.csv", lambda lines: ["another header", *lines[1:]])
    # a run never waits for a channel
    webhook.is_down = True
    assert run(flow, LAST) is not None
    told, waiting = tell_at(flow, IN_TIME)
    (mail,) = mailbox.received
    assert told == 1
    assert waiting > 0
    assert f"The run of {LAST} has failed" in mail
    assert "statement.csv" in mail
    assert "To do: " in mail
    # the webhook gets it when it is up again, with what is less bad; the mailbox not a second time
    webhook.is_down = False
    tell_at(flow, IN_TIME)
    (text,) = webhook.take()
    assert f"The run of {LAST} has failed" in text
    assert "2018-04/0001 waits for its release" in text
    assert tell_at(flow, IN_TIME + timedelta(hours=23)) == (0, 0)
    assert len(mailbox.received) == 1
    # while it lasts it comes again, and what is late comes on its day
    tell_at(flow, LATE)
    assert len(mailbox.received) == 2
    (text,) = webhook.take()
    assert f"{LAST} is delivered and not materialised; it was due by 2018-07-15 18:00" in text
    # over
    (folder / "statement.csv").write_bytes(good)
    redeliver(folder, "statement.csv", lambda lines: lines)
    assert run(flow, LAST) is None
    tell_at(flow, LATE)
    (text,) = webhook.take()
    assert f"Over: The run of {LAST} has failed" in text
    assert f"Over: {LAST} is delivered and not materialised" in text
    assert "Over:" in mailbox.received[-1]
    assert tell_at(flow, LATE) == (0, 0)
    # nothing is over because it cannot be looked at
    landing = flow.settings.landing
    landing.rename(landing.with_name("unmounted"))
    tell_at(Flow(flow.settings), LATE)
    assert webhook.take() == []
    landing.with_name("unmounted").rename(landing)
    # a ledger that was changed, and a receiver's refusal
    with (flow.settings.home / "ledger" / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write('{"sequence": 1}\n')
    tell_at(Flow(flow.settings), LATE)
    assert "The ledger is not what was written" in mailbox.received[-1]
    everything = "\n".join([*mailbox.received, *map(str, webhook.received), told_file(flow)])
    assert not re.search(r"\b\d{11}\b", everything)
    assert not re.search(r"\b[1-4] (rows?|persons?|lines?)\b", everything)
    assert "example.org" not in told_file(flow)


def told_file(flow: Flow) -> str:
    return (flow.settings.home / "told" / "told.json").read_text("utf-8")


def test_the_sensors_tell_without_the_command_line(ran_until: Callable[[str], Flow], webhook: Webhook) -> None:
    before = ran_until(LAST)
    flow = Flow(
        Settings(
            landing=before.settings.landing,
            home=before.settings.home,
            notify=(
                Channel(address=SecretStr(webhook.address), events=(NewsKind.RUN_FAILED, NewsKind.ANSWER_OVERDUE)),
            ),
        )
    )
    definitions = build_definitions(flow)
    for name in ("notifications_sensor", "run_failure_sensor"):
        assert definitions.resolve_sensor_def(name).default_status is dg.DefaultSensorStatus.RUNNING
    release = {"sequence": 1}
    for event in (Event.RELEASED, Event.TRANSMITTED):
        flow.ledger.append(event, month=Month.parse(LAST), details=release)
    with open_instance(flow.settings.home) as instance:
        job = definitions.resolve_job_def("retention")
        failed = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(failed)
        context = dg.build_sensor_context(instance=instance, repository_def=definitions.get_repository_def())
        data = definitions.resolve_sensor_def("notifications_sensor").evaluate_tick(context)
    assert data.skip_message == "1 told."
    (text,) = webhook.take()
    assert "The last run of the job retention has failed" in text


def test_a_sensor_whose_last_look_failed_is_known_until_it_looks_again(tmp_path: Path) -> None:
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("dvz"), "any")
    kind = InstigatorType.SENSOR
    state = InstigatorState(RemoteInstigatorOrigin(repository, "currency_sensor"), kind, InstigatorStatus.RUNNING)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_instigator_state(state)
        found = []
        for number, status in enumerate((TickStatus.SKIPPED, TickStatus.FAILURE, TickStatus.SKIPPED)):
            error = SerializableErrorInfo("", [], None) if status is TickStatus.FAILURE else None
            origin, selector = state.instigator_origin_id, state.selector_id
            at = 1.0 + number
            tick = TickData(origin, "currency_sensor", kind, status, at, error=error, selector_id=selector)
            instance.create_tick(tick)
            found.append(failed_automation(instance))
    assert found == [[], ["currency_sensor"], []]


def test_dvz_notify_tries_every_channel(webhook: Webhook, tmp_path: Path) -> None:
    (tmp_path / "dvz.toml").write_text(
        f'[[notify]]\naddress = "{webhook.address}"\n\n[[notify]]\naddress = "json://127.0.0.1:{free_port()}/gone"\n'
    )
    answer = CliRunner().invoke(app, ["notify", "--test", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == [
        {"channel": "json://...", "taken": True},
        {"channel": "json://...", "taken": False},
    ]
    assert webhook.take() == ["DVZ data flow: test\nThis is a test: dvz notify --test."]


@pytest.mark.parametrize("address", ["desk@example.org", "unheard-of://somewhere"])
def test_an_address_that_cannot_be_one_is_refused_without_quoting_it(address: str, tmp_path: Path) -> None:
    (tmp_path / "dvz.toml").write_text(f'[[notify]]\naddress = "{address}"\n')
    answer = CliRunner().invoke(app, ["notify", "--test"])
    assert answer.exit_code == 1
    assert "notify" in answer.stderr
    assert "somewhere" not in answer.stderr
    assert "desk" not in answer.stderr
