"""``dvz a036``: consultation of A036 attestations."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, of_existing_home, output
from dvz_assets.wording import number_of

a036 = typer.Typer(name="a036", no_args_is_help=True, help="Consultation of A036 attestations, case by case.")


@a036.command()
def schema() -> None:
    """Print the JSON Schema of a request, with the purposes of the reference tables."""
    from dvz_assets.a036.request import json_schema
    from dvz_assets.reference import Reference
    from dvz_assets.settings import Settings

    with command():
        reference = Reference.load(Settings.load().reference)
        output.print_json(data=json_schema(reference.tables["a036_purposes"]))


@a036.command()
def answer(
    file: Annotated[Path, typer.Argument(help="The request, a JSON file.")],
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Answer one request; asked again, the answer is the same file. Every asking goes on record in the ledger.

    A refusal is an answer too: the command ends with status 1 only when no answer could be given.
    """
    from dvz_assets.a036.answer import answer as answer_request
    from dvz_assets.errors import DeliveryError, DvzError
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.publishing import publish_analytics
    from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(landing=landing, home=home)))
        try:
            content = ReceivedFolder(file.parent).read(file.name, MAX_JSON_BYTES)
        except DeliveryError as error:
            raise DvzError(
                "NO_REQUEST",
                expected=f"a regular file of at most {MAX_JSON_BYTES} bytes that can be read",
                found=error.found,
                remedy="name the file of the request, such as landing/a036/requests/1.json",
            ) from None
        given = answer_request(flow, content)
        publish_analytics(flow)
        if json:
            output.print_json(
                data={
                    "status": given.status,
                    "reason": given.reason,
                    "attestations": given.attestations,
                    "response": str(given.path),
                }
            )
            return
        reason = f" ({given.reason})" if given.reason else ""
        output.print(f"{given.status}{reason}, {number_of(given.attestations, 'attestation')}")
        output.print(f"Response: {given.path}", markup=False, soft_wrap=True)
