"""``dvz person``: everything ever sent about one person."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LanguageOption, ask_insz, command, output

if TYPE_CHECKING:
    from dvz_assets.flow.context import Flow
    from dvz_assets.questions.access import Access


def person(
    document: Annotated[
        Path | None, typer.Option(help="Write the answer as a document (Markdown, 0600) to hand over.")
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
    from dvz_assets.settings import Settings
    from dvz_assets.words.texts import speaking

    with command():
        flow = Flow(Settings.load(home=home))
        answer = everything_sent_about(flow, read_insz(ask_insz()))
        if json:
            text = json_format.dumps({"sent": [each.as_json() for each in answer.sent]}, indent=2, ensure_ascii=False)
        else:
            with speaking(language, flow.settings.reference):
                text = _as_markdown(answer, flow)
        if document is None:
            output.print(text, markup=False, soft_wrap=True)
            return
        document.touch(mode=0o600)
        document.chmod(0o600)
        document.write_text(text + "\n", encoding="utf-8")
        output.print(f"Written: {document}", markup=False, soft_wrap=True)


def _as_markdown(answer: "Access", flow: "Flow") -> str:
    from dvz_assets.home.deliveries import SIGNAL
    from dvz_assets.words.sent_rows import field_in_words, period_in_words
    from dvz_assets.words.texts import day, listed, month, say, word

    lines = ["# " + say("Data sent to the Immigration Office (DVZ)"), ""]
    for sent in answer.sent:
        title = say("{month}, delivery {number}", month=month(sent.month), number=f"{sent.sequence:04d}")
        written = {"day": day(sent.created.date()), "regime": word("regime", sent.regime)}
        lines += [f"## {title}", ""]
        if sent.in_force:
            lines += [say("Sent on {day} under {regime}; in force.", **written), ""]
        else:
            lines += [say("Sent on {day} under {regime}; replaced by a later delivery of the month.", **written), ""]
        lines += ["- " + say("ground: {ground}", ground=word("ground", ground)) for ground in sent.grounds]
        lines += [
            f"- {word('field', name)}: {field_in_words(name, value, flow.reference)}"
            for name, value in sent.columns.items()
            if value
        ]
        lines += ["- " + say("aid period: {period}", period=period_in_words(period)) for period in sent.periods]
        lines.append("")
    if not answer.sent:
        searched = answer.months_searched
        lines += [say("Nothing was sent about this person in the {months} months that are kept.", months=searched), ""]
    if answer.purged:
        gone = listed([month(each) for each in answer.purged])
        lines += [
            say("What was sent in these months is no longer kept (deliberation 18/055, 34): {months}.", months=gone),
            "",
        ]
    return "\n".join([*lines, say(SIGNAL)])
