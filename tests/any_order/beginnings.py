"""What homes begin from, made once in a process: deliveries, stricter tables, what version 0.1.0 left behind."""

import tarfile
import tempfile
from functools import cache
from pathlib import Path

from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from tests.oracle.landing import read_reference
from tests.properties.readings import Reading, write_reading

MONTHS = Month.range(Month.parse("2018-04"), Month.parse("2018-06"))
PERSONS = 40
FROZEN = Path(__file__).parents[1] / "frozen" / "0.1.0"


@cache
def frozen() -> Path:
    """The home of the first version, with its landing zone and its keys."""
    folder = Path(tempfile.mkdtemp(prefix="dvz-driven-"))
    with tarfile.open(FROZEN / "home.tar.xz") as packed:
        packed.extraction_filter = lambda member, _: member  # modes are part of a home
        packed.extractall(folder)
    return folder


@cache
def stricter_tables() -> Path:
    """Reference tables with stricter rules."""
    folder = Path(tempfile.mkdtemp(prefix="dvz-driven-")) / "stricter"
    rules = [{**row, "requires_limited_stay": "true"} for row in read_reference(reference_folder())["category_rules"]]
    write_reading(folder, Reading(category_rules=rules))
    return folder


@cache
def landing() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dvz-driven-")) / "landing"
    generate(
        folder,
        seed=11,
        persons=PERSONS,
        months=len(MONTHS),
        start=str(MONTHS[0]),
        file_format="csv",
        reference=reference_folder(),
    )
    return folder
