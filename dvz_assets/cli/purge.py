"""``dvz purge``: remove what is older than it may be kept."""

from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, of_existing_home, output
from dvz_assets.wording import number_of


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Remove results older than retention_months, leftovers older than quarantine_days, and history by its own setting.

    Leaves evidence of it in the ledger. A purged month shows as purged; it is not run again.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.retention import due
    from dvz_assets.flow.retention import purge as remove
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(landing=landing, home=home)))
        found = [each.as_json() for each in due(flow)]
        if not dry_run:
            remove(flow)
        if json:
            output.print_json(data={"removed": not dry_run, "removals": found})
            return
        for each in found:
            month = f" of {each['month']}" if each["month"] else ""
            output.print(
                f"{each['what']}{month}: {number_of(each['files'], 'file')}, {each['bytes']:,} bytes", markup=False
            )
        if not found:
            output.print("Nothing is older than it may be kept.")
        elif dry_run:
            output.print("Nothing was removed: this was --dry-run.")
