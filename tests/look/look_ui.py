"""The Dagster UI as an engineer sees it: graph, partition with its picture, a failed check, a month started by hand."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dvz_assets.flow.assets import ASSETS, PUBLISHED
from dvz_assets.flow.checks import check_name
from dvz_assets.home.folder import Folder
from dvz_assets.home.lake import Lake
from dvz_assets.months import Month
from tests.look.conftest import FAILED, NEXT, SCREENSHOTS, screenshot
from tests.privacy.proof import web_server

SECONDS = 60_000
RUN_SECONDS = 240_000
LOCATION = "locations/dvz_assets.definitions"
LAYERS = ["raw", "cleaned", "selections", "export", "published"]
SHOWN = "2018-05"


def test_the_graph_reads_from_raw_to_published(page: Page, server: str) -> None:
    page.goto(f"{server}/asset-groups")
    found = {group: _box(page.get_by_text(group, exact=True).last)["x"] for group in LAYERS}
    screenshot(page, "graph-groups")
    assert sorted(found, key=lambda group: found[group]) == LAYERS


def test_a_group_shows_its_assets_with_their_state(page: Page, server: str) -> None:
    page.goto(f"{server}/{LOCATION}/asset-groups/selections/lineage")
    for asset in ("selection_one", "selection_two", "intersection", "reimbursed_runs", "decisions"):
        expect(page.get_by_text(asset, exact=True).first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Passed").first).to_be_visible()
    page.wait_for_timeout(2000)  # the graph moves into its place
    screenshot(page, "graph-selections")


def test_the_asset_says_what_it_is_by_which_law_and_where_to_read_on(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/decisions?view=overview")
    meaning = page.get_by_text("Outcome and grounds of every person of selection one").first
    expect(meaning).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Legal basis").first).to_be_visible()
    expect(page.get_by_text("living_wage_days").first).to_be_visible()
    expect(page.get_by_text("Made of selection_two (category)").first).to_be_visible()
    for file in ("sql/decisions.sql", "reference/category_rules.csv", "docs/rules.md"):
        expect(page.locator(f"a[href*='{file}']").first).to_be_visible()
    screenshot(page, "asset-overview")


def test_counts_are_plotted_over_the_partitions(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/dvz_export?view=overview")
    page.get_by_text("Plots", exact=True).first.click(timeout=SECONDS)
    plot = page.locator("canvas").first
    expect(plot).to_be_visible(timeout=SECONDS)
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the lines are drawn from left to right
    screenshot(page, "asset-plots")


def test_a_partition_has_its_counts_and_its_picture(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/decisions?partition={SHOWN}&view=partitions")
    expect(page.get_by_text("funnel as table")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("change against the month before")).to_be_visible()
    screenshot(page, "partition")
    page.get_by_text("[Show Markdown]").first.click()
    picture = page.locator(f"img[alt^='Funnel of {SHOWN}']")
    expect(picture).to_be_visible(timeout=SECONDS)
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
    page.wait_for_timeout(1000)  # the dialog fades in
    screenshot(page, "partition-picture")


def test_the_report_is_a_click_away(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/monthly_report?partition={SHOWN}&view=partitions")
    with page.expect_popup(timeout=SECONDS) as opened:
        page.get_by_role("link", name=f"reports/{SHOWN}.html").click(timeout=SECONDS)
    report = opened.value
    expect(report.locator("h1").first).to_be_visible(timeout=SECONDS)
    assert report.locator("svg").count() > 0
    screenshot(report, "report-from-ui")


@pytest.mark.parametrize(
    ("asset", "told"), [("novaprima_statement", "statement.csv"), ("aid_history", "rejected invalid_sign")]
)
def test_a_partition_names_its_file_and_what_was_rejected(page: Page, server: str, asset: str, told: str) -> None:
    page.goto(f"{server}/assets/{asset}?partition={SHOWN}&view=partitions")
    expect(page.get_by_text(told).first).to_be_visible(timeout=SECONDS)
    screenshot(page, f"partition-{asset}")


def test_a_failed_check_explains_itself(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/aid_history?view=checks")
    name = page.get_by_text(check_name("aid_history")).locator("visible=true").first
    expect(name).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("share_of_rejected_rows_is_tolerable: failed").first).to_be_visible()
    expect(page.get_by_text("candidate: rejected", exact=True).first).to_be_visible()
    screenshot(page, "failed-check")


def test_sensors_and_schedules_say_what_they_do(page: Page, server: str) -> None:
    page.goto(f"{server}/automation")
    row = page.get_by_text("deliveries_sensor", exact=True)
    expect(row).to_be_visible(timeout=SECONDS)
    row.locator("xpath=following::*[@aria-label='info'][1]").hover()
    expect(page.get_by_text("Starts the flow for a month whose two vouchers are there").first).to_be_visible()
    screenshot(page, "automation")


def test_the_page_of_a_run_is_kept_up_to_date_over_a_web_socket(page: Page, server: str) -> None:
    received: list[str | bytes] = []
    page.on("websocket", lambda opened: opened.on("framereceived", lambda frame: received.append(frame)))
    page.goto(f"{server}/runs")
    page.locator("a[href^='/runs/']").first.click(timeout=SECONDS)
    expect(page.get_by_text("RUN_SUCCESS").or_(page.get_by_text("RUN_FAILURE")).first).to_be_visible(timeout=SECONDS)
    assert [frame for frame in received if '"data"' in str(frame)]


def test_months_started_from_the_ui_end_well(page: Page, server: str, home: Path) -> None:
    for month in (FAILED, NEXT):
        page.goto(f"{server}/{LOCATION}/jobs/monthly_dvz_flow")
        page.get_by_role("button", name="Materialize all").click(timeout=SECONDS)
        page.get_by_placeholder("ex: 2014-05").fill(month)
        page.get_by_placeholder("ex: 2014-05").press("Tab")
        page.wait_for_timeout(1000)  # the dialog fades in
        screenshot(page, f"launch-{month}")
        page.get_by_role("button", name="Launch 1 run").click()
        expect(page.get_by_text("Launched run").first).to_be_visible(timeout=SECONDS)
        page.goto(f"{server}/runs")
        row = page.locator("tr, [data-index]").filter(has_text=f"partition: {month}").first
        expect(row).to_contain_text("Success", timeout=RUN_SECONDS)
        expect(row).to_contain_text("dvz/regime: DELIB_18_055", timeout=SECONDS)
        assert Lake(Folder(home / "home", home / "home")).has("delivery", Month.parse(month))
    screenshot(page, "runs")
    page.goto(f"{server}/assets/delivery?partition={NEXT}&view=partitions")
    expect(page.get_by_text("Materialized", exact=True).first).to_be_visible(timeout=SECONDS)
    screenshot(page, "materialised")


def test_the_whole_graph_is_well_afterwards(browser: Browser, ui: web_server) -> None:
    """Every asset on one picture: the one of the README."""
    context = browser.new_context(viewport={"width": 1300, "height": 1150}, device_scale_factor=2)
    page = context.new_page()
    page.add_init_script("localStorage.setItem('asset-graph-direction', '\"vertical\"')")
    page.goto(ui.entrance)
    page.goto(f"{ui.address}/asset-groups")
    expect(page.get_by_text("published", exact=True).last).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Alt+e")  # all groups open, and kept open
    expect(page.get_by_text("monthly_report", exact=True).first).to_be_visible(timeout=SECONDS)
    page.reload()  # fits the graph into the window
    page.wait_for_timeout(6000)
    # long names are shortened
    shown = [name for name in (*ASSETS, *PUBLISHED) if page.get_by_text(name, exact=True).count()]
    boxes = [_box(page.get_by_text(text, exact=True).last) for text in (*LAYERS, "control", *shown)]
    left, top = min(box["x"] for box in boxes) - 10, min(box["y"] for box in boxes) - 20
    right, bottom = (max(box[at] + box[size] for box in boxes) + 50 for at, size in (("x", "width"), ("y", "height")))
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    page.screenshot(path=SCREENSHOTS / "graph.png", clip=clip)  # type: ignore[arg-type]
    assert page.get_by_text("Failed").count() == 0
    context.close()


def _box(locator: Locator) -> dict[str, float]:
    expect(locator).to_be_visible(timeout=SECONDS)
    box = locator.bounding_box()
    assert box is not None
    return dict(box)  # type: ignore[arg-type]
