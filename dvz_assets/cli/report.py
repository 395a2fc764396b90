"""``dvz report``: the report of a month."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, LandingOption, Language, command, month_in_range, output


def report(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to report on.")],
    language: Annotated[
        Language | None, typer.Option("--language", help="One language alone (default: nl and fr, with a switch).")
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Write the report of a month, one HTML file without personal data, and name it."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.report.page import write_report
    from dvz_assets.report.pages import READERS
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load(landing=landing, home=home)
        path = write_report(
            Flow(settings), month_in_range(settings, month), languages=(language.value,) if language else READERS
        )
        output.print(f"Written: {path}", markup=False, soft_wrap=True)
