"""Chromium, a home with the sample months of which the last but one has failed, and `dvz dev` on it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dvz_assets.flow.context import Flow
from dvz_assets.settings import Settings
from tests.integration.running import redeliver, run
from tests.privacy.proof import web_server

CHECKOUT = Path(__file__).parents[2]
SCREENSHOTS = CHECKOUT / "build" / "look"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FIRST, FAILED, NEXT = "2017-07", "2019-05", "2019-06"  # NEXT is delivered and not run


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample months but one; then the last is delivered again with too many broken rows: its check fails."""
    os.umask(0o077)
    folder = tmp_path_factory.mktemp("look")
    landing = folder / "landing"
    shutil.copytree(CHECKOUT / "data-sample" / "landing", landing)
    flow = Flow(Settings(landing=landing, home=folder / "home"))
    assert run(flow, FIRST, FAILED) is None
    good = {path.name: path.read_bytes() for path in (landing / "novaprima" / FAILED).iterdir()}
    redeliver(landing / "novaprima" / FAILED, "statement.csv", break_signs)
    failure = run(flow, FAILED)
    assert failure is not None
    assert "share_of_rejected_rows" in failure.message
    # delivered rightly once more: a higher sequence with the first content
    for name, content in good.items():
        (landing / "novaprima" / FAILED / name).write_bytes(content)
    redeliver(landing / "novaprima" / FAILED, "statement.csv", lambda lines: lines)
    redeliver(landing / "novaprima" / FAILED, "statement.csv", lambda lines: lines)
    return folder


def break_signs(lines: list[str]) -> list[str]:
    """Every grant without a sign that can be read."""
    return [line.replace(";+;", ";?;") for line in lines]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        # names of other machines lead to this one: that is what DNS rebinding comes to
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, ui: web_server) -> Iterator[Page]:
    """A page that has entered the UI; no rule of its content policy is in the way of what the UI does."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(ui.entrance)
    yield opened
    context.close()
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.fixture(scope="session")
def ui(home: Path) -> Iterator[web_server]:
    """The UI on that home."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DVZ_", "DAGSTER_"))},
        "DVZ_HOME": str(home / "home"),
        "DVZ_LANDING": str(home / "landing"),
        "TMPDIR": str(home),
    }
    with web_server(environment, home / "log") as started:
        yield started


@pytest.fixture
def server(ui: web_server) -> str:
    """Its address."""
    return ui.address


def screenshot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep what the page looks like."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full)
