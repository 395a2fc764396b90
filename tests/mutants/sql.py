"""Mutants of the SQL of the relational assets: ``python -m tests.mutants.sql [FILE ...]``; survivors are printed.

FILE is how the name of a file in ``sql/`` begins (``decisions``, ``shared/``); without one all are tried. Each runs on
the named cases and on random populations, those of month_measures on drawn tables; those of ``equivalents.yaml`` are
the same statement for every home that there can be.
"""

import re
import shutil
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, seed, settings

from dvz_assets.flow.assets import RELATIONAL
from dvz_assets.flow.context import Flow
from dvz_assets.flow.sql_files import SHARED
from dvz_assets.home.reference_archive import archived_reference
from dvz_assets.months import Month
from dvz_assets.project_files import sql_folder
from dvz_assets.settings import Settings
from tests.cases.case_file import deliveries, load_cases
from tests.cases.other_reading import load_other_cases, other_reading
from tests.integration.running import redeliver
from tests.mutants.making import Mutant, Place, distinct, places
from tests.mutants.stage import Stage
from tests.properties.populations import LandingZone, random_holds
from tests.properties.readings import Reading, write_reading, zones_and_readings
from tests.properties.running import run_all, run_zone

POPULATIONS = 6
OF_THE_EU = "124"  # IT 031
FROZEN = Path(__file__).parents[1] / "frozen" / "0.1.0" / "home.tar.xz"
EQUIVALENTS = Path(__file__).with_name("equivalents.yaml")


def all_places() -> list[Place]:
    """Where the SQL of some month can be changed, and how, in a sequence that stays."""
    folder = sql_folder()
    files = sorted(path for asset in RELATIONAL for path in folder.glob(f"{asset}*.sql"))
    return [
        place
        for path in (*files, *sorted((folder / SHARED).glob("*.sql")))
        for place in places(path, str(path.relative_to(folder)))
    ]


def equivalents() -> Mapping[str, str]:
    """Why a mutant is no other statement, by its name."""
    return {str(name): str(why) for name, why in yaml.safe_load(EQUIVALENTS.read_text("utf-8")).items()}


def homes(folder: Path, populations: int) -> Iterator[Flow]:
    """The named cases, the persons of version 0.1.0, and random populations under random readings of the law."""
    yield run_zone(folder / "cases", deliveries(load_cases()), history_gaps="accept")
    other = write_reading(folder / "other" / "reference", other_reading())
    yield run_zone(folder / "other", deliveries(load_other_cases()), reference=other, history_gaps="accept")
    yield _with_tables_of_first_version(folder / "frozen")
    for number, (zone, reading) in enumerate(_populations(populations)):
        place = folder / f"population-{number}"
        reference, origin = write_reading(place / "reference", reading), ("nationality", "it006")[number % 2]
        yield run_zone(place, zone, random_holds(zone), reference=reference, country_of_origin=origin)


def _with_tables_of_first_version(folder: Path) -> Flow:
    """What version 0.1.0 left behind, computed again with the tables of its time, which say some things otherwise.

    Its rules look at who is of the EU and has a permanent card, as nobody there is: somebody becomes so.
    """
    with tarfile.open(FROZEN) as packed:
        packed.extractall(folder, filter="data")
    left = Flow(Settings(landing=folder / "landing", home=folder / "home"))
    months = left.lake.months("decisions")
    decided = left.lake.scan("decisions", months[-1]).filter(outcome="PERMANENT_CARD").collect()
    number = decided["insz"].sort()[0]
    row = re.compile(rf"^({number};[^;]*;[^;]*;)[^;]*;")
    redeliver(
        folder / "landing" / "register" / str(months[-1]),
        "persons.csv",
        lambda lines: [row.sub(rf"\g<1>{OF_THE_EU};", line) for line in lines],
    )
    tables = archived_reference(left.settings.home, left.lake.manifest("decisions", months[-1]).archived_tables)
    settings = {"home": folder / "again", "reference": tables, "max_reject_share": Decimal(1), "history_gaps": "accept"}
    return run_all(Flow(left.settings.model_copy(update=settings), archived=True), months)


def _populations(number: int) -> Sequence[tuple[LandingZone, Reading]]:
    found: list[tuple[LandingZone, Reading]] = []

    @seed(1)
    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(drawn=zones_and_readings())
    def collect(drawn: tuple[LandingZone, Reading]) -> None:
        found.append(drawn)

    collect()
    return found


def survivors(
    flows: Sequence[Flow], tried: Sequence[Mutant], folder: Path, months: Sequence[Month] | None = None
) -> Iterator[Mutant]:
    """The mutants with which nothing that is compared becomes another value, in some months or in all."""
    with ExitStack() as stack:
        stage = Stage(stack, flows, months)
        for number, mutant in enumerate(tried):
            changed = folder / f"sql-{number}"  # texts are remembered by path
            shutil.copytree(sql_folder(), changed)
            (changed / mutant.file).write_text(mutant.text, "utf-8")
            name = Path(mutant.file).name.split(".")[0]
            assets = RELATIONAL if mutant.file.startswith(SHARED) else (name,)
            if stage.killed_by(changed, assets) is None:
                sys.stderr.write(f"{number + 1} tried; survives: {mutant.name}\n")
                yield mutant
            shutil.rmtree(changed)


def main(arguments: Sequence[str]) -> None:
    """Try all mutants, or those of some files; exit status 1 when one survives that is not known to be equivalent."""
    tried = [mutant for mutant in distinct(all_places()) if mutant.file.startswith(tuple(arguments) or "")]
    known = equivalents()
    with tempfile.TemporaryDirectory() as temporary:
        flows = list(homes(Path(temporary), POPULATIONS))
        left = {mutant.name: mutant.file for mutant in survivors(flows, tried, Path(temporary))}
    for file, made in Counter(each.file for each in tried).items():
        alive = [name for name in left if left[name] == file]
        unknown = [name for name in alive if name not in known]
        gone = [name for name in known if name.startswith(f"{file}: ") and name not in alive]
        sys.stdout.write(
            f"{file:32} {made:5} mutants, {made - len(alive):5} die,"
            f" {len(alive) - len(unknown):4} are equivalent, {len(unknown):4} survive\n"
        )
        sys.stdout.writelines(f"  survives: {name}\n" for name in unknown)
        sys.stdout.writelines(f"  listed as equivalent and killed, or no longer made: {name}\n" for name in gone)
    sys.exit(0 if left.keys() <= known.keys() else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
