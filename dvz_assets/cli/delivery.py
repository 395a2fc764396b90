"""``dvz delivery``: what stands ready, what is released, what has left, and what the receiver says of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvz_assets.cli.console import (
    ExactOption,
    HomeOption,
    JsonOption,
    LandingOption,
    command,
    of_existing_home,
    output,
    protection_of,
)

if TYPE_CHECKING:
    from dvz_assets.flow.context import Flow
    from dvz_assets.outbound.states import DeliveryState

delivery = typer.Typer(
    name="delivery", no_args_is_help=True, help="Look at deliveries, release, transmit, reject them."
)

MonthOption = Annotated[str, typer.Option(metavar="YYYY-MM", help="Month of the delivery.")]
SequenceOption = Annotated[int | None, typer.Option(min=1, help="Its sequence; without it, the last one of the month.")]


@delivery.command(name="list")
def list_deliveries(
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show every delivery with its state, what it lacks, and whether an answer is overdue."""
    from rich.table import Table

    from dvz_assets.questions.outgoing import outgoing_deliveries

    with command(json=json):
        found = outgoing_deliveries(_flow(landing, home))
        if json:
            output.print_json(data=[each.as_json() for each in found])
            return
        table = Table(
            "month", "sequence", "state", "since", "approvals", "missing", "remarks", box=None, pad_edge=False
        )
        for each in found:
            state = each.delivery.state
            remarks = [*(["historical"] if each.historical else []), *(["answer overdue"] if each.overdue else [])]
            table.add_row(
                str(each.delivery.month),
                each.delivery.number,
                state,
                f"{each.delivery.times[state]:%Y-%m-%d %H:%M}",
                ", ".join(each.approvals),
                str(each.missing or ""),
                ", ".join(remarks),
            )
        output.print(table)


@delivery.command()
def show(
    month: MonthOption,
    sequence: SequenceOption = None,
    persons: Annotated[
        bool, typer.Option("--persons", help="Show who was added, removed or changed, and the corrections.")
    ] = False,
    exact: ExactOption = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a releaser looks at: counts against the months before, changes, checks, holds. Counts are protected."""
    from dvz_assets.home.ledger import Event
    from dvz_assets.months import Month
    from dvz_assets.questions.outgoing import corrections_of, persons_of, what_to_release

    with command(json=json):
        flow, of_month = _flow(landing, home), Month.parse(month)
        shown = what_to_release(flow, of_month, sequence, protection_of(flow, exact=exact))
        if persons:
            who = persons_of(flow, of_month, sequence)
            corrected = corrections_of(flow, of_month, sequence)
            everybody = list(
                dict.fromkeys(
                    [*(insz for kind in who.values() for insz in kind), *(str(row["insz"]) for row in corrected)]
                )
            )
            details: dict[str, str | int] = {"delivery": shown["sequence"], "persons": len(everybody)}
            flow.ledger.append(Event.SHOWN, month=of_month, details=details, persons=everybody)
            shown |= {"who": who, "corrected": corrected}
        if json:
            output.print_json(data=shown)
            return
        _print_shown(shown)


@delivery.command()
def release(
    month: MonthOption,
    until: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM", help="Release the last delivery of all months up to this.")
    ] = None,
    sequence: SequenceOption = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Private key of an approver (Ed25519, PEM, mode 0600); needed where there are any."),
    ] = None,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Approve a prepared delivery; it is released when as many approvers as the settings ask for have done so."""
    from dvz_assets.home.keys import private_key
    from dvz_assets.months import Month
    from dvz_assets.outbound import release as releasing
    from dvz_assets.outbound.states import State, states_of_month

    with command(json=json):
        flow, own_key = _flow(landing, home), None if key is None else private_key(key)
        months = [Month.parse(month)]
        if until is not None:
            months = [
                each
                for each in Month.range(months[0], Month.parse(until))
                if any(delivery.state is State.PREPARED for delivery in states_of_month(flow.ledger, each))
            ]
        try:
            done = [releasing.release(flow.settings, flow.ledger, each, sequence, own_key) for each in months]
        finally:
            _publish(flow)
        _tell(flow, done, json=json)


@delivery.command()
def reject(
    month: MonthOption,
    reference: Annotated[str, typer.Option(help="Reference of the decision of the desk; it goes into the ledger.")],
    sequence: SequenceOption = None,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Let a delivery never leave; running the month again prepares the next one, even with the same result."""
    from dvz_assets.months import Month
    from dvz_assets.outbound import release as releasing

    with command(json=json):
        flow = _flow(landing, home)
        rejected = releasing.reject(flow.settings, flow.ledger, Month.parse(month), sequence, reference)
        _publish(flow)
        _tell(flow, [rejected], json=json)


@delivery.command()
def transmit(
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Month of the delivery; without it, all that are released.")
    ] = None,
    sequence: SequenceOption = None,
    done: Annotated[bool, typer.Option("--done", help="Somebody has sent it by hand: only say so.")] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Put released deliveries into the outbox, or say that one was sent by hand. What was sent is never sent again."""
    from dvz_assets.cli.console import fail
    from dvz_assets.errors import DvzError
    from dvz_assets.months import Month
    from dvz_assets.outbound import transmission

    with command(json=json):
        flow = _flow(landing, home)
        if month is None and (done or sequence is not None):
            raise DvzError(
                "NO_MONTH",
                place="--month",
                expected="the month of one delivery, with --done or --sequence",
                found="none",
                remedy="name the delivery",
            )
        wanted: list[tuple[Month, int | None]] = (
            [(each.month, each.sequence) for each in transmission.ready(flow.ledger)]
            if month is None
            else [(Month.parse(month), sequence)]
        )
        sent: list[DeliveryState] = []
        problems: list[DvzError] = []
        for of_month, number in wanted:
            try:
                sent.append(transmission.transmit(flow.settings, flow.ledger, of_month, number, done_by_hand=done))
            except DvzError as problem:  # which holds no other delivery back
                problems.append(problem)
        if sent:
            _publish(flow)
        if len(problems) == len(wanted) == 1:
            raise problems[0]
        _tell(flow, sent, json=json)
        if problems:
            fail("\n".join(str(problem) for problem in problems))


@delivery.command()
def stamp(home: HomeOption = None, json: JsonOption = False) -> None:
    """Have every voucher time-stamped that is not; ends with status 1 while the authority gives none."""
    from dvz_assets.cli.console import fail
    from dvz_assets.outbound.time_stamping import stamp_missing

    with command():
        flow = _flow(None, home)
        found = stamp_missing(flow.settings, flow.storage, flow.ledger)
        if json:
            output.print_json(data={"stamped": found.stamped, "missing": found.missing})
        else:
            output.print(str(found) or "Nothing to do.")
        if found.trouble is not None:
            fail(str(found.trouble))


@delivery.command()
def acknowledge(landing: LandingOption = None, home: HomeOption = None, json: JsonOption = False) -> None:
    """Take in the receiver's answers from the landing zone; ends with status 1 when one of them cannot be taken in."""
    from dvz_assets.cli.console import fail
    from dvz_assets.outbound.acknowledgements import take_in

    with command(json=json):
        flow = _flow(landing, home)
        taken = take_in(flow.settings, flow.ledger)
        if taken.deliveries:
            _publish(flow)
        _tell(flow, taken.deliveries, json=json)
        if taken.problems:
            fail("\n".join(str(problem) for problem in taken.problems))


def _flow(landing: Path | None, home: str | None) -> "Flow":
    from dvz_assets.flow.context import Flow
    from dvz_assets.settings import Settings

    return Flow(of_existing_home(Settings.load(landing=landing, home=home)))


def _publish(flow: "Flow") -> None:
    from dvz_assets.flow.publishing import publish_steps

    publish_steps(flow)


def _tell(flow: "Flow", deliveries: "list[DeliveryState] | tuple[DeliveryState, ...]", *, json: bool) -> None:
    from dvz_assets.questions.outgoing import outgoing_deliveries

    names = {each.name for each in deliveries}
    found = [each for each in outgoing_deliveries(flow) if each.delivery.name in names]
    if json:
        output.print_json(data=[each.as_json() for each in found])
        return
    for each in found:
        missing = f", {each.missing} more to approve" if each.missing else ""
        output.print(f"{each.delivery.name}: {each.delivery.state}{missing}")
    if not found:
        output.print("Nothing to do.")


def _print_shown(shown: dict[str, Any]) -> None:
    from dvz_assets.flow.drift import StandsOut
    from dvz_assets.tables.protection import told

    def counts(values: dict[str, int | None]) -> str:
        return ", ".join(f"{name} {told(value)}" for name, value in values.items()) or "nothing to compare with"

    remark = " (historical)" if shown["historical"] else ""
    output.print(f"{shown['month']}/{shown['sequence']:04d}: {shown['state']}{remark}, {shown['regime']}")
    output.print(f"approvals: {', '.join(shown['approvals']) or 'none'}; missing: {shown['missing_approvals']}")
    output.print(f"waits for: {shown['waits_for']}")
    output.print(f"persons: {counts(shown['persons'])}")
    for each in shown["by_category_and_ground"]:
        output.print(f"  {each['category']}, {each['ground']}: {told(each['persons'])}")
    output.print(f"against the delivery before: {counts(shown['against_the_delivery_before'])}")
    output.print(f"against the month before: {counts(shown['against_the_month_before'])}")
    corrections = {f"{each['kind']}, {each['reason']}": each["persons"] for each in shown["corrections"]}
    output.print(f"corrections of earlier signals: {counts(corrections) if corrections else 'none'}")
    output.print(f"withheld: {told(shown['withheld'])}")
    stands_out = shown["stands_out"]
    remark = "too few months to judge" if stands_out is None else "nothing stands out" if not stands_out else ""
    output.print(f"against the months before: {remark}".rstrip())
    for row in stands_out or ():
        output.print(f"  {StandsOut(**row)}", markup=False)
    output.print(f"failed checks: {', '.join(shown['failed_checks']) or 'none'}; stale: {shown['stale'] or 'no'}")
    if shown["reason_of_refusal"]:
        output.print(f"refused: {shown['reason_of_refusal']}", markup=False)
    output.print(f"voucher: {shown['voucher_sha256']}")
    for change, numbers in shown.get("who", {}).items():
        for number in numbers:
            output.print(f"{change} {number}")
    for row in shown.get("corrected", ()):
        now = f", now {row['insz_now']}" if row["insz_now"] else ""
        output.print(f"corrected {row['insz']} of {row['month_sent']}: {row['kind']}, {row['reason']}{now}")
