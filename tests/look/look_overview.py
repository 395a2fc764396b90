"""The overview as a reader sees it: narrow, wide, light, dark, narrowed to what is chosen, in both languages, axe."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from dvz_assets.flow.context import Flow
from dvz_assets.report.overview import write_overview
from dvz_assets.report.pages import READERS
from dvz_assets.settings import Settings
from tests.look.conftest import screenshot

NARROW = 375


@pytest.fixture(scope="session")
def overview(home: Path) -> Path:
    return write_overview(Flow(Settings(landing=home / "landing", home=home / "home")))


def opened(context: BrowserContext, overview: Path, language: str) -> Page:
    page = context.new_page()
    page.goto(overview.as_uri())
    page.check(f"#in-{language}")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, NARROW])
def test_it_fits_and_needs_nothing_else(browser: Browser, overview: Path, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    said: list[str] = []
    requested: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("request", lambda request: requested.append(request.url))
    page = opened(context, overview, "fr" if scheme == "dark" else "nl")
    page.locator("article:visible details").first.evaluate("details => { details.open = true }")
    screenshot(page, f"overview-{scheme}-{width}", full=True)
    assert said == []
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "the page itself does not scroll sideways"
    context.close()


@pytest.mark.parametrize("group", ["region", "category"])
def test_it_shows_what_is_chosen_and_what_has_no_such_code(browser: Browser, overview: Path, group: str) -> None:
    context = browser.new_context()
    page = opened(context, overview, "nl")
    shown, of_group = page.locator("figure:visible"), page.locator(f"figure[data-{group}]:visible")
    others = shown.count() - of_group.count()
    choice = page.locator(f"article:visible .{group} input").nth(1)
    choice.check()
    code = choice.get_attribute("value")
    assert {each.get_attribute(f"data-{group}") for each in of_group.all()} == {code}
    assert shown.count() - of_group.count() == others > 0
    screenshot(page, f"overview-{group}", full=True)
    choice.uncheck()
    assert of_group.count() > 1
    context.close()


@pytest.mark.parametrize("language", READERS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_labels(browser: Browser, overview: Path, scheme: str, language: str) -> None:
    # axe is a script of its own, which the page's own policy would refuse
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    found = Axe().run(opened(context, overview, language))
    assert found.violations_count == 0, found.generate_report()
    context.close()
