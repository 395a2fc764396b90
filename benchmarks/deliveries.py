"""Deliveries for the benchmarks, generated once and kept below the work folder."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder

START = Month.parse("2014-05")
SOURCES = ("novaprima", "register")


@dataclass(frozen=True, slots=True)
class Zone:
    """A landing zone of consecutive months from START on; ``persons`` are in a month."""

    folder: Path
    persons: int
    months: int
    file_format: Literal["csv", "parquet"]

    @property
    def last(self) -> Month:
        """Its last month."""
        return START.plus(self.months - 1)

    def ready(self) -> Path:
        """Its folder, generated when it is not there yet."""
        complete = self.folder.with_suffix(".complete")
        if not complete.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            generate(
                self.folder,
                seed=1965,
                persons=self.persons,
                months=self.months,
                start=str(START),
                file_format=self.file_format,
                reference=reference_folder(),
            )
            complete.touch()
        return self.folder


def last_months(landing: Path, months: int, target: Path) -> Path:
    """A landing zone with the last months of another; links, so that it costs nothing."""
    shutil.rmtree(target, ignore_errors=True)
    for source in SOURCES:
        for folder in sorted((landing / source).iterdir())[-months:]:
            shutil.copytree(folder, target / source / folder.name, copy_function=os.link)
    return target
