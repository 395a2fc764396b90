"""``dvz record``: the record of processing activities, to read or for programs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import Language, command, output


def record(
    language: Annotated[Language, typer.Option("--language", help="Language of the record.")] = Language.NL,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Month whose rules it states (default: this month).")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as HTML.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as PDF (extra pdf).")] = None,
    json_ld: Annotated[
        bool, typer.Option("--json-ld", help="Print it in the Data Privacy Vocabulary, in all languages.")
    ] = False,
) -> None:
    """Write the record of processing (article 30 GDPR), with what a data protection impact assessment starts from.

    Made from tables, rules, settings and retention in force. Markdown on standard output, or files.
    """
    from dvz_assets.months import Month
    from dvz_assets.report.documents import write_document
    from dvz_assets.report.dpv import as_json_ld
    from dvz_assets.report.record import record_document, record_of
    from dvz_assets.settings import Settings
    from dvz_assets.words.texts import speaking

    with command():
        settings = Settings.load()
        made = record_of(settings, Month.parse(month) if month else Month.current())
        if json_ld:
            typer.echo(json.dumps(as_json_ld(made, settings), ensure_ascii=False, indent=2))
            return
        with speaking(language, settings.reference):
            document = record_document(made)
            write_document(document, html, pdf, lambda text: output.print(text, markup=False, soft_wrap=True))
