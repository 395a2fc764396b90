"""Runs the hand-written programs, each with its own history in a fresh copy.

A history is made once, by the program itself, over the months before the one that is measured.
"""

import os
import shutil
from functools import partial
from pathlib import Path

from benchmarks.cache import cached
from benchmarks.deliveries import Window
from benchmarks.homes import empty_folder
from benchmarks.measuring import Figures
from benchmarks.programs import run_by_hand
from benchmarks.same_rows import SameRows, files_of_program


def run_last_month_by_hand(module: str, window: Window, work: Path, rows: SameRows) -> Figures:
    """Run the last month of a window, with the months before it in the program's history."""
    sources = (f"benchmarks/{module}.py", "benchmarks/job.py", "reference")
    history = cached(
        work, f"history-{module}", window.name, sources, partial(_run_earlier_months, module, window, work)
    )
    with empty_folder(work) as copy:
        shutil.copytree(history, copy, copy_function=os.link, dirs_exist_ok=True)
        figures = run_by_hand(module, window, work, copy, str(window.last), str(window.last))
        rows.refuse_other(module, window.name, files_of_program(copy, [window.last]))
        return figures


def run_backfill_by_hand(module: str, window: Window, work: Path, rows: SameRows) -> Figures:
    """Run all months of a window in one process, with nothing before them."""
    with empty_folder(work) as folder:
        figures = run_by_hand(module, window, work, folder, str(window.first), str(window.last))
        rows.refuse_other(module, f"all of {window.name}", files_of_program(folder, window.every_month))
        return figures


def _run_earlier_months(module: str, window: Window, work: Path, folder: Path) -> None:
    run_by_hand(module, window, work, folder, str(window.first), str(window.last.previous()))
