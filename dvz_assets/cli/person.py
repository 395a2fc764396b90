"""``dvz person``: everything ever sent about one person."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import (
    HomeOption,
    JsonOption,
    Language,
    LanguageOption,
    ask_insz,
    command,
    of_existing_home,
    output,
)


def person(
    document: Annotated[
        Path | None,
        typer.Option(help="Write the answer as a document to hand over: .html, .pdf (extra pdf), else Markdown."),
    ] = None,
    home: HomeOption = None,
    language: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Show everything ever sent about a person, by delivery: the right of access.

    The identification number comes from standard input or a prompt, never from the command line. The question goes on
    record in the ledger.
    """
    import json as json_format

    from dvz_assets.flow.context import Flow
    from dvz_assets.landing.insz import read_insz
    from dvz_assets.questions.access import everything_sent_about
    from dvz_assets.report.access import answer_to_person
    from dvz_assets.settings import Settings
    from dvz_assets.words.texts import speaking

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(home=home)))
        answer = everything_sent_about(flow, read_insz(ask_insz()))
        with speaking(language or (Language.EN if document else None), flow.settings.reference):
            made = answer_to_person(flow, answer)
        if json:
            shown = {name: [each.as_json() for each in getattr(answer, name)] for name in ("sent", "corrections")}
            text = json_format.dumps(shown, indent=2, ensure_ascii=False)
        else:
            text = made.markdown
        if document is None:
            output.print(text, markup=False, soft_wrap=True)
            return
        suffix = document.suffix.lower()
        content = made.pdf if suffix == ".pdf" else made.html.encode() if suffix == ".html" else f"{text}\n".encode()
        document.touch(mode=0o600)
        document.chmod(0o600)
        document.write_bytes(content)
        output.print(f"Written: {document}", markup=False, soft_wrap=True)
