"""``dvz run``: runs the Dagster job for a month or a range, and says what came of it."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvz_assets.cli.console import (
    INTERRUPTED_STATUS,
    ExactOption,
    HomeOption,
    JsonOption,
    LandingOption,
    command,
    errors,
    fail,
    output,
    protection_of,
)
from dvz_assets.wording import number_of

# short, so that a month is one line of a terminal; a ground that came later has its own name
COUNT_HEADINGS = ("lines", "rejected", "sel.one", "both", "sent")
GROUND_HEADINGS = {
    "LIVING_WAGE_90_DAYS": "90d",
    "LIVING_WAGE_AFTER_ASSISTANCE": "after",
    "SOCIAL_ASSISTANCE": "soc",
    "ASSISTANCE_4_MONTHS": "4m",
}

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvz_assets.flow.context import Flow
    from dvz_assets.months import Month
    from dvz_assets.tables.protection import Protection


def run(
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="One month.", show_default=False)] = None,
    from_month: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM", help="First month of a range.", show_default=False)
    ] = None,
    to_month: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month of a range.", show_default=False)
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Hand the months to Dagster's daemon, for workers to share; do not wait.")
    ] = False,
    stale: Annotated[bool, typer.Option("--stale", help="All months that have to be run again.")] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    exact: ExactOption = False,
    json: JsonOption = False,
) -> None:
    """Run one month (--month), a range (--from, --to) or what is stale (--stale) through the whole flow.

    Runs the job monthly_dvz_flow, the same as the Dagster UI. Ends with status 1, and says why, when a month asked for
    is not materialised; the months before a bad one are published, the bad one and the later ones are not.
    """
    from dvz_assets.flow.context import Flow
    from dvz_assets.flow.staleness import stale_months
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(Settings.load(landing=landing, home=home))
        if stale and (month, from_month, to_month) == (None, None, None):
            asked = [each.month for each in stale_months(flow)]
        else:
            asked = _months_asked_for(flow, month, from_month, to_month, stale=stale)
        if queue:
            _queue(flow, asked)
            return
        done: list[Month] = []
        message, status = None, 1
        # stale months may have others between them, which need not be run
        for months in _consecutive(asked):
            ran, message, status = _run(flow, months)
            done += ran
            if message is not None:
                break
        if not asked:
            errors.print("Nothing is stale.")
        _report(flow, done, protection_of(flow, exact=exact), json=json)
        if message is not None:
            not_published = ", ".join(str(each) for each in asked if each not in done)
            fail(f"{message}\nNot published: {not_published or 'none'}", status=status)


def _consecutive(months: "Sequence[Month]") -> "list[list[Month]]":
    ranges: list[list[Month]] = []
    for month in months:
        if ranges and ranges[-1][-1].next() == month:
            ranges[-1].append(month)
        else:
            ranges.append([month])
    return ranges


def _months_asked_for(
    flow: "Flow", month: str | None, from_month: str | None, to_month: str | None, *, stale: bool
) -> "list[Month]":
    from dvz_assets.errors import DvzError
    from dvz_assets.months import Month
    from dvz_assets.settings import require_in_range

    one_month = month is not None and from_month is None and to_month is None
    a_range = month is None and from_month is not None and to_month is not None
    if one_month is a_range or stale:
        raise DvzError(
            "NO_MONTH",
            expected="either --month YYYY-MM, or --from YYYY-MM and --to YYYY-MM, or --stale",
            found="none of them, or several",
            remedy="dvz run --month 2018-05",
        )
    first, last = Month.parse(from_month or month or ""), Month.parse(to_month or month or "")
    require_in_range(flow.settings, first, last)
    return Month.range(first, last)


def _run(flow: "Flow", months: "Sequence[Month]") -> "tuple[list[Month], str | None, int]":
    """Run consecutive months; the months that were published, why the others were not, and the exit status."""
    from dvz_assets.cli.progress import progress_of
    from dvz_assets.flow.publishing import published_problems
    from dvz_assets.flow.runnable_months import require_delivered
    from dvz_assets.orchestration.instance import open_instance
    from dvz_assets.orchestration.launch import run_months
    from dvz_assets.questions.attempts import attempts

    message: str | None = None
    good = list(months)
    undelivered = require_delivered(flow, months)
    if undelivered is not None:
        bad, message = undelivered
        good = [each for each in months if each < bad]
    for problem in published_problems(flow):
        errors.print(problem, markup=False)
    with open_instance(flow.settings.work) as instance:
        while good:
            with progress_of(flow, good, errors) as watched:
                failure = run_months(watched, instance, good)
            if failure is None:
                break
            message = failure.message
            if failure.interrupted:
                materialised = attempts(flow)
                done = [each for each in good if each in materialised and not materialised[each].went_wrong]
                return done, message, INTERRUPTED_STATUS
            # the months before the bad one are good: they are run, and published, without it
            good = [each for each in good if failure.month is not None and each < failure.month]
    return good, message, 1


def _queue(flow: "Flow", months: "Sequence[Month]") -> None:
    from dvz_assets.flow.runnable_months import require_delivered
    from dvz_assets.orchestration.instance import open_instance
    from dvz_assets.orchestration.launch import queue_months

    undelivered = require_delivered(flow, months)
    if undelivered is not None:
        fail(undelivered[1])
    if not months:
        return
    with open_instance(flow.settings.work) as instance:
        name = queue_months(flow, instance, months)
    output.print(
        f"Backfill {name} of {number_of(len(months), 'month')} is queued; the UI shows how far it is.", soft_wrap=True
    )


def _report(flow: "Flow", months: "Sequence[Month]", protection: "Protection", *, json: bool) -> None:
    from rich.table import Table

    from dvz_assets.flow.publishing import PUBLISHED_DATABASES
    from dvz_assets.questions.overview import month_results
    from dvz_assets.tables.protection import told

    results = month_results(flow, months, protection)
    if json:
        output.print_json(data=[result.as_json() for result in results])
        return
    if not results:
        return
    later = sorted({ground for result in results for ground in result.by_ground} - GROUND_HEADINGS.keys())
    grounds = GROUND_HEADINGS | {ground: ground.lower() for ground in later}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("month", "regime"):
        table.add_column(heading, no_wrap=True)
    for heading in (*COUNT_HEADINGS, *grounds.values()):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        by_ground = (result.by_ground.get(ground, 0) for ground in grounds)
        counts = (str(told(count)) for count in (*result.counts(), *by_ground))
        table.add_row(str(result.month), result.regime, *counts)
    output.print(table)
    output.print(f"Grounds: {', '.join(f'{short} = {ground}' for ground, short in grounds.items())}", soft_wrap=True)
    files = [database.path(flow.settings.home) for database in PUBLISHED_DATABASES.values()]
    program, python = shlex.quote(sys.argv[0]), shlex.quote(str(Path(sys.argv[0]).with_name("python")))
    options = shlex.join(["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)])
    # read-only: what is opened for writing leaves something beside it
    question = f"import duckdb; duckdb.connect({str(files[1])!r}, read_only=True).sql('FROM month_overview').show()"
    ask = f"{python} -c {shlex.quote(question)}"
    if flow.storage.local_path(files[1]) is None:
        ask = f"{program} sql --home {flow.settings.home} 'FROM month_overview'"
    output.print(
        f"\nPublished: {files[0]}\n           {files[1]}\n\nNext:\n"
        f"  {program} status {options}\n"
        "      what is delivered, materialised and sent\n"
        f"  {program} dev {options}\n"
        "      the Dagster UI on 127.0.0.1, with these months and their checks\n"
        f"  {ask}\n"
        "      the counts that analysts see",
        markup=False,
        soft_wrap=True,
    )
