"""``dvz layout``: does a layout describe a file as its source writes it."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import JsonOption, command, output

layout = typer.Typer(name="layout", no_args_is_help=True, help="How sources write their files (layouts/*.toml).")

ROWS_SHOWN, LINES_NAMED = 10, 5


@layout.callback()
def _group() -> None:
    """Keep ``check`` a command of its own."""


@layout.command()
def check(
    file: Annotated[Path, typer.Argument(help="A file as the source wrote it.")],
    name: Annotated[str, typer.Option("--layout", metavar="NAME", help="The layout; see layouts/*.toml.")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month of the file: layouts are dated.")],
    kind: Annotated[
        str | None, typer.Option(help="statement, persons or insz_replacements; needed where the layout has several.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show ten rows as they are read, values masked, and what does not fit, with its lines.

    Ends with status 1 if anything does not fit the layout, or if the file cannot be read.
    """
    from dvz_assets.landing.columns import columns_in
    from dvz_assets.landing.layout_text import read_and_tell
    from dvz_assets.landing.layouts import Layouts
    from dvz_assets.landing.masking import masked, unfit_lines
    from dvz_assets.landing.received import ReceivedFolder
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings

    with command():
        settings = Settings.load()
        found = Layouts.load(settings.layouts).of_file(name, kind, Month.parse(month))
        content = ReceivedFolder(file.absolute().parent).read(file.name, settings.max_file_bytes)
        columns = columns_in(found.told.kind, str(Month.parse(month)))
        read = read_and_tell(file, content, found, columns, settings.max_file_bytes)
        rows, unfit = masked(read.frame.head(ROWS_SHOWN)), unfit_lines(read.fits)
        if json:
            output.print_json(data={"rows": read.frame.height, "first": rows.to_dicts(), "unfit": unfit})
        else:
            output.print(
                f"{found.told.layout}, {found.told.kind}: {read.frame.height} rows. "
                "Letters are shown as x, digits as 9."
            )
            for number, *values in [("line", *rows.columns[1:]), *rows.iter_rows()]:
                shown = " | ".join("" if value is None else value for value in values)
                output.print(f"{number}: {shown}", markup=False, soft_wrap=True)
            for column, lines in unfit.items():
                named = ", ".join(str(line) for line in lines[:LINES_NAMED])
                more = f" and {len(lines) - LINES_NAMED} more" if len(lines) > LINES_NAMED else ""
                output.print(f"{column} does not fit in line {named}{more}", markup=False)
            if not unfit:
                output.print("Everything fits.")
        if unfit:
            raise typer.Exit(1)
