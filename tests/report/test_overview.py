"""The overview shows every month that is published, in both languages, as the file of the analysts has it."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.orchestration.assets import OVERVIEW
from dvz_assets.orchestration.definitions import JOB_NAME, build_definitions
from dvz_assets.report.pages import READERS
from dvz_assets.words.measures import measured
from dvz_assets.words.texts import heading, number, say, speaking
from tests.conftest import LAST_MONTH
from tests.report.test_report import Page


def ask(flow: Flow, *arguments: str) -> str:
    where = ("--home", str(flow.settings.home), "--landing", str(flow.settings.landing))
    answer = CliRunner().invoke(app, ["report", *arguments, *where])
    return answer.stdout if answer.exit_code == 0 else answer.stderr


def test_it_shows_what_the_file_has_in_each_language_and_needs_nothing_else(ran_until: Callable[[str], Flow]) -> None:
    """Choosing is done by the style of the page: it has no script, and none may run."""
    made = ran_until(LAST_MONTH)
    path = Path(ask(made, "--all").removeprefix("Written: ").strip())
    text, written = path.read_text("utf-8"), path.stat().st_mtime_ns
    assert path == made.settings.home / "reports" / "overview.html"
    with duckdb.connect(str(made.settings.home / "published" / "analytics.duckdb"), read_only=True) as connection:
        query = "SELECT value, list(month ORDER BY month), list(persons ORDER BY month) FROM aided_persons "
        regions = connection.execute(f"{query} WHERE dimension = 'REGION' GROUP BY value").fetchall()
        cells = connection.execute("SELECT count(DISTINCT (dimension, value)) FROM aided_persons").fetchall()[0][0]
    assert text.count('<figure data-region="') == len(regions) * len(READERS) > 0
    for language in READERS:
        found = Page(text, language)
        assert found.headings.count(1) == 1
        assert found.tables == found.captions > cells
        assert all(address.startswith("#") for address in found.addresses)
        article = text.partition(f'<article lang="{language}"')[2].partition("</article>")[0]
        with speaking(language):
            for value, months, persons in regions:
                name = heading(measured("PERSONS_BY_REGION", value))
                panel = article.partition(f"<figcaption>{name}<")[2].partition("</figure>")[0]
                rows = [
                    f'<tr><th scope="row">{month:%Y-%m}</th><td class="number">{number(count)}</td></tr>'
                    for month, count in zip(months, persons, strict=True)
                ]
                assert "\n".join(rows) in panel
            assert say("Choose regions or categories to see only these, in all sections that have them.") in found.said
    assert "<script" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text
    ask(made, "--all")
    assert path.stat().st_mtime_ns == written, "the same file is not written twice"


def test_a_month_or_all_months_are_asked_for(flow: Flow) -> None:
    assert "INVALID_ARGUMENT" in ask(flow)
    assert "INVALID_ARGUMENT" in ask(flow, "--all", "--month", "2018-05")
    assert "NOT_PUBLISHED" in ask(flow, "--all")


def test_no_run_of_a_month_makes_it_and_the_ui_can(flow: Flow) -> None:
    definitions = build_definitions(flow)
    of_the_job = definitions.resolve_job_def(JOB_NAME).asset_layer.executable_asset_keys
    assert dg.AssetKey(OVERVIEW) not in of_the_job
    assert dg.AssetKey(OVERVIEW) in definitions.resolve_asset_graph().executable_asset_keys
