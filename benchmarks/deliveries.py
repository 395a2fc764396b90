"""Deliveries for the benchmarks: generated once below the work folder, and windows on their last months."""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder

START = Month.parse("2014-05")
SOURCES = ("novaprima", "register")


@dataclass(frozen=True, slots=True)
class Zone:
    """A landing zone of consecutive months from START on, in the folder of its name.

    ``persons`` are in a month; ``foreigners`` is their share that is not Belgian, None for what is usual.
    """

    name: str
    persons: int
    months: int
    file_format: Literal["csv", "parquet"]
    foreigners: float | None = None

    @property
    def last(self) -> Month:
        """Its last month."""
        return START.plus(self.months - 1)

    def ready(self, work: Path) -> Path:
        """Its folder, generated when it is not there yet."""
        folder = work / self.name
        complete = work / f"{self.name}.complete"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            write = partial(
                generate,
                folder,
                seed=1965,
                persons=self.persons,
                months=self.months,
                start=str(START),
                file_format=self.file_format,
                reference=reference_folder(),
                foreigners=self.foreigners,
            )
            # in a process of its own: a measured program is never reported smaller than the process that starts it
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                apart.submit(write).result()
            complete.touch()
        return folder


@dataclass(frozen=True, slots=True)
class Window:
    """The last month of a zone and the months before it that are looked at: what a measured program is given."""

    zone: Zone
    months: int  # the last month included

    @property
    def name(self) -> str:
        """Name of the folders that belong to it."""
        return f"{self.zone.name}-{self.months}"

    @property
    def first(self) -> Month:
        """Its first month."""
        return self.zone.last.plus(1 - self.months)

    @property
    def last(self) -> Month:
        """The month that is measured."""
        return self.zone.last

    @property
    def every_month(self) -> list[Month]:
        """All of them, in order."""
        return Month.range(self.first, self.last)

    def landing(self, work: Path) -> Path:
        """A landing zone with these months and no others; links, so that it costs nothing."""
        landing = self.zone.ready(work)
        if self.months == self.zone.months:
            return landing
        target = work / "windows" / self.name
        shutil.rmtree(target, ignore_errors=True)
        for source in SOURCES:
            for folder in sorted((landing / source).iterdir())[-self.months :]:
                shutil.copytree(folder, target / source / folder.name, copy_function=os.link)
        return target
