"""``dvz status``: the months of a home, and what became of each."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import (
    ExactOption,
    HomeOption,
    JsonOption,
    LandingOption,
    command,
    errors,
    output,
    protection_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvz_assets.questions.awaited import Awaited
    from dvz_assets.questions.outgoing import Outgoing
    from dvz_assets.questions.overview import MonthState


def status(
    awaited_only: Annotated[
        bool, typer.Option("--awaited", help="Only what is awaited next, and by when.", show_default="all months")
    ] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    exact: ExactOption = False,
    json: JsonOption = False,
) -> None:
    """Show every month: delivered, materialised, persons sent, states of its deliveries, failed checks, its last run.

    The last run is told when it failed (with its code), died or is going on. At the end: what is awaited next, by when.

    A stale month was made from something that has changed since (a re-delivery, a reference table, an earlier month);
    dvz run --stale runs all of them again.
    """
    from rich.table import Table

    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.publishing import published_problems
    from dvz_assets.questions.awaited import awaited
    from dvz_assets.questions.overview import month_states
    from dvz_assets.settings import Settings
    from dvz_assets.tables.protection import told

    with command(json=json):
        flow = Flow(Settings.load(landing=landing, home=home))
        waiting = awaited(flow, datetime.now(UTC))
        if awaited_only:
            if json:
                output.print_json(data=[each.as_json() for each in waiting])
            else:
                _print_awaited(waiting)
            return
        states = month_states(flow, protection_of(flow, exact=exact))
        for problem in published_problems(flow):
            errors.print(problem, style="red", markup=False)
        if json:
            output.print_json(data=[state.as_json() for state in states])
            return
        if not states:
            output.print(
                f"Nothing delivered in {flow.settings.landing} and nothing materialised in {flow.settings.home}."
            )
            return
        headings = ("month", "delivered", "materialised", "sent", "deliveries", "state", "failed", "last run", "stale")
        table = Table(*headings, box=None, pad_edge=False)
        for state in states:
            table.add_row(
                str(state.month),
                "yes" if state.delivered else "no",
                "yes" if state.materialised else "purged" if state.purged else "no",
                str(told(state.sent)) if state.materialised else "",
                "" if state.deliveries is None else str(state.deliveries),
                _states(state),
                ", ".join(state.failed_checks),
                "" if state.attempt is None else state.attempt.in_words,
                state.stale or "",
            )
        output.print(table)
        historical = [str(each.month) for each in states if each.outgoing and each.outgoing.waits_as_historical]
        if historical:
            months = _months(historical)
            output.print(f"Historical, and not sent without an explicit release (dvz delivery release): {months}.")
        _print_awaited(waiting)


def _print_awaited(waiting: "Sequence[Awaited]") -> None:
    """One line for the next month, one for each kind of waiting for a delivery."""
    output.print(f"Next: {waiting[0].in_words}.", markup=False)
    of_deliveries: dict[tuple[str, bool], list[Awaited]] = {}
    for each in waiting[1:]:
        of_deliveries.setdefault((each.waiting.value, each.late), []).append(each)
    for (waits_for, late), found in of_deliveries.items():
        if len(found) == 1:
            output.print(f"      {found[0].in_words}.", markup=False)
        else:
            months, theirs = _months([str(each.month) for each in found]), waits_for.replace("its ", "their ", 1)
            output.print(f"      {len(found)} deliveries ({months}) wait for {theirs}{' (late)' if late else ''}.")


def _months(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} months from {names[0]} to {names[-1]}"


def _states(state: "MonthState") -> str:
    """Those of all deliveries, the last one with what it lacks."""
    return ", ".join([*(each for each in state.states[:-1]), *filter(None, [_state(state.outgoing)])])


def _state(outgoing: "Outgoing | None") -> str:
    if outgoing is None:
        return ""
    missing = f", {outgoing.missing} to approve" if outgoing.missing else ""
    return f"{outgoing.delivery.state}{missing}{', answer overdue' if outgoing.overdue else ''}"
