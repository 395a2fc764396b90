"""``dvz plan``: whom other tables, or another reading of the law, would touch."""

from pathlib import Path
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
from dvz_assets.errors import DvzError

if TYPE_CHECKING:
    from rich.progress import Progress

    from dvz_assets.flow.context import Flow
    from dvz_assets.questions.plan import Alternative, Effect
    from dvz_assets.tables.protection import Protection


def plan(
    reference: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the tables to try (all of them).", show_default=False)
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="COLUMN=VALUE", help="Another value in category_rules; may be repeated."),
    ] = None,
    categories: Annotated[
        list[str] | None, typer.Option("--category", help="Only in the rules of this category; may be repeated.")
    ] = None,
    regimes: Annotated[
        list[str] | None, typer.Option("--regime", help="Only in the rules of this regime; may be repeated.")
    ] = None,
    readings: Annotated[
        bool, typer.Option("--readings", help="Every reading of the law that a column of the rules holds, one by one.")
    ] = False,
    landing: LandingOption = None,
    home: HomeOption = None,
    exact: ExactOption = False,
    json: JsonOption = False,
) -> None:
    """Show which months and how many persons other tables or rules would touch, by outcome. Writes nothing.

    Other tables are a folder (--reference), or those in force with other values in category_rules (--set); an empty
    value is an empty cell. Counts by month, outcome, category and grounds. --readings tries the alternatives of
    readings.csv one after the other and counts persons and months in and out.
    """
    from contextlib import nullcontext

    from dvz_assets.flow.context import Flow
    from dvz_assets.questions.plan import plan as effects_of
    from dvz_assets.questions.plan import tables_with
    from dvz_assets.settings import Settings

    with command(json=json):
        flow = Flow(of_existing_home(Settings.load(landing=landing, home=home)))
        protection = protection_of(flow, exact=exact)
        folder = (reference or flow.settings.reference).absolute()
        if readings:
            _plan_readings(flow, folder, protection, json=json)
            return
        chosen = _chosen(values or [])
        _require_something_to_try(reference, chosen)
        tables = tables_with(folder, chosen, categories or (), regimes or ()) if chosen else nullcontext(folder)
        with tables as tried, _progress() as progress:
            task = progress.add_task("months computed again", total=len(flow.lake.months("aid_history")))
            effects = effects_of(flow, tried, on_month=lambda month: progress.advance(task))
        if json:
            output.print_json(data=[_as_json(each, protection) for each in effects])
        else:
            _print(effects, protection)


def _plan_readings(flow: "Flow", folder: Path, protection: "Protection", *, json: bool) -> None:
    from dvz_assets.questions.plan import alternatives, plan_alternative

    found = []
    with _progress() as progress:
        for reading, setting in progress.track(alternatives(folder), description="readings tried"):
            found.append(plan_alternative(flow, folder, reading, setting))
    if json:
        output.print_json(data=[_alternative_as_json(each, protection) for each in found])
    else:
        _print_alternatives(found, protection)


def _progress() -> "Progress":
    from rich.progress import Progress

    return Progress(console=errors, transient=True, disable=not errors.is_terminal)


def _chosen(values: list[str]) -> dict[str, str]:
    chosen = {}
    for text in values:
        column, equals, value = text.partition("=")
        if not equals:
            raise _nothing_to_try("COLUMN=VALUE after --set", "no =")
        chosen[column] = value
    return chosen


def _require_something_to_try(reference: Path | None, chosen: dict[str, str]) -> None:
    if reference is None and not chosen:
        raise _nothing_to_try("--reference DIR, --set COLUMN=VALUE, or --readings", "none of them")


def _nothing_to_try(expected: str, found: str) -> DvzError:
    return DvzError(
        "NOTHING_TO_TRY",
        expected=expected,
        found=found,
        remedy="dvz plan --set living_wage_days_mode=CONSECUTIVE --category EU_CITIZEN",
    )


def _as_json(effect: "Effect", protection: "Protection") -> dict[str, str | int | list[str] | None]:
    return {
        "month": str(effect.month),
        "outcome_before": effect.outcome_before,
        "outcome_after": effect.outcome_after,
        "category": effect.category,
        "grounds": list(effect.grounds),
        "persons": protection.count(effect.persons),
    }


def _print(effects: list["Effect"], protection: "Protection") -> None:
    from rich.table import Table

    from dvz_assets.questions.plan import entering, leaving
    from dvz_assets.tables.protection import told

    def shown(persons: int) -> str:
        return str(told(protection.count(persons)))

    if not effects:
        output.print("Nobody's outcome, and nothing that is sent, would change.")
        return
    table = Table("month", "outcome", "would be", "category", "grounds", "persons", box=None, pad_edge=False)
    for each in effects:
        grounds = ", ".join(each.grounds)
        table.add_row(
            str(each.month), each.outcome_before, each.outcome_after, each.category or "", grounds, shown(each.persons)
        )
    output.print(table)
    output.print(
        f"Persons and months: {shown(entering(effects))} would be sent as well, {shown(leaving(effects))} no more."
    )


def _print_alternatives(found: list["Alternative"], protection: "Protection") -> None:
    from rich.table import Table

    from dvz_assets.questions.plan import entering, leaving
    from dvz_assets.tables.protection import told

    table = Table("reading", "document", "would be", "sent as well", "no more", "months", box=None, pad_edge=False)
    for each in found:
        months = len({effect.month for effect in each.effects})
        table.add_row(
            each.reading.id,
            f"{each.reading.document} {each.reading.paragraph}",
            f"{each.setting.column}={each.setting.value}",
            *(str(told(protection.count(count(each.effects)))) for count in (entering, leaving)),
            str(months),
        )
    output.print(table)


def _alternative_as_json(each: "Alternative", protection: "Protection") -> dict[str, object]:
    return {
        "reading": each.reading.id,
        "column": each.setting.column,
        "value": each.setting.value,
        "effects": [_as_json(effect, protection) for effect in each.effects],
    }
