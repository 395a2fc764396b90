"""``dvz generate``: synthetic landing zones."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dvz_assets.cli.console import command, output


def generate(
    folder: Annotated[Path, typer.Argument(help="Landing zone to write; its months are replaced.")],
    persons: Annotated[int, typer.Option(min=1, help="Persons who receive aid in a month, about.")] = 300,
    months: Annotated[int, typer.Option(min=1, help="Number of months.")] = 24,
    start: Annotated[str, typer.Option(metavar="YYYY-MM", help="First month.")] = "2017-07",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    file_format: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="Format of the files.")] = "csv",
) -> None:
    """Write a synthetic landing zone: nobody in it exists.

    The identification numbers have birth years from 2030 on, so no living person can hold one.
    """
    from dvz_assets.generate import generate as generate_landing
    from dvz_assets.project_files import reference_folder

    with command():
        summary = generate_landing(
            folder,
            seed=seed,
            persons=persons,
            months=months,
            start=start,
            file_format=file_format,
            reference=reference_folder(),
        )
        output.print(
            f"{summary.months} months in {folder}: {summary.statement_lines} statement lines, "
            f"{summary.register_rows} register rows"
        )
