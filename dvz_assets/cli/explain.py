"""``dvz explain``: why was somebody sent, or not."""

from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, ask_insz, command, fail, output

if TYPE_CHECKING:
    from dvz_assets.explain.explanation import Explanation

MARKS = {"passed": "yes", "failed": "NO", "not asked": "-", "not reached": "."}


def explain(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to explain.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show a person's way through the rules in one month: each test, its fact, its parameter and its law.

    The identification number comes from standard input or a prompt, never from the command line. The question goes on
    record in the ledger. Ends with status 1 when the tests do not lead to the recorded decision.
    """
    from dvz_assets.explain.explanation import explain as explain_person
    from dvz_assets.flow.context import Flow
    from dvz_assets.landing.insz import read_insz
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings

    with command():
        flow, chosen = Flow(Settings.load(home=home)), Month.parse(month)
        flow.lake.manifest("decisions", chosen)  # says what to do when the month is not there, before it asks
        explanation = explain_person(flow, chosen, read_insz(ask_insz()))
        if json:
            output.print_json(data=explanation.as_json())
        else:
            _print(explanation)
        if not explanation.agrees:
            fail(
                f"The tests lead to {explanation.outcome}, and {explanation.recorded_outcome} was recorded. "
                "Report this: either the decision or its explanation is wrong."
            )


def _print(explanation: "Explanation") -> None:
    from dvz_assets.explain.explanation import NOT_ASKED, NOT_REACHED

    def say(text: str = "") -> None:
        output.print(text, markup=False, soft_wrap=True)

    say(f"Month {explanation.month}, regime {explanation.regime}, reference date {explanation.reference_date}")
    if explanation.number_was_replaced:
        say("The number was replaced; its holder is explained under the present one.")
    section = ""
    for step in explanation.steps:
        if step.section != section:
            section = step.section
            say(f"\n{section.capitalize()}")
        name = step.outcome if step.asks == "ground" else step.asks
        say(f"  {MARKS[step.state]:<3} {name}: {step.fact or step.state}")
        if step.state not in (NOT_ASKED, NOT_REACHED):
            say(f"        {'rule: ' + step.parameter + '; ' if step.parameter else ''}law: {step.legal_reference}")
    for name, counter in explanation.counters.items():
        say(f"\n{name}: {counter['count']}")
        for period in counter.get("periods", ()):
            say(f"  {period}")
    say(f"\nOutcome: {explanation.outcome}{' (' + ', '.join(explanation.grounds) + ')' if explanation.grounds else ''}")
    if explanation.rules_changed_since:
        say("The tables have changed since; the month is explained by those that it was decided with.")
    if explanation.sent is not None:
        say(f"\nSent, in delivery {', '.join(explanation.deliveries)}")
        for column, value in explanation.sent.items():
            say(f"  {column}: {value}")
        for period in explanation.periods:
            say("  " + ", ".join(f"{column} {value}" for column, value in period.items() if column != "insz"))
    say(f"\n{explanation.signal}")
