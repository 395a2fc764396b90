"""A month from PREPARED to ACKNOWLEDGED, as the desk sees it: the command line takes a step, the UI shows it.

The sensors of the running daemon transmit and take in the answer. The pictures in ``docs/operations.md`` are made here.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import written_deliveries
from dvz_assets.months import Month
from dvz_assets.settings import Approver, Settings
from tests.integration.running import run
from tests.look.conftest import CHECKOUT, FIRST, SCREENSHOTS, screenshot
from tests.outbound.prepared import answer, key_pair
from tests.privacy.proof import web_server

SECONDS = 60_000
APPROVERS = ("desk", "legal")
STEP_SECONDS = 120_000
START = """mutation($name: String!) { startSensor(sensorSelector: {
  repositoryName: "__repository__", repositoryLocationName: "dvz_assets.definitions", sensorName: $name
}) { __typename } }"""
PAGE_OF_TERMINAL = """<body style="margin:0;background:#fff"><pre style="font:14px monospace;padding:16px;margin:0;
display:inline-block">{text}</pre></body>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One month of the sample, which has run: it is historical and waits for two approvals."""
    os.umask(0o077)
    folder = tmp_path_factory.mktemp("delivery")
    for source in ("novaprima", "register"):
        shutil.copytree(CHECKOUT / "data-sample" / "landing" / source / FIRST, folder / "landing" / source / FIRST)
    for name in APPROVERS:
        key_pair(folder, name)
    approvers = ", ".join(f'{{function = "{name}", key = "{folder / name}.pem"}}' for name in APPROVERS)
    (folder / "dvz.toml").write_text(
        f'home = "{folder}/home"\nlanding = "{folder}/landing"\noutbox = "{folder}/outbox"\n'
        f"approvals_required = 2\napprovers = [{approvers}]\n"
    )
    settings = Settings(
        landing=folder / "landing",
        home=folder / "home",
        approvals_required=2,
        approvers=tuple(Approver(function=name, key=f"{folder / name}.pem") for name in APPROVERS),
    )
    assert run(Flow(settings), FIRST) is None
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DVZ_", "DAGSTER_"))}
    return {**own, "TMPDIR": str(folder), "COLUMNS": "120"}


@pytest.fixture(scope="module")
def running(folder: Path, environment: dict[str, str]) -> Iterator[web_server]:
    with web_server(environment, folder / "log") as started:
        yield started


def test_a_month_goes_from_prepared_to_acknowledged(
    browser: Browser, running: web_server, folder: Path, environment: dict[str, str]
) -> None:
    page = browser.new_context(viewport={"width": 1600, "height": 800}).new_page()
    page.goto(running.entrance)
    said: list[str] = []

    def dvz(*arguments: str) -> None:
        command = [str(Path(sys.executable).with_name("dvz")), *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
        shown = " ".join(arguments).replace(f"{folder}/", "")
        said.append(f"$ dvz {shown}\n{done.stdout}")

    def expect_state(state: str) -> None:
        page.goto(f"{running.address}/assets/delivery?partition={FIRST}&view=partitions")
        shown = page.get_by_text(state, exact=True).first
        for _ in range(STEP_SECONDS // 5000):
            page.wait_for_timeout(5000)
            if shown.is_visible():
                break
            page.reload()
        expect(shown).to_be_visible(timeout=SECONDS)
        screenshot(page, f"delivery-{state.lower()}")

    expect_state("PREPARED")
    dvz("delivery", "show", "--month", FIRST)
    dvz("delivery", "release", "--month", FIRST, "--key", str(folder / "desk.key"))
    dvz("delivery", "release", "--month", FIRST, "--key", str(folder / "legal.key"))
    dvz("delivery", "list")
    running(START, name="transmission_sensor")
    expect_state("TRANSMITTED")
    answer(folder / "landing", written_deliveries(Flow(Settings(home=folder / "home")).storage, Month.parse(FIRST))[-1])
    running(START, name="acknowledgements_sensor")
    expect_state("ACKNOWLEDGED")
    dvz("delivery", "list")
    page.set_content(PAGE_OF_TERMINAL.format(text="\n".join(said)))
    page.locator("pre").screenshot(path=SCREENSHOTS / "delivery-commands.png")
