"""``dvz what-if``: would a situation be reported to DVZ; no person's data and no home."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvz_assets.cli.console import JsonOption, Language, command, output

if TYPE_CHECKING:
    from dvz_assets.questions.what_if import Answer, Change
    from dvz_assets.reference import Reference
    from dvz_assets.settings import Settings


def what_if(
    file: Annotated[
        Path | None, typer.Option("--file", metavar="YAML", help="The situation as a file, with the options as keys.")
    ] = None,
    nationality: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="ISO code (FR) or NIS code of the nationality.")
    ] = None,
    capacity: Annotated[
        str | None, typer.Option(metavar="CODE", help="In which capacity the person resides, such as JOB_SEEKER.")
    ] = None,
    motive: Annotated[
        str | None, typer.Option(metavar="CODE", help="Instead of it: the residence motive (IT 202).")
    ] = None,
    document: Annotated[str | None, typer.Option(metavar="CODE", help="Residence document, such as EU or A.")] = None,
    document_until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day on which the document is valid.")
    ] = None,
    register: Annotated[str | None, typer.Option(metavar="CODE", help="Register (default VR).")] = None,
    residence_since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="First day of the legal residence (default: of the aid).")
    ] = None,
    aid: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:FROM:TO[:EUR]", help="Aid by month; may be repeated: LIVING_WAGE:2018-06:2018-12."),
    ] = None,
    leaflet: Annotated[
        str | None, typer.Option(metavar="CATEGORY", help="A leaflet for a category, such as EU_CITIZEN, instead.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the leaflet as HTML.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as PDF (extra pdf).")] = None,
    language: Annotated[Language, typer.Option("--language", help="Language of questions and answer.")] = Language.NL,
    json: JsonOption = False,
) -> None:
    """Say whether a situation would be reported to DVZ, from which month, on which ground, and what would change it.

    The situation comes from options, from a file, or from questions that are asked when neither is given. It runs
    through the real pipeline as one synthetic person, in a home that is thrown away.
    """
    from dvz_assets.questions.situations import aid_from_text, read_situation, situation_of
    from dvz_assets.questions.what_if import answer
    from dvz_assets.reference import Reference
    from dvz_assets.settings import Settings
    from dvz_assets.words.texts import speaking

    with command(json=json):
        settings = Settings.load()
        reference = Reference.load(settings.reference)
        with speaking(language, settings.reference):
            if leaflet is not None:
                _leaflet(settings, leaflet, html, pdf)
                return
            options = {
                "nationality": nationality,
                "capacity": capacity,
                "motive": motive,
                "document": document,
                "document_until": document_until,
                "register": register,
                "residence_since": residence_since,
                "aid": [aid_from_text(each) for each in aid] if aid else None,
            }
            given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
            if file is not None:
                situation = read_situation(file, reference)
            else:
                situation = situation_of(given or _ask(reference), reference)
            found = answer(settings, situation)
            if json:
                output.print_json(data=found.as_json())
            else:
                _print(found)


def _leaflet(settings: "Settings", category: str, html: Path | None, pdf: Path | None) -> None:
    from dvz_assets.report.documents import write_document
    from dvz_assets.report.leaflet import leaflet_of

    write_document(leaflet_of(settings, category), html, pdf, _say)


def _say(text: str = "") -> None:
    output.print(text, markup=False, soft_wrap=True)


def _ask(reference: "Reference") -> dict[str, Any]:
    """The situation, one question after the other; an empty answer where there is nothing to say."""
    from dvz_assets.months import Month
    from dvz_assets.words.texts import say, word

    values: dict[str, Any] = {
        "nationality": typer.prompt(say("Nationality (two letters, such as FR)")),
        "capacity": _choose(
            say("In which capacity does the person reside here?"),
            {
                code: word("capacity", code)
                for code in reference.tables["residence_motives"]["capacity"].unique(maintain_order=True)
            },
        ),
        "document": _choose(
            say("Which residence document does the person have?"),
            {code: word("document", code) for code in reference.tables["residence_documents"]["code"]},
        ),
    }
    if since := typer.prompt(say("Legal residence in Belgium since (YYYY-MM-DD, empty if recent)"), default=""):
        values["residence_since"] = since
    kinds = {code: word("aid_kind", code) for code in reference.tables["aid_kinds"]["aid_kind"]}
    values["aid"] = []
    while not values["aid"] or typer.confirm(say("Other aid too?"), default=False):
        kind = _choose(say("Which aid?"), kinds)
        first = typer.prompt(say("First month of the aid (YYYY-MM)"), default=str(Month.current()))
        last = typer.prompt(say("Last month of the aid (YYYY-MM)"), default=first)
        values["aid"].append({"kind": kind, "from": first, "to": last})
    return values


def _choose(question: str, choices: dict[str, str]) -> str:
    """One of several codes, chosen by its number."""
    _say(f"\n{question}")
    codes = list(choices)
    for number, code in enumerate(codes, start=1):
        _say(f"  {number:>2}. {choices[code]}")
    while True:
        chosen = int(typer.prompt("", prompt_suffix="> ", type=int))
        if 1 <= chosen <= len(codes):
            return codes[chosen - 1]


def _print(answer: "Answer") -> None:
    from dvz_assets.cli.explain import print_test
    from dvz_assets.words.texts import listed, month, say, say_many, sentence, word

    first, last = answer.tried.first_sent, answer.situation.last
    explanation = answer.explanation
    if first:
        _say(say("Yes: data would be sent to DVZ, from {month} on.", month=month(first)))
        for ground in explanation.found.grounds:
            _say(sentence("ground", ground))
        sent = listed([word("field", column) for column in explanation.sent or ()])
        _say("\n" + say("What would be sent: {fields}.", fields=sent))
    else:
        _say(say("No: no data would be sent to DVZ up to {month}.", month=month(last)))
        _say(sentence("outcome", explanation.found.outcome))
    _say("\n" + say("Why"))
    for test in answer.decisive:
        print_test(test, readings=False)
    if unconfirmed := {each.id for test in answer.decisive for each in test.readings if each.status == "READING"}:
        _say(
            say_many(
                "{number} reading of the texts behind this is not confirmed yet: {ids}.",
                "{number} readings of the texts behind this are not confirmed yet: {ids}.",
                len(unconfirmed),
                ids=", ".join(sorted(unconfirmed)),
            )
        )
    if answer.changes:
        _say("\n" + say("What would change it"))
        for change in answer.changes:
            _say(f"  - {change_in_words(change)}")
    _say("\n" + say(explanation.signal))
    _say(say("An OCMW may not refuse aid because of its effect on the right of residence (summary of 11 June 2014)."))


def change_in_words(change: "Change") -> str:
    """One thing that would be otherwise, and what would come of it."""
    from dvz_assets.words.texts import month, say, word

    if change.first_sent:
        return say("If {what}: sent from {month} on.", what=change.what, month=month(change.first_sent))
    return say("If {what}: not sent ({outcome}).", what=change.what, outcome=word("outcome", change.outcome))
