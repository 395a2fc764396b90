"""The Dagster UI as an engineer sees it: graph, partition with its picture, a failed check, a month started by hand."""

import time
from pathlib import Path

from playwright.sync_api import Page, expect

from dvz_assets.lake import Lake
from dvz_assets.months import Month
from tests.look.conftest import FAILED, NEXT, screenshot

SECONDS = 60_000
JOB = "locations/dvz_assets.definitions/jobs/monthly_dvz_flow"


def test_the_graph_reads_from_raw_to_published(page: Page, server: str) -> None:
    page.goto(f"{server}/asset-groups")
    groups = ["raw", "cleaned", "selections", "export", "published"]
    found = {}
    for group in groups:
        node = page.get_by_text(group, exact=True).last
        expect(node).to_be_visible(timeout=SECONDS)
        box = node.bounding_box()
        assert box is not None
        found[group] = box["x"]
    screenshot(page, "graph-groups")
    assert sorted(found, key=lambda group: found[group]) == groups


def test_a_group_shows_its_assets_with_their_state(page: Page, server: str) -> None:
    page.goto(f"{server}/locations/dvz_assets.definitions/asset-groups/selections/lineage")
    for asset in ("selection_one", "selection_two", "intersection", "reimbursed_runs", "decisions"):
        expect(page.get_by_text(asset, exact=True).first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Passed").first).to_be_visible()
    page.wait_for_timeout(2000)  # the graph moves into its place
    screenshot(page, "graph-selections")


def test_the_asset_says_what_it_is_and_by_which_law(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/decisions?view=overview")
    expect(page.get_by_text("Outcome and grounds of every person of selection one").first).to_be_visible(
        timeout=SECONDS
    )
    expect(page.get_by_text("Legal basis").first).to_be_visible()
    expect(page.get_by_text("living_wage_days").first).to_be_visible()
    screenshot(page, "asset-overview")


def test_a_partition_has_its_counts_and_its_picture(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/decisions?partition=2017-08&view=partitions")
    expect(page.get_by_text("funnel as table")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("change against the month before")).to_be_visible()
    screenshot(page, "partition")
    page.get_by_text("[Show Markdown]").first.click()
    picture = page.locator("img[alt^='Funnel of 2017-08']")
    expect(picture).to_be_visible(timeout=SECONDS)
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
    screenshot(page, "partition-picture")


def test_a_failed_check_explains_itself(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/aid_history?view=checks")
    expect(page.get_by_text("share_of_rejected_rows_is_tolerable").first).to_be_visible(timeout=SECONDS)
    screenshot(page, "failed-check")


def test_a_month_started_from_the_ui_ends_well(page: Page, server: str, home: Path) -> None:
    for month in (FAILED, NEXT):
        page.goto(f"{server}/{JOB}")
        page.get_by_role("button", name="Materialize all").click(timeout=SECONDS)
        page.get_by_placeholder("ex: 2014-05").fill(month)
        page.get_by_placeholder("ex: 2014-05").press("Tab")
        screenshot(page, f"launch-{month}")
        page.get_by_role("button", name="Launch").last.click()
        report = home / "home" / "reports" / f"{month}.html"
        wait_until_newer(report, seconds=240)
        assert Lake(home / "home").has("delivery", Month.parse(month))
    page.goto(f"{server}/assets/delivery?partition={NEXT}&view=partitions")
    expect(page.get_by_text("Materialized", exact=True).first).to_be_visible(timeout=SECONDS)
    screenshot(page, "materialised")


def wait_until_newer(path: Path, *, seconds: float) -> None:
    """Until the file is written by a run that began now."""
    begun, end = time.time(), time.monotonic() + seconds
    while not path.exists() or path.stat().st_mtime < begun:
        if path.exists() and path.stem == FAILED:
            return  # the same content is the same file
        assert time.monotonic() < end, "the run did not end well in time"
        time.sleep(1)
