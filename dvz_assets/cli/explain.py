"""``dvz explain``: why was somebody sent, or not."""

from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import (
    HomeOption,
    JsonOption,
    LanguageOption,
    ask_insz,
    command,
    fail,
    of_existing_home,
    output,
)

if TYPE_CHECKING:
    from dvz_assets.flow.context import Flow
    from dvz_assets.questions.explain.model import Explanation, TestResult

MARKS = {"passed": "yes", "failed": "NO", "not asked": "-", "not reached": "."}


def explain(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to explain.")],
    home: HomeOption = None,
    language: LanguageOption = None,
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
    from dvz_assets.words.texts import speaking

    with command(json=json):
        flow, chosen = Flow(of_existing_home(Settings.load(home=home))), Month.parse(month)
        check_explainable(flow, chosen)  # before it asks for a number
        with speaking(language, flow.settings.reference):
            explanation = explain_person(flow, chosen, read_insz(ask_insz()))
            if json:
                output.print_json(data=explanation.as_json())
            else:
                _print(explanation, flow)
        if explanation.differences:
            fail(
                "The explanation and the record do not agree.\n"
                + "\n".join(f"  {difference}" for difference in explanation.differences)
                + "\nTo do: report this; either the decision or its explanation is wrong."
            )


def _say(text: str = "") -> None:
    output.print(text, markup=False, soft_wrap=True)


def _print(explanation: "Explanation", flow: "Flow") -> None:
    from datetime import date

    from dvz_assets.months import Month
    from dvz_assets.words.texts import day, heading, is_spoken, listed, mark, month, say, sentence, word

    counters = {
        "living_wage_days": mark("days of living wage"),
        "longest_living_wage_run": mark("longest run of days of living wage"),
        "assistance_months": mark("months of assistance"),
    }
    _say(
        say(
            "Month {month}, regime {regime}, reference date {day}",
            month=month(Month.parse(explanation.month)),
            regime=word("regime", explanation.regime),
            day=day(date.fromisoformat(explanation.reference_date)),
        )
    )
    if explanation.present_number:
        number = explanation.present_number
        _say(say("The number was replaced; explained is its holder, whose present number is {number}.", number=number))
    if explanation.rules_changed_since:
        _say(say("The rules have changed since; explained is by those with which the month was decided."))
    if explanation.withheld_changed_since:
        _say(say("The list of persons withheld has changed since; explained is by that of then."))
    section = ""
    for test in explanation.tests:
        if test.section != section:
            section = test.section
            _say("\n" + heading(say(section)))
        print_test(test)
    for name, counter in explanation.counters.items():
        title = heading(say(counters[name])) if is_spoken() else name
        _say(f"\n{title}: {counter.count}")
        for period in counter.periods:
            _say(f"  {period}")
    grounds = listed([word("ground", ground) for ground in explanation.found.grounds])
    outcome = word("outcome", explanation.found.outcome)
    _say("\n" + say("Outcome: {outcome}", outcome=outcome) + (f" ({grounds})" if grounds else ""))
    if meaning := sentence("outcome", explanation.found.outcome):
        _say(meaning)
    _print_sent(explanation, flow)
    _say(f"\n{say(explanation.signal)}")


def print_test(test: "TestResult", *, readings: bool = True) -> None:
    """Show one test: whether it is passed, the fact, the rule, the law, and whose reading of it this is."""
    from dvz_assets.words.texts import cite, is_spoken, mark, say, word

    marks = {"passed": mark("yes"), "failed": mark("NO")}
    statuses = {
        "LITERAL": mark("letter of the law"),
        "READING": mark("reading of the {by}"),
        "CONFIRMED": mark("reading confirmed by {by}"),
    }
    states = {"not asked": mark("not asked"), "not reached": mark("not reached")}
    name = word("ground", test.outcome) if test.asks == "ground" else say(test.asks)
    number = f"{test.number}. " if test.number else ""
    shown = say(marks[test.state]) if test.state in marks else MARKS[test.state]
    _say(f"  {shown:<3} {number}{name}: {test.fact or say(states[test.state])}")
    if test.fact:
        rule = say("rule: {parameter}; ", parameter=test.parameter) if test.parameter else ""
        law = say("law: {reference}", reference=cite(test.legal_reference))
        _say(f"        {rule}{law}")
        for basis in test.readings if readings else ():
            if is_spoken():  # the readings themselves are English, and stand in docs/law/side-by-side.md
                _say(f"        {say(statuses[basis.status], by=cite(basis.by))} [{basis.id}]")
            else:
                _say(f"        {statuses[basis.status].format(by=basis.by)}: {basis.reading} [{basis.id}]")


def _print_sent(explanation: "Explanation", flow: "Flow") -> None:
    from dvz_assets.words.sent_rows import field_in_words, period_in_words
    from dvz_assets.words.texts import listed, say, word

    if explanation.sent is None:
        _say("\n" + say("Nothing is sent about this person."))
    else:
        _say("\n" + say("Sent"))
        for column, value in explanation.sent.items():
            _say(f"  {word('field', column)}: {field_in_words(column, value, flow.reference)}")
        for period in explanation.periods:
            _say(f"  {period_in_words(period)}")
    if explanation.deliveries:
        names, in_force = listed(explanation.deliveries), explanation.in_force
        _say(say("In delivery {names}; in force is {in_force}.", names=names, in_force=in_force))
    for correction in explanation.corrections:
        _say(say("Since then, {text}.", text=correction.as_text()))
