"""``dvz report``: the report of a month, or the overview of all of them."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, LandingOption, Language, command, month_in_range, output
from dvz_assets.errors import DvzError


def report(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Month to report on.")] = None,
    all_months: Annotated[bool, typer.Option("--all", help="The overview of all published months instead.")] = False,
    language: Annotated[
        Language | None, typer.Option("--language", help="One language alone (default: nl and fr, with a switch).")
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Write the report of a month, one HTML file without personal data, and name it."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.report.overview import write_overview
    from dvz_assets.report.page import write_report
    from dvz_assets.report.pages import READERS
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        flow, languages = Flow(settings), (language.value,) if language else READERS
        if month is not None and not all_months:
            path = write_report(flow, month_in_range(settings, month), languages=languages)
        elif all_months and month is None:
            path = write_overview(flow, languages)
        else:
            raise DvzError(
                "INVALID_ARGUMENT",
                place="--month, --all",
                expected="one of both",
                found="neither" if month is None else "both",
                remedy="such as dvz report --month 2018-05",
            )
        output.print(f"Written: {path}", markup=False, soft_wrap=True)
