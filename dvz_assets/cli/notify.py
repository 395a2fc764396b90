"""``dvz notify``: tell the people in charge now, or try their channels."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, of_existing_home, output


def notify(
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message to every channel of the setting notify.")
    ] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Tell the channels of the setting notify what is new, lasts or is over, as notifications_sensor does every minute.

    With --test, only find out whether every channel takes a message. Ends with status 1 when one does not.
    """
    from dvz_assets.errors import DvzError
    from dvz_assets.flow.context import Flow
    from dvz_assets.orchestration.channels import send, shown
    from dvz_assets.orchestration.instance import open_instance
    from dvz_assets.orchestration.notifications import tell
    from dvz_assets.settings import Settings, Severity

    with command(json=json):
        settings = Settings.load(landing=landing, home=home)
        if not settings.notify:
            raise DvzError(
                "NOBODY_TO_TELL",
                place="setting notify",
                expected="at least one channel",
                found="none",
                remedy='add [[notify]] with address = "mailto://..." to dvz.toml; docs/operations.md shows how',
            )
        if test:
            text = ["This is a test: dvz notify --test."]
            found = [(shown(each), send(each, "DVZ data flow: test", text, Severity.INFO)) for each in settings.notify]
            if json:
                output.print_json(data=[{"channel": channel, "taken": taken} for channel, taken in found])
            else:
                for channel, taken in found:
                    output.print(f"{'ok   ' if taken else 'WRONG'} {channel}", markup=False)
            if not all(taken for _, taken in found):
                raise typer.Exit(1)
            return
        flow = Flow(of_existing_home(settings))
        with open_instance(settings.work) as instance:
            outcome = tell(flow, instance)
        if json:
            output.print_json(data={"told": outcome.told, "waiting": outcome.waiting})
        else:
            output.print(outcome.in_words)
        if outcome.waiting:
            raise typer.Exit(1)
