"""The programs that are measured, as commands, and the environment that they run in."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cache import ROOT
from benchmarks.deliveries import Window
from benchmarks.measuring import Figures, measured

OWN = ("DVZ_", "DAGSTER_")


def environment(**settings: str) -> dict[str, str]:
    """That of this process, without the pipeline's own variables but with these settings of it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return {**inherited, **{f"DVZ_{name.upper()}": value for name, value in settings.items()}}


def installed(program: str) -> str:
    """Path of a program that was installed with this Python."""
    return str(Path(sys.executable).with_name(program))


def run_dvz(
    window: Window,
    work: Path,
    home: Path,
    months: Sequence[str],
    memory_limit: str | None = None,
    engine: str | None = None,
) -> Figures:
    """``dvz run`` on a window, in a folder without dvz.toml; ``months`` are its options.

    Where an engine is asked for, the processes that it starts are measured too.
    """
    asked = {"memory_limit": memory_limit, "engine": engine}
    settings = {name: value for name, value in asked.items() if value is not None}
    return measured(
        [installed("dvz"), "run", *months, "--landing", str(window.landing(work)), "--home", str(home)],
        home.parent,
        environment(first_month=str(window.first), **settings),
        with_children=engine is not None,
    )


def run_by_hand(module: str, window: Window, work: Path, folder: Path, first: str, last: str) -> Figures:
    """One of the hand-written programs, with its own files in ``folder``."""
    program = [sys.executable, "-m", f"benchmarks.{module}", "--landing", str(window.landing(work))]
    return measured([*program, "--work", str(folder), "--month", first, "--to", last], ROOT, environment())
