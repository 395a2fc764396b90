"""``dvz hold``: the list of persons withheld: who is not sent although all rules are met."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, ask_insz, command, of_existing_home, output

hold = typer.Typer(name="hold", no_args_is_help=True, help="The list of persons withheld (GDPR 16, 18 and 21).")

ReferenceOption = Annotated[str, typer.Option(help="Reference of the decision of the desk; it goes into the ledger.")]


@hold.command()
def add(
    reason: Annotated[str, typer.Option(help="RECTIFICATION, RESTRICTION, OBJECTION or APPEAL.")],
    first_month: Annotated[str, typer.Option(metavar="YYYY-MM", help="First month in which the person is withheld.")],
    reference: ReferenceOption,
    last_month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Last month; without it the hold stays until it is ended.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Put a person on the list; months that were computed before are stale until they are run again.

    The identification number comes from standard input or a prompt, never from the command line.
    """
    from dvz_assets.errors import DvzError
    from dvz_assets.flow.context import Flow
    from dvz_assets.landing.insz import read_insz
    from dvz_assets.months import Month
    from dvz_assets.outbound.holds import Reason
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(Settings.load(home=home))
        if reason not in list(Reason):
            raise DvzError(
                "INVALID_REASON",
                place="--reason",
                expected=", ".join(Reason),
                found="another word",
                remedy="say why the person is withheld",
            )
        first = Month.parse(first_month)
        last = None if last_month is None else Month.parse(last_month)
        added = flow.holds.add(read_insz(ask_insz()), Reason(reason), first, last, reference)
        if json:
            output.print_json(data=added.as_json(with_person=False))
            return
        until = f"to {added.last_month}" if added.last_month else "on"
        output.print(f"Hold {added.name}: {added.reason}, from {added.first_month} {until}.")
        output.print("Months that this changes: dvz status; dvz run --stale runs them again.")


@hold.command(name="list")
def list_holds(
    persons: Annotated[bool, typer.Option("--persons", help="Show the identification numbers too.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show the list, without the persons unless they are asked for."""
    from rich.table import Table

    from dvz_assets.flow.context import Flow
    from dvz_assets.settings import Settings

    with command(json=json):
        found = [
            each.as_json(with_person=persons) for each in Flow(of_existing_home(Settings.load(home=home))).holds.all()
        ]
        if json:
            output.print_json(data=found)
            return
        headings = ("hold", *(["person"] if persons else []), "reason", "from", "to", "reference", "added", "ended")
        table = Table(*headings, box=None, pad_edge=False)
        for each in found:
            ended = each["ended_on"] or ""
            table.add_row(
                each["name"],
                *([each["insz"]] if persons else []),
                each["reason"],
                each["first_month"],
                each["last_month"] or "",
                each["reference"],
                each["added_on"],
                f"{ended}, for all months" if each["lifted"] else ended,
            )
        output.print(table)


@hold.command()
def end(
    name: Annotated[str, typer.Argument(help="The hold, as dvz hold list shows it.")],
    reference: ReferenceOption,
    last_month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Last month in which it still holds; without it, it holds in none."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """End a hold. What a purge has copied for an appeal is removed."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(home=home)))
        last = None if last_month is None else Month.parse(last_month)
        ended = flow.holds.end(name, last, reference)
        if json:
            output.print_json(data=ended.as_json(with_person=False))
            return
        output.print(
            f"Hold {ended.name} was ended{' for all months' if ended.lifted else f' behind {ended.last_month}'}."
        )
        output.print("Months that this changes: dvz status; dvz run --stale runs them again.")
