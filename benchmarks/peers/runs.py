"""Runs the tools on the same deliveries, each with a project and a database of its own in a fresh copy.

A history is made once, by the tool itself, over the months before the one that is measured. They run with the Python
that ``make peers-setup`` made; where it is not there, they are left out.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import duckdb

from benchmarks.cache import PIPELINE, ROOT, cached
from benchmarks.deliveries import Window
from benchmarks.homes import empty_folder
from benchmarks.measuring import Figures, measured
from benchmarks.peers import as_dbt, as_sqlmesh
from benchmarks.peers.models import OF_MONTH, inputs_of
from benchmarks.programs import environment
from benchmarks.same_rows import RESULTS, Files, SameRows
from dvz_assets.months import Month

PYTHON = ROOT / "build" / "peers" / "bin" / "python"
SOURCES = (*PIPELINE, "benchmarks/peers")
DBT, SQLMESH = "dbt-duckdb", "SQLMesh"
# what writes a tool's project, and which months the program that runs it is told
WRITERS: Mapping[str, Callable[[Path, Window, Path], None]] = {
    DBT: lambda folder, window, work: as_dbt.write(folder, inputs_of(window.landing(work), window.last, folder)),
    SQLMESH: lambda folder, window, work: as_sqlmesh.write(
        folder, inputs_of(window.landing(work), window.last, folder), str(window.first.first_day)
    ),
}
PROGRAMS = {DBT: ROOT / "benchmarks/peers/run_dbt.py", SQLMESH: ROOT / "benchmarks/peers/run_sqlmesh.py"}
PEERS = tuple(WRITERS)


def are_installed() -> bool:
    """Whether the tools are installed."""
    return PYTHON.exists()


def run_last_month(peer: str, window: Window, work: Path, rows: SameRows) -> Figures:
    """Run the last month of a window, with the months before it in the tool's database."""
    history = cached(work, f"history-{peer}", window.name, SOURCES, partial(_run_earlier_months, peer, window, work))
    with empty_folder(work) as folder:
        shutil.copytree(history, folder, dirs_exist_ok=True)
        os.sync()
        figures = _run(peer, folder, window.last, window.last)
        rows.refuse_other(peer, window.name, _results(folder, [window.last]))
        return figures


def run_backfill(peer: str, window: Window, work: Path, rows: SameRows) -> Figures:
    """Run all months of a window, with nothing before them."""
    with empty_folder(work) as folder:
        WRITERS[peer](folder, window, work)
        figures = _run(peer, folder, window.first, window.last)
        rows.refuse_other(peer, f"all of {window.name}", _results(folder, window.every_month))
        return figures


def _run_earlier_months(peer: str, window: Window, work: Path, folder: Path) -> None:
    WRITERS[peer](folder, window, work)
    _run(peer, folder, window.first, window.last.previous())


def _run(peer: str, folder: Path, first: Month, last: Month) -> Figures:
    settings = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    return measured([str(PYTHON), str(PROGRAMS[peer]), str(first), str(last)], folder, settings)


def _results(folder: Path, months: Sequence[Month]) -> Files:
    # in a process of its own: a measured program is never reported smaller than the process that starts it
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_written, folder, months).result()


def _written(folder: Path, months: Sequence[Month]) -> Files:
    files = {f"{asset} {month}": folder / f"{asset}-{month}.parquet" for month in months for asset in RESULTS}
    with duckdb.connect(folder / "bench.duckdb", read_only=True) as connection:
        for month in months:
            for asset in RESULTS:
                rows = f"SELECT * EXCLUDE ({OF_MONTH}) FROM peer.{asset} WHERE {OF_MONTH} = DATE '{month.first_day}'"
                connection.execute(f"COPY ({rows}) TO '{files[f'{asset} {month}']}' (FORMAT parquet)")
    return files
