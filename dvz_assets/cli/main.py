"""Entry point of ``dvz``: registers the commands; each imports what it needs when it runs, so that help is fast."""

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from dvz_assets import __version__
from dvz_assets.cli.a036 import a036
from dvz_assets.cli.check_landing import check_landing
from dvz_assets.cli.config import config
from dvz_assets.cli.contracts import contracts
from dvz_assets.cli.delivery import delivery
from dvz_assets.cli.dev import dev, serve
from dvz_assets.cli.diff import diff
from dvz_assets.cli.explain import explain
from dvz_assets.cli.generate import generate
from dvz_assets.cli.help_texts import complete_help
from dvz_assets.cli.hold import hold
from dvz_assets.cli.layout import layout
from dvz_assets.cli.ledger import ledger
from dvz_assets.cli.note import note
from dvz_assets.cli.notify import notify
from dvz_assets.cli.person import person
from dvz_assets.cli.plan import plan
from dvz_assets.cli.purge import purge
from dvz_assets.cli.receive import receive
from dvz_assets.cli.record import record
from dvz_assets.cli.report import report
from dvz_assets.cli.run import run
from dvz_assets.cli.sql import sql
from dvz_assets.cli.status import status
from dvz_assets.cli.verify import verify
from dvz_assets.cli.what_if import what_if

app = typer.Typer(
    name="dvz",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="The monthly data flow from POD MI to the Immigration Office (DVZ).\n\n"
    "Takes the deliveries of a month from the landing zone, decides by the rules who must be sent, and writes the file "
    "for the KSZ and two DuckDB files. Start with [bold]dvz status[/bold]; settings: [bold]dvz config[/bold].",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dvz {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before any command."""


for each in (
    run,
    status,
    check_landing,
    receive,
    explain,
    what_if,
    note,
    record,
    report,
    sql,
    person,
    diff,
    plan,
    verify,
    purge,
    notify,
    dev,
    serve,
    generate,
    contracts,
    config,
):
    app.command(name=each.__name__.replace("_", "-"))(each)
app.add_typer(a036)
app.add_typer(hold)
app.add_typer(delivery)
app.add_typer(layout)
app.add_typer(ledger)
complete_help(app)


def main() -> None:
    """Run the command line."""
    # the libraries of a run make a million objects that stay: looking through them again after every 700 new ones,
    # as Python does unless told otherwise, takes an eighth of the time of a small month
    gc.set_threshold(100_000, 20, 20)
    app()


def program() -> None:
    """Run the command line as a process of its own, which ends as soon as everything is closed.

    Python would free those objects one by one first, which takes 1.6 seconds after a run.
    """
    status = 1

    def end() -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(status)

    atexit.register(end)  # what is registered first is called last
    try:
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise
