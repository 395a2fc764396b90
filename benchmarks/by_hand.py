"""The files that the hand-written programs keep, with a history, and a fresh copy of them for every run.

Only ``bare`` runs over the months before. The history of a program is the same lines in its own form; Polars and pandas
would take an hour to make theirs month after month, and DuckDB writes it from that of ``bare`` in seconds. A test
compares the two.
"""

import os
import shutil
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.bare import KINDS
from benchmarks.deliveries import Window
from benchmarks.homes import empty_folder
from benchmarks.kept import BARE, kept
from benchmarks.measuring import Figures
from benchmarks.programs import run_by_hand

TRANSLATED = (*BARE, "benchmarks/by_hand.py")
# By program: how it writes a line of the history and a replacement, in terms of bare's files, and its compression.
FORMS = {
    "polars_job": (
        f"insz, month, {KINDS}[kind] AS kind, first_day, last_day, cents, share_cents",
        "old, new AS present",
        "lz4",
    ),
    "pandas_job": (
        "month, insz, CAST(kind AS TINYINT) AS kind, CAST(first_day AS TIMESTAMP) AS first_day, "
        "CAST(last_day AS TIMESTAMP) AS last_day, cents, share_cents",
        "old, new",
        "snappy",
    ),
}


def run_last_month_by_hand(module: str, window: Window, work: Path) -> Figures:
    """The last month of a window, with the months before it in the program's history."""
    history = history_of(module, window, work)
    with empty_folder(work) as copy:
        shutil.copytree(history, copy, copy_function=os.link, dirs_exist_ok=True)
        return run_by_hand(module, window, work, copy, str(window.last), str(window.last))


def run_backfill_by_hand(module: str, window: Window, work: Path) -> Figures:
    """All months of a window in one process, with nothing before them."""
    with empty_folder(work) as folder:
        return run_by_hand(module, window, work, folder, str(window.first), str(window.last))


def history_of(module: str, window: Window, work: Path) -> Path:
    """What a program keeps of the months of a window before its last; made when it is not there yet."""
    if module == "bare":
        return kept(work, "history-bare", window.name, BARE, partial(_run_months, window, work))
    return kept(work, f"history-{module}", window.name, TRANSLATED, partial(_translate, module, window, work))


def _run_months(window: Window, work: Path, folder: Path) -> None:
    run_by_hand("bare", window, work, folder, str(window.first), str(window.last.previous()))


def _translate(module: str, window: Window, work: Path, folder: Path) -> None:
    line, replacement, compression = FORMS[module]
    of_bare = history_of("bare", window, work)
    for table, columns in (("history", line), ("replacements", replacement)):
        (folder / table).mkdir()
        for path in sorted((of_bare / table).iterdir()):
            rows = f"SELECT {columns} FROM read_parquet('{path}')"
            duckdb.sql(f"COPY ({rows}) TO '{folder / table / path.name}' (FORMAT parquet, COMPRESSION {compression})")
