"""``dvz status``: the months of a home, and what became of each."""

from typing import TYPE_CHECKING

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
    from dvz_assets.questions.outgoing import Outgoing


def status(
    landing: LandingOption = None, home: HomeOption = None, exact: ExactOption = False, json: JsonOption = False
) -> None:
    """Show every month: delivered, materialised, persons sent, state of the delivery, failed checks, and what is stale.

    A stale month was made from something that has changed since (a re-delivery, a reference table, an earlier month);
    dvz run --stale runs all of them again.
    """
    from rich.table import Table

    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.publishing import published_problems
    from dvz_assets.questions.overview import month_states
    from dvz_assets.settings import Settings
    from dvz_assets.tables.protection import told

    with command():
        flow = Flow(Settings.load(landing=landing, home=home))
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
        headings = ("month", "delivered", "materialised", "sent", "deliveries", "state", "failed", "stale")
        table = Table(*headings, box=None, pad_edge=False)
        for state in states:
            table.add_row(
                str(state.month),
                "yes" if state.delivered else "no",
                "yes" if state.materialised else "purged" if state.purged else "no",
                str(told(state.sent)) if state.materialised else "",
                "" if state.deliveries is None else str(state.deliveries),
                _state(state.outgoing),
                ", ".join(state.failed_checks),
                state.stale or "",
            )
        output.print(table)
        waiting = [str(each.month) for each in states if each.outgoing and each.outgoing.waits_as_historical]
        if waiting:
            months = waiting[0] if len(waiting) == 1 else f"{len(waiting)} months from {waiting[0]} to {waiting[-1]}"
            output.print(f"Historical, and not sent without an explicit release (dvz delivery release): {months}.")


def _state(outgoing: "Outgoing | None") -> str:
    if outgoing is None:
        return ""
    missing = f", {outgoing.missing} to approve" if outgoing.missing else ""
    return f"{outgoing.delivery.state}{missing}{', answer overdue' if outgoing.overdue else ''}"
