"""The report as a reader sees it, in both languages: no error, no request, light and dark, axe, keyboard, print."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from tests.look.conftest import SCREENSHOTS, screenshot

SHOWN = "2018-05"  # a month with groups that are large enough to be shown
REPORT = f"{SHOWN}.html"


LANGUAGES = ("nl", "fr")
NARROW = 375


def opened(context: BrowserContext, home: Path, language: str) -> Page:
    """The report, in a language that was chosen as a reader does."""
    page = context.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    page.check(f"#in-{language}")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, NARROW])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_needs_nothing_else(browser: Browser, home: Path, scheme: str, width: int, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    said: list[str] = []
    requested: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: requested.append(request.url))
    page = opened(context, home, language)
    screenshot(page, f"report-{language}-{scheme}-{width}", full=True)
    assert said == []
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "the page itself does not scroll sideways"
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_seen_on_a_telephone(browser: Browser, home: Path, language: str) -> None:
    context = browser.new_context(viewport={"width": NARROW, "height": 900})
    page = opened(context, home, language)
    ends = page.eval_on_selector_all("td.number", "cells => cells.map(cell => cell.getBoundingClientRect().right)")
    shown = [end for end in ends if end > 0]  # those of the other language take no room
    assert len(shown) == len(ends) / len(LANGUAGES)
    assert max(shown) <= NARROW
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_language_is_shown_at_a_time(browser: Browser, home: Path, language: str) -> None:
    context = browser.new_context()
    page = opened(context, home, language)
    assert [each for each in LANGUAGES if page.locator(f"article[lang={each}]").is_visible()] == [language]
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_first_page(browser: Browser, home: Path, language: str) -> None:
    """The pictures of the README and of docs/accountability.md."""
    context = browser.new_context(viewport={"width": 900, "height": 1150})
    screenshot(opened(context, home, language), f"report-{language}")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_contrast_and_labels(browser: Browser, home: Path, scheme: str, language: str) -> None:
    # axe is a script of its own, which the page's own policy would refuse
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    found = Axe().run(opened(context, home, language))
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_the_keyboard_reaches_the_content_first_and_changes_the_language(browser: Browser, home: Path) -> None:
    page = browser.new_page()
    page.goto((home / "home" / "reports" / REPORT).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").strip() == "Naar de inhoud"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    page.focus("#in-nl")
    page.keyboard.press("ArrowRight")
    assert page.locator("article[lang=fr]").is_visible()
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints(browser: Browser, home: Path, language: str) -> None:
    context = browser.new_context()
    page = opened(context, home, language)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.emulate_media(media="print")
    printed = page.pdf(path=SCREENSHOTS / f"report-{language}.pdf", format="A4")
    assert printed.startswith(b"%PDF")
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", [("report", "--year", "2018"), ("record",), ("note",), ("what-if",)])
def test_other_pages_have_no_findings(
    browser: Browser, home: Path, tmp_path: Path, command: tuple[str, ...], language: str
) -> None:
    path = tmp_path / "page.html"
    if command[0] == "report":
        where = ("--home", str(home / "home"), "--landing", str(home / "landing"))
        path = Path(CliRunner().invoke(app, [*command, *where]).stdout.removeprefix("Written: ").strip())
    else:
        leaflet = ("--leaflet", "EU_CITIZEN") if command[0] == "what-if" else ()
        CliRunner().invoke(app, [*command, *leaflet, "--language", language, "--html", str(path)])
    context = browser.new_context(viewport={"width": NARROW, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    if command[0] == "report":
        page.check(f"#in-{language}")
    screenshot(page, f"{command[0]}-{language}-{NARROW}", full=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    context.close()
