"""``dvz ledger``: the record of the home: show it, and find out whether it is whole."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, command, output

ledger = typer.Typer(name="ledger", no_args_is_help=True, help="The record of runs, deliveries, questions and purges.")


@ledger.command()
def verify(home: HomeOption = None, json: JsonOption = False) -> None:
    """Find changed, removed or reordered entries; ends with status 1 when there are any."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.records import unrecorded_deliveries
    from dvz_assets.settings import Settings

    with command():
        flow = Flow(Settings.load(home=home))
        problems = [*flow.ledger.verify(), *unrecorded_deliveries(flow)]
        entries = sum(1 for _ in flow.ledger.entries())
        if json:
            output.print_json(data={"entries": entries, "problems": problems})
        else:
            for problem in problems:
                output.print(f"WRONG {problem}", markup=False, soft_wrap=True)
            output.print(f"{entries} entries, {len(problems) or 'no'} problems")
        if problems:
            raise typer.Exit(1)


@ledger.command()
def show(
    home: HomeOption = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Only entries of this month.")] = None,
    json: JsonOption = False,
) -> None:
    """Show the entries, oldest first; persons stand there as keyed hashes, and are not shown."""
    from dataclasses import asdict

    from rich.table import Table

    from dvz_assets.flow.context import Flow
    from dvz_assets.settings import Settings

    with command():
        entries = [each for each in Flow(Settings.load(home=home)).ledger.entries() if month in (None, each.month)]
        if json:
            output.print_json(data=[asdict(each) for each in entries])
            return
        table = Table("no", "at", "user", "event", "month", "details", box=None, pad_edge=False)
        for each in entries:
            details = ", ".join(f"{name} {value}" for name, value in each.details.items())
            table.add_row(str(each.sequence), each.at, each.user, each.event, each.month or "", details)
        output.print(table)
