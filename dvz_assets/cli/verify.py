"""``dvz verify``: is a delivery what was written, and does a month come out the same again."""

from pathlib import Path
from typing import Annotated

import typer

from dvz_assets.cli.console import HomeOption, JsonOption, LandingOption, command, of_existing_home, output


def verify(
    delivery: Annotated[
        str | None, typer.Argument(help="Folder of a delivery, such as .dvz/deliveries/2018-05/0001.")
    ] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Compute this month again and compare.")] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(help="Ed25519 public keys (PEM) that the voucher may be signed with; may be repeated."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint, or a voucher with one, that the ledger has to go on from; may be repeated."),
    ] = None,
    time_stamp_certificates: Annotated[
        Path | None,
        typer.Option(help="Certificates (PEM) of the authority that has to have time-stamped the voucher."),
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Check a delivery (hashes, signature, ledger), or compute a month again from its recorded inputs (--month).

    What was made from the same inputs, by the same code and under the same versions, has to come out byte for byte;
    otherwise its rows are compared. The answer says which.

    Of a delivery that was received, its folder and --public-key are enough: the voucher proves that the ledger had it.
    Without --public-key, the key is the public half of the home's signing key. With --time-stamp-certificates a time
    stamp is due; without, one that is there is verified by the setting of that name. Ends with status 1 when something
    is not as it should be. Writes nothing.
    """
    from dvz_assets.addresses import path_at
    from dvz_assets.errors import DvzError
    from dvz_assets.flow.context import Flow
    from dvz_assets.home.time_stamps import certificates
    from dvz_assets.home.witnesses import checkpoint_of, trusted_keys
    from dvz_assets.months import Month
    from dvz_assets.questions.reproduction import reproduce
    from dvz_assets.questions.sealed_delivery import check_written
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(Settings.load(landing=landing, home=home))
        if (delivery is None) is (month is None):
            raise DvzError(
                "NOTHING_TO_VERIFY",
                expected="either the folder of a delivery, or --month YYYY-MM",
                found="none of them, or both",
                remedy="dvz verify .dvz/deliveries/2018-05/0001, or dvz verify --month 2018-05",
            )
        if month is not None:
            of_existing_home(flow.settings)
            again = reproduce(flow, Month.parse(month))
            rows = [
                (part.name, part.is_same, f"{'the same' if part.is_same else 'other'} {part.compared}")
                for part in again.parts
            ]
            remarks = list(again.changed_since)
        else:
            keys = trusted_keys(flow.settings, public_key)
            is_signed = bool(public_key) or flow.settings.signing_key is not None
            held = [checkpoint_of(path, keys) for path in checkpoint or []]
            of_authority = time_stamp_certificates or flow.settings.time_stamp_certificates
            assert delivery is not None
            found = check_written(
                flow,
                path_at(delivery),
                keys,
                signature_is_due=is_signed,
                held=held,
                authority=certificates(of_authority) if of_authority else (),
                time_stamp_is_due=time_stamp_certificates is not None,
            )
            rows = [(each.what, each.fits, each.seen) for each in found]
            remarks = []
        if json:
            output.print_json(
                data={
                    "checked": [dict(zip(("what", "fits", "seen"), row, strict=True)) for row in rows],
                    "changed_since": remarks,
                }
            )
        else:
            for what, fits, seen in rows:
                output.print(f"{'ok   ' if fits else 'WRONG'} {what}: {seen}", markup=False, soft_wrap=True)
            for remark in remarks:
                output.print(f"since the month was run: {remark}", markup=False, soft_wrap=True)
        if not all(fits for _, fits, _ in rows):
            raise typer.Exit(1)
