"""``dvz ledger``: the record of the home: show it, and find out whether it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, command, of_existing_home, output
from dvz_assets.wording import number_of

ledger = typer.Typer(name="ledger", no_args_is_help=True, help="The record of runs, deliveries, questions and purges.")


KeysOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--public-key", help="Ed25519 public keys (PEM) that checkpoints may be signed with; may be repeated."
    ),
]


@ledger.command()
def verify(
    home: HomeOption = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint, or a voucher with one, that somebody else has held; may be repeated."),
    ] = None,
    public_key: KeysOption = None,
    json: JsonOption = False,
) -> None:
    """Find changed, removed, reordered or foreign entries and deliveries; ends with status 1 when there are any.

    With --checkpoint, also find out whether the home was put back to an older state, or the ledger written anew.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.home.logged_deliveries import differences
    from dvz_assets.home.witnesses import checkpoint_of, trusted_keys
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(home=home)))
        problems = [*flow.ledger.verify(), *differences(flow.storage, flow.ledger)]
        for path in checkpoint or []:
            held = checkpoint_of(path, trusted_keys(flow.settings, public_key))
            problems += [f"{path.name}: {found}" for found in [flow.ledger.contradiction(held)] if found]
        entries = sum(1 for _ in flow.ledger.entries())
        if json:
            output.print_json(data={"entries": entries, "problems": problems})
        else:
            for problem in problems:
                output.print(f"WRONG {problem}", markup=False, soft_wrap=True)
            output.print(
                f"{number_of(entries, 'entry')}, {number_of(len(problems), 'problem') if problems else 'no problems'}"
            )
        if problems:
            raise typer.Exit(1)


@ledger.command("checkpoint")
def print_checkpoint(home: HomeOption = None) -> None:
    """Print a signed checkpoint of the ledger as it stands, for others to keep."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.settings import Settings

    with command():
        typer.echo(Flow(of_existing_home(Settings.load(home=home))).ledger.checkpoint(), nl=False)


@ledger.command("public-key")
def print_public_key(home: HomeOption = None) -> None:
    """Print the public half of the signing key, for receivers; the key is made when there is none."""
    from dvz_assets.home.keys import public_pem, signing_key
    from dvz_assets.settings import Settings

    with command():
        typer.echo(public_pem(signing_key(Settings.load(home=home)).public_key()), nl=False)


@ledger.command()
def consistency(
    old: Annotated[Path, typer.Argument(help="The older checkpoint, or a voucher with one.")],
    new: Annotated[Path, typer.Argument(help="The newer checkpoint, or a voucher with one.")],
    proof: Annotated[
        Path | None, typer.Option(help="A proof that was printed with --json, to be verified without a ledger.")
    ] = None,
    home: HomeOption = None,
    public_key: KeysOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that the ledger of one checkpoint begins with that of another; ends with status 1 when it does not.

    POD MI prints the proof with --json; whoever holds both checkpoints verifies it with --proof and --public-key.
    """
    from base64 import b64encode

    from dvz_assets.flow.context import Flow
    from dvz_assets.home.merkle import is_consistent
    from dvz_assets.home.witnesses import checkpoint_of, consistency_proof, trusted_keys
    from dvz_assets.settings import Settings

    with command(json=json):
        settings = Settings.load(home=home)
        # whoever was given the proof has no home
        flow = Flow(settings if proof else of_existing_home(settings))
        keys = trusted_keys(settings, public_key)
        before, after = checkpoint_of(old, keys), checkpoint_of(new, keys)
        path = consistency_proof(proof) if proof else flow.ledger.consistency(before, after)
        fits = is_consistent(before, after, path)
        if json:
            hashes = [b64encode(each).decode("ascii") for each in path]
            output.print_json(data={"consistent": fits, "old": before.size, "new": after.size, "proof": hashes})
        else:
            word = "begins with" if fits else "does NOT begin with"
            output.print(f"the ledger of {number_of(after.size, 'entry')} {word} the one of {before.size}")
        if not fits:
            raise typer.Exit(1)


@ledger.command("change-key")
def change_key(
    checkpoint: Annotated[
        Path, typer.Option(help="A signed checkpoint of the ledger as it stands, made with the former key of it.")
    ],
    home: HomeOption = None,
    public_key: KeysOption = None,
) -> None:
    """Let another ledger_key hold from here on, where the former one was lost or leaked; it is itself an entry."""
    from dvz_assets.flow.context import Flow
    from dvz_assets.home.witnesses import checkpoint_of, trusted_keys
    from dvz_assets.settings import Settings

    with command():
        flow = Flow(of_existing_home(Settings.load(home=home)))
        flow.ledger.change_key(checkpoint_of(checkpoint, trusted_keys(flow.settings, public_key)))
        output.print("the ledger goes on under the key of today")


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

    with command(json=json):
        entries = [
            each
            for each in Flow(of_existing_home(Settings.load(home=home))).ledger.entries()
            if month in (None, each.month)
        ]
        if json:
            output.print_json(data=[asdict(each) for each in entries])
            return
        table = Table("no", "at", "user", "event", "month", "details", box=None, pad_edge=False)
        for each in entries:
            details = ", ".join(f"{name} {value}" for name, value in each.details.items())
            table.add_row(str(each.sequence), each.at, each.user, each.event, each.month or "", details)
        output.print(table)
