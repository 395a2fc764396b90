"""``dvz generate``: synthetic landing zones."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dvz_assets.cli.console import command, errors, output


def generate(
    folder: Annotated[
        Path, typer.Argument(help="Folder for a new landing zone; one that holds deliveries is refused.")
    ],
    persons: Annotated[
        int | None, typer.Option(help="Persons in a month; a quarter more statement lines come of them.")
    ] = None,
    months: Annotated[int | None, typer.Option(help="Number of months.")] = None,
    start: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="First month.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same bytes.")] = None,
    file_format: Annotated[
        Literal["csv", "parquet"] | None, typer.Option("--format", help="Format of the files.")
    ] = None,
    layout: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Layout in which a source writes its files; once for each source."),
    ] = None,
) -> None:
    """Write a synthetic landing zone: nobody in it exists.

    The identification numbers have birth years from 2030 on, so no living person can hold one. What is not given is as
    in data-sample/: without options this makes the sample again, byte for byte.
    """
    from dataclasses import asdict

    from rich.progress import Progress

    from dvz_assets.generate import SAMPLE
    from dvz_assets.generate import generate as generate_landing
    from dvz_assets.landing.layouts import Layouts
    from dvz_assets.project_files import reference_folder
    from dvz_assets.settings import Settings

    with command():
        layouts = Layouts.load(Settings.load().layouts) if layout else None
        given = {"persons": persons, "months": months, "start": start, "seed": seed, "file_format": file_format}
        arguments = asdict(SAMPLE) | {name: value for name, value in given.items() if value is not None}
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task("generating", total=arguments["months"])
            summary = generate_landing(
                folder,
                **arguments,
                reference=reference_folder(),
                layouts=layouts,
                layout_names=layout or (),
                on_month=lambda _: progress.advance(task),
            )
        output.print(
            f"{summary.months} months in {folder}: {summary.statement_lines} statement lines, "
            f"{summary.register_rows} register rows"
        )
