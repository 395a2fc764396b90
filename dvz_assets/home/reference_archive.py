"""The reference tables with which the months of a home were computed: archived once for each content.

``<home>/reference/<fingerprint>`` holds each table as delivered (CSV, to read and check it again) and as Parquet (for
the SQL to join). A folder appears whole and is never changed; what the tables mean is ``dvz_assets.reference``'s.
"""

import shutil
from pathlib import Path

from dvz_assets.errors import DvzError
from dvz_assets.home.folder import make_folder
from dvz_assets.home.locks import exclusive
from dvz_assets.home.storage import storage_of
from dvz_assets.home.write_steps import reached
from dvz_assets.reference import Reference
from dvz_assets.settings import Settings

# what a folder gets at the end: a name that stays, or folders of earlier versions would not be known as whole
LAST_FILE = "residence_motives.csv"


def archive(reference: Reference, settings: Settings) -> Path:
    """Write the tables into the home, unless this content is there, and return their folder."""
    folder = _folder(settings.home, reference.fingerprint)
    if not _is_whole(folder):
        with exclusive(settings, "reference"):
            if not _is_whole(folder):
                building = _folder(settings.work, f".{reference.fingerprint}")
                _write(reference, building)
                storage_of(settings).move_folder(building, folder, last=LAST_FILE)
    return folder


def archived_files(reference: Reference, settings: Settings) -> dict[str, list[Path]]:
    """Return the Parquet file of each table, after archiving the tables where that is still to be done."""
    folder = archive(reference, settings)
    return {name: [folder / f"{name}.parquet"] for name in reference.tables}


def archived_reference(home: Path, fingerprint: str) -> Path:
    """Return the folder with the tables of that fingerprint, as a month of ``home`` used them.

    Raises DvzError when it is not there.
    """
    folder = _folder(home, fingerprint)
    if not _is_whole(folder):
        raise DvzError(
            "REFERENCE_NOT_KEPT",
            place=str(folder),
            expected="the tables with which the month was computed",
            found="none",
            remedy="put the folder back from the backup; a month can be computed again only with its own tables",
        )
    return folder


def _write(reference: Reference, building: Path) -> None:
    shutil.rmtree(building, ignore_errors=True)
    make_folder(building)
    for name, frame in reference.tables.items():
        frame.write_parquet(building / f"{name}.parquet")
    for name, content in reference.content.items():
        (building / f"{name}.csv").write_bytes(content)
    reached("reference tables: written")


def _is_whole(folder: Path) -> bool:
    return (folder / LAST_FILE).exists()


def _folder(home: Path, fingerprint: str) -> Path:
    return home / "reference" / fingerprint[:16]
