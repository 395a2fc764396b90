"""The report as a reader sees it: no error, no request, light and dark, contrast and labels (axe), print."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.look.conftest import SCREENSHOTS, screenshot

SHOWN = "2018-05"  # a month with groups that are large enough to be shown
REPORT = f"{SHOWN}.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_needs_nothing_else(browser: Browser, home: Path, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    requested: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    screenshot(page, f"report-{scheme}-{width}", full=True)
    assert said == []
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "the page itself does not scroll sideways"
    context.close()


def test_its_first_page(browser: Browser, home: Path) -> None:
    """The picture of the README."""
    context = browser.new_context(viewport={"width": 1000, "height": 1270}, device_scale_factor=2)
    page = context.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    screenshot(page, "report")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_labels(browser: Browser, home: Path, scheme: str) -> None:
    # axe is a script of its own, which the page's own policy would refuse
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, home: Path) -> None:
    page = browser.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    page.close()


def test_it_prints(browser: Browser, home: Path) -> None:
    page = browser.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.emulate_media(media="print")
    printed = page.pdf(path=SCREENSHOTS / "report.pdf", format="A4")
    assert printed.startswith(b"%PDF")
    page.close()
