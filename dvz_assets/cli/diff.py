"""``dvz diff``: what differs between deliveries, or between one and what would be sent now."""

from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import (
    ExactOption,
    HomeOption,
    JsonOption,
    LandingOption,
    command,
    errors,
    of_existing_home,
    output,
    protection_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvz_assets.months import Month


def diff(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to compare.")],
    with_month: Annotated[
        str | None, typer.Option("--with", metavar="YYYY-MM", help="Another month.", show_default=False)
    ] = None,
    deliveries: Annotated[
        str | None,
        typer.Option(metavar="1,2", help="Two deliveries of the month, by sequence.", show_default=False),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="With what today's inputs and rules would send.")] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    exact: ExactOption = False,
    json: JsonOption = False,
) -> None:
    """Compare what was sent: two deliveries of a month, two months, or a month with what would be sent now.

    Prints counts. The list of persons (added, removed, changed by column, outcome before and after) goes to a file in
    restricted/, which is named. The question goes on record in the ledger.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from dvz_assets.flow.context import Flow
    from dvz_assets.home.ledger import Event
    from dvz_assets.months import Month
    from dvz_assets.questions.comparison import as_of_today, by_cause, compare, delivered, summary, write_comparison
    from dvz_assets.questions.other_regime import under_regime
    from dvz_assets.settings import Settings
    from dvz_assets.tables.protection import told

    with command(json=json):
        first, second = _two_sequences(deliveries)
        _require_one_question(with_month, deliveries, now=now)
        flow, one = Flow(of_existing_home(Settings.load(landing=landing, home=home))), Month.parse(month)
        before = delivered(flow, one, first)
        other = one if with_month is None else Month.parse(with_month)
        columns = (TextColumn("{task.description:<30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:

            def each_month() -> "Callable[[Month], None]":
                earlier = [each for each in flow.lake.months("aid_history") if each <= other]
                task = progress.add_task("months computed again", total=len(earlier))
                return lambda month: progress.advance(task)

            after = as_of_today(flow, one, each_month()) if now else delivered(flow, other, second)
            causes = {}
            if before.regime != after.regime:
                causes = by_cause(
                    before, under_regime(flow, other, before.regime, now=now, on_month=each_month()), after
                )
        found = compare(before, after)
        flow.ledger.append(Event.COMPARED, month=one, details={"before": before.name, "after": after.name})
        protection = protection_of(flow, exact=exact)
        counts = {what: protection.together(by) for what, by in {**summary(found), **causes}.items()}
        path = write_comparison(flow, found, before, after)
        if json:
            output.print_json(data={**counts, "persons_file": str(path)})
            return
        output.print(f"{before.name} to {after.name}")
        if causes:
            output.print(f"  the regime changes from {before.regime} to {after.regime}", markup=False)
            output.print("  (facts: as if it had not changed; regime: with the same facts)")
        for what, by in counts.items():
            for name, persons in by.items():
                persons_in_words = "1 person" if persons == 1 else f"{told(persons)} persons"
                output.print(f"  {what:<9} {name}: {persons_in_words}", markup=False)
        output.print(f"Persons: {path}", markup=False, soft_wrap=True)


def _two_sequences(deliveries: str | None) -> tuple[int | None, int | None]:
    from dvz_assets.errors import DvzError

    if deliveries is None:
        return None, None
    numbers = deliveries.split(",")
    if len(numbers) != 2 or not all(number.strip().isdigit() for number in numbers):
        raise DvzError(
            "NO_DELIVERIES",
            place="--deliveries",
            expected="two sequences, such as 1,2",
            found=f"{len(numbers)} parts",
            remedy="dvz diff --month 2018-05 --deliveries 1,2",
        )
    return int(numbers[0]), int(numbers[1])


def _require_one_question(with_month: str | None, deliveries: str | None, *, now: bool) -> None:
    from dvz_assets.errors import DvzError

    asked = [with_month is not None, deliveries is not None, now].count(True)
    if asked != 1:
        raise DvzError(
            "NOTHING_TO_COMPARE",
            expected="one of --with YYYY-MM, --deliveries 1,2 and --now",
            found=f"{asked} of them",
            remedy="dvz diff --month 2018-05 --now",
        )
