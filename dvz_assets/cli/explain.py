"""``dvz explain``: why was somebody sent, or not."""

from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, ask_insz, command, fail, of_existing_home, output

if TYPE_CHECKING:
    from dvz_assets.questions.explain.model import Explanation, TestResult

MARKS = {"passed": "yes", "failed": "NO", "not asked": "-", "not reached": "."}
STATUSES = {
    "LITERAL": "letter of the law",
    "READING": "reading of the {by}",
    "CONFIRMED": "reading confirmed by {by}",
}


def explain(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to explain.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show a person's way through the rules in one month: each test, its fact, its parameter and its law.

    The identification number comes from standard input or a prompt, never from the command line. The question goes on
    record in the ledger. Ends with status 1 when the tests do not lead to the recorded decision.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.landing.insz import read_insz
    from dvz_assets.months import Month
    from dvz_assets.questions.explain.explanation import check_explainable
    from dvz_assets.questions.explain.explanation import explain as explain_person
    from dvz_assets.settings import Settings

    with command(json=json):
        flow, chosen = Flow(of_existing_home(Settings.load(home=home))), Month.parse(month)
        check_explainable(flow, chosen)  # before it asks for a number
        explanation = explain_person(flow, chosen, read_insz(ask_insz()))
        if json:
            output.print_json(data=explanation.as_json())
        else:
            _print(explanation)
        if explanation.differences:
            fail(
                "The explanation and the record do not agree.\n"
                + "\n".join(f"  {difference}" for difference in explanation.differences)
                + "\nTo do: report this; either the decision or its explanation is wrong."
            )


def _say(text: str = "") -> None:
    output.print(text, markup=False, soft_wrap=True)


def _print(explanation: "Explanation") -> None:
    _say(f"Month {explanation.month}, regime {explanation.regime}, reference date {explanation.reference_date}")
    if explanation.present_number:
        _say(f"The number was replaced; explained is its holder, whose present number is {explanation.present_number}.")
    if explanation.rules_changed_since:
        _say("The rules have changed since; explained is by those with which the month was decided.")
    section = ""
    for test in explanation.tests:
        if test.section != section:
            section = test.section
            _say(f"\n{section.capitalize()}")
        _print_test(test)
    for name, counter in explanation.counters.items():
        _say(f"\n{name}: {counter.count}")
        for period in counter.periods:
            _say(f"  {period}")
    grounds = f" ({', '.join(explanation.found.grounds)})" if explanation.found.grounds else ""
    _say(f"\nOutcome: {explanation.found.outcome}{grounds}")
    _print_sent(explanation)
    _say(f"\n{explanation.signal}")


def _print_test(test: "TestResult") -> None:
    name = test.outcome if test.asks == "ground" else test.asks
    number = f"{test.number}. " if test.number else ""
    _say(f"  {MARKS[test.state]:<3} {number}{name}: {test.fact or test.state}")
    if test.fact:
        _say(f"        {f'rule: {test.parameter}; ' if test.parameter else ''}law: {test.legal_reference}")
        for basis in test.readings:
            _say(f"        {STATUSES[basis.status].format(by=basis.by)}: {basis.reading} [{basis.id}]")


def _print_sent(explanation: "Explanation") -> None:
    if explanation.sent is None:
        _say("\nNothing is sent about this person.")
    else:
        _say("\nSent")
        for column, value in explanation.sent.items():
            _say(f"  {column}: {value}")
        for period in explanation.periods:
            _say("  " + ", ".join(f"{column} {value}" for column, value in period.items() if column != "insz"))
    if explanation.deliveries:
        _say(f"In delivery {', '.join(explanation.deliveries)}; in force is {explanation.in_force}.")
    for correction in explanation.corrections:
        _say(f"Since then, {correction.as_text()}.")
