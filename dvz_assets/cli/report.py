"""``dvz report``: the report of a month or a year, or the overview of all months."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, LandingOption, Language, command, month_in_range, output
from dvz_assets.errors import DvzError


def report(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Month to report on.")] = None,
    all_months: Annotated[bool, typer.Option("--all", help="The overview of all published months instead.")] = False,
    year: Annotated[
        int | None,
        typer.Option(metavar="YYYY", min=2014, max=2099, help="The yearly report for the Committee instead."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With --year: draws the doubts to be reviewed (default: the year).")
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--language", help="One language alone (default: nl and fr, with a switch).")
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Write the report of a month or a year, or of all months: one HTML file without personal data, and name it."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.report.overview import write_overview
    from dvz_assets.report.page import write_report
    from dvz_assets.report.pages import READERS
    from dvz_assets.report.year import write_year
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        flow, languages = Flow(settings), (language.value,) if language else READERS
        if [month is not None, all_months, year is not None].count(True) != 1:
            raise DvzError(
                "INVALID_ARGUMENT",
                place="--month, --year, --all",
                expected="one of these",
                found="none, or several",
                remedy="such as dvz report --month 2018-05",
            )
        if month is not None:
            path = write_report(flow, month_in_range(settings, month), languages=languages)
        elif year is not None:
            path = write_year(flow, year, seed, languages)
        else:
            path = write_overview(flow, languages)
        output.print(f"Written: {path}", markup=False, soft_wrap=True)
