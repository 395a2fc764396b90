"""``dvz note``: the public note on who is sent, by the rules in force."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import command, output


class NoteLanguage(StrEnum):
    """The languages of the note: those of the authorities."""

    NL = "nl"
    FR = "fr"


def note(
    language: Annotated[NoteLanguage, typer.Option("--language", help="Language of the note.")] = NoteLanguage.NL,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Month whose rules it states (default: this month).")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Tables of the last version, to tell what changed (default: last regime)."),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as HTML.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as PDF (extra pdf).")] = None,
) -> None:
    """Write the public note: which persons, which criterion, which data, when, on which authorisation.

    Markdown on standard output, or files. It is a draft as long as a reading behind it is not confirmed.
    """
    from dvz_assets.months import Month
    from dvz_assets.report.documents import write_document
    from dvz_assets.report.note import note_of
    from dvz_assets.settings import Settings
    from dvz_assets.words.texts import speaking

    with command():
        settings = Settings.load()
        chosen = Month.parse(month) if month else Month.current()
        with speaking(language, settings.reference):
            made = note_of(settings, chosen, since)
            write_document(made, html, pdf, lambda text: output.print(text, markup=False, soft_wrap=True))
