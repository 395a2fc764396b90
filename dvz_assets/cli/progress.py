"""The progress bar of a run: one step per asset and month."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES
from dvz_assets.flow.steps import WRITERS
from dvz_assets.months import Month


@contextmanager
def progress_of(flow: Flow, months: Sequence[Month], console: Console) -> Iterator[Flow]:
    """The flow, telling a progress bar of each of its steps."""
    columns = (TextColumn("{task.description:<30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=(len(WRITERS) + 1) * len(months) + len(PUBLISHED_DATABASES))

        def on_step(asset: str, month: Month | None) -> None:
            progress.update(task, advance=1, description=asset if month is None else f"{asset} {month}")

        yield replace(flow, on_step=on_step)
