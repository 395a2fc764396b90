"""Homes of the pipeline with a history, and a fresh copy of one for every run.

A home with the months before the measured one is built by one backfill, up to the month before: to take a month out of
a complete home again would mean to undo a publication and a ledger, which the pipeline does not do.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.cache import PIPELINE, cached
from benchmarks.deliveries import Window
from benchmarks.events import seconds_inside
from benchmarks.measuring import Figures
from benchmarks.programs import run_dvz
from benchmarks.same_rows import SameRows, files_of_home

# All other files of a home are only ever replaced whole, so that a copy may share them.
CHANGED_IN_PLACE = ("published", "ledger", "dagster", "restricted", "locks")


def home_before(window: Window, work: Path, memory_limit: str | None = None) -> Path:
    """A home in which all months of the window but the last one have run; built when it is not there yet."""
    return cached(work, "homes", window.name, PIPELINE, partial(_backfill, window, work, memory_limit))


def _backfill(window: Window, work: Path, memory_limit: str | None, home: Path) -> None:
    months = ("--from", str(window.first), "--to", str(window.last.previous()))
    run_dvz(window, work, home, months, memory_limit)


def run_last_month(
    window: Window, work: Path, memory_limit: str | None = None, rows: SameRows | None = None
) -> Figures:
    """The last month of a window in a fresh copy of its home: the whole process, and what its steps tell."""
    with copy_of(home_before(window, work, memory_limit), work) as home:
        figures = run_dvz(window, work, home, ("--month", str(window.last)), memory_limit)
        if rows is not None:
            rows.refuse_other("dvz", window.name, files_of_home(home, [window.last]))
        return figures | seconds_inside(home)


def run_backfill(window: Window, work: Path, rows: SameRows) -> Figures:
    """All months of a window in one run, in an empty home."""
    with empty_folder(work) as home:
        figures = run_dvz(window, work, home, ("--from", str(window.first), "--to", str(window.last)))
        rows.refuse_other("dvz", f"all of {window.name}", files_of_home(home, window.every_month))
        return figures


@contextmanager
def copy_of(home: Path, work: Path) -> Iterator[Path]:
    """A copy that is removed afterwards; on the disk before anything is measured in it."""
    with empty_folder(work) as copy:
        for entry in home.iterdir():
            by = shutil.copy2 if entry.name in CHANGED_IN_PLACE else os.link
            if entry.is_dir():
                shutil.copytree(entry, copy / entry.name, copy_function=by)
            else:
                shutil.copy2(entry, copy / entry.name)
        os.sync()
        yield copy


@contextmanager
def empty_folder(work: Path) -> Iterator[Path]:
    """A folder below the work folder that is removed afterwards."""
    folder = work / "scratch" / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
