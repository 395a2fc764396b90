"""``dvz check-landing``: are the deliveries readable, before anything is run."""

from typing import Annotated

import typer

from dvz_assets.cli.console import JsonOption, LandingOption, command, output


def check_landing(
    landing: LandingOption = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Only this month.", show_default=False)] = None,
    json: JsonOption = False,
) -> None:
    """Check deliveries against their vouchers without running or writing anything.

    Reads every file as the flow would: hash, header, rows, totals. Ends with status 1 if a delivery is wrong.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.raw import check_delivery
    from dvz_assets.flow.runnable_months import months_of_flow
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(Settings.load(landing=landing))
        months = [Month.parse(month)] if month else months_of_flow(flow)
        problems = {str(each): check_delivery(flow, each) for each in months}
        if json:
            output.print_json(data={each: [str(problem) for problem in found] for each, found in problems.items()})
        else:
            for each, found in problems.items():
                output.print(f"{each}  {'complete and readable' if not found else 'wrong'}", markup=False)
                for problem in found:
                    output.print(f"         {problem}", markup=False, soft_wrap=True)
            if not months:
                output.print(f"No month is delivered in {flow.settings.landing}.")
        if any(problems.values()):
            raise typer.Exit(1)
