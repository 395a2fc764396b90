"""``dvz receive``: a delivery of files that their source sends without a voucher."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, output


def receive(
    files: Annotated[list[str], typer.Argument(help="Files as the source wrote them: FILE, or KIND=FILE.")],
    source: Annotated[Literal["novaprima", "register"], typer.Option(help="The source.")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month that is delivered.")],
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the files are written; without it, as the settings say.")
    ] = None,
    dated: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="Day of the register's snapshot, which the rules look at; of a statement, the day of its closing.",
        ),
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Make the voucher for files that come without one, and move them into the landing zone, all or nothing.

    The files are read first, their own control totals included; what is wrong with one is said, and nothing is moved.
    KIND is statement, persons or insz_replacements; a file whose name begins with it needs no KIND.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.raw import files_to_receive, sequence_taken
    from dvz_assets.landing.receiving import receive as receive_files
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings

    with command():
        flow = Flow(Settings.load(landing=landing, home=home))
        of_month = Month.parse(month)
        name, found = files_to_receive(flow, source, of_month, [_kind_and_path(each) for each in files], layout)
        made = receive_files(
            flow.settings.landing,
            source,
            of_month,
            found,
            dated=_day(dated, source),
            layout_name=name,
            sequence_before=sequence_taken(flow, source, of_month),
            max_bytes=flow.settings.max_file_bytes,
        )
        if json:
            output.print_json(data={"month": str(of_month), "sequence": made.sequence, "rows": dict(made.rows)})
            return
        rows = ", ".join(f"{count} rows of {kind}" for kind, count in made.rows.items())
        output.print(f"{source} {of_month}, sequence {made.sequence}: {rows}.")


def _kind_and_path(text: str) -> tuple[str | None, Path]:
    kind, equals, path = text.partition("=")
    return (kind, Path(path)) if equals and "/" not in kind else (None, Path(text))


def _day(text: str | None, source: str) -> date:
    from dvz_assets.errors import DvzError

    try:
        if text is None and source == "novaprima":
            return date.today()
        return date.fromisoformat(text or "")
    except ValueError:
        raise DvzError(
            "INVALID_ARGUMENT",
            place="--date",
            expected="a day YYYY-MM-DD",
            found="nothing" if text is None else "something else",
            remedy="say of which day the snapshot is",
        ) from None
