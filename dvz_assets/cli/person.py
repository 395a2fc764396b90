"""``dvz person``: everything ever sent about one person."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, ask_insz, command, of_existing_home, output

if TYPE_CHECKING:
    from dvz_assets.questions.access import Access


def person(
    document: Annotated[
        Path | None, typer.Option(help="Write the answer as a document (Markdown, 0600) to hand over.")
    ] = None,
    home: HomeOption = None,
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

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(home=home)))
        answer = everything_sent_about(flow, read_insz(ask_insz()))
        if json:
            shown = {name: [each.as_json() for each in getattr(answer, name)] for name in ("sent", "corrections")}
            text = json_format.dumps(shown, indent=2, ensure_ascii=False)
        else:
            text = _as_markdown(answer)
        if document is None:
            output.print(text, markup=False, soft_wrap=True)
            return
        document.touch(mode=0o600)
        document.chmod(0o600)
        document.write_text(text + "\n", encoding="utf-8")
        output.print(f"Written: {document}", markup=False, soft_wrap=True)


def _as_markdown(answer: "Access") -> str:
    from dvz_assets.home.deliveries import SIGNAL

    lines = ["# Data sent to the Immigration Office (DVZ)", ""]
    for sent in answer.sent:
        state = "in force" if sent.in_force else "replaced by a later delivery of the month"
        lines += [f"## {sent.month}, delivery {sent.sequence:04d}", ""]
        lines += [f"Sent on {sent.created_at[:10]} under {sent.regime}; {state}.", ""]
        lines += [f"- ground: {ground}" for ground in sent.grounds]
        lines += [f"- {name}: {value}" for name, value in sent.columns.items() if value is not None]
        lines += [
            "- aid period: " + ", ".join(f"{name} {value}" for name, value in period.items() if value is not None)
            for period in sent.periods
        ]
        lines.append("")
    if answer.corrections:
        lines += ["## Corrections of what was sent", ""]
        lines += [f"- Of {each.month_sent}, by {each.as_text()}" for each in answer.corrections]
        lines.append("")
    if not answer.sent:
        lines += [f"Nothing was sent about this person in the months that are kept ({answer.months_searched}).", ""]
    if answer.purged:
        months = ", ".join(str(month) for month in answer.purged)
        lines += [f"What was sent in these months is no longer kept (deliberation 18/055, 34): {months}.", ""]
    return "\n".join([*lines, SIGNAL])
