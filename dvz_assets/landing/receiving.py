"""Makes a delivery of files that come without a voucher, and puts it into the landing zone as a whole.

The files are read as the flow would read them before anything is written. The folder of the month is built beside its
place and exchanged for the one that is there, so that no reader sees a part of it.
"""

import ctypes
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.landing.columns import AMOUNT
from dvz_assets.landing.files import read_content
from dvz_assets.landing.layouts import Layout
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
from dvz_assets.landing.totals import signed_total
from dvz_assets.landing.voucher import FORMATS, HIGHEST_SEQUENCE, REQUIRED_FILES, WRITTEN_BY_LAYOUT, VoucherContent
from dvz_assets.landing.zone import VOUCHER_FILE, month_folder
from dvz_assets.months import Month

AT_WORKING_FOLDER, EXCHANGE = -100, 2  # of renameat2(2)
DATE_OF_SOURCE = {"novaprima": "closed_on", "register": "snapshot_date"}


@dataclass(frozen=True, slots=True)
class FileToReceive:
    """A file somewhere else, what it holds, and how it is written; without a layout as the contract says."""

    path: Path
    kind: str
    layout: Layout | None


@dataclass(frozen=True, slots=True)
class Received:
    """What was made of the files: the voucher's sequence, and rows by kind."""

    sequence: int
    rows: Mapping[str, int]


def receive(
    landing: Path,
    source: str,
    month: Month,
    files: list[FileToReceive],
    *,
    dated: date,
    layout_name: str | None,
    sequence_before: int,
    max_bytes: int,
) -> Received:
    """Deliver files of one month; raises DvzError, and then nothing was changed.

    ``dated`` is the voucher's date (of closing, or of the snapshot). The sequence follows on ``sequence_before``, that
    of the month when it was last taken, and on the one that stands in the landing zone. The files are removed from
    where they were once the delivery is in its place.
    """
    _require_kinds(source, [file.kind for file in files])
    contents = {
        file.kind: ReceivedFolder(file.path.absolute().parent).read(file.path.name, max_bytes) for file in files
    }
    frames = {
        file.kind: read_content(
            file.path, contents[file.kind], file.kind, str(month), max_bytes=max_bytes, layout=file.layout
        )
        for file in files
    }
    sequence = 1 + max(sequence_before, _present_sequence(landing, source, month))
    if sequence > HIGHEST_SEQUENCE:
        raise _cannot(month_folder(landing, source, month).path, f"a sequence up to {HIGHEST_SEQUENCE}", "a higher one")
    entries, names = [], {}
    for file in files:
        names[file.kind] = f"{file.kind}.{_ending(file)}"
        entry = {
            "name": names[file.kind],
            "rows": frames[file.kind].height,
            "sha256": hashlib.sha256(contents[file.kind]).hexdigest(),
        }
        if AMOUNT in frames[file.kind].columns:
            entry["totals"] = {AMOUNT: signed_total(frames[file.kind])}
        entries.append(entry)
    voucher = {
        "source": source,
        "month": str(month),
        "sequence": sequence,
        DATE_OF_SOURCE[source]: dated.isoformat(),
        **({"layout": layout_name} if any(file.layout for file in files) else {}),
        "files": entries,
    }
    content = (json.dumps(voucher, indent=2) + "\n").encode("utf-8")
    VoucherContent.model_validate_json(content)
    written = {names[kind]: each for kind, each in contents.items()} | {VOUCHER_FILE: content}
    _put(landing / source, str(month), written)
    for file in files:
        file.path.unlink()
    return Received(sequence, {kind: frame.height for kind, frame in frames.items()})


def _require_kinds(source: str, kinds: list[str]) -> None:
    required = REQUIRED_FILES[source]
    if sorted(kinds) != sorted(required):
        raise DvzError(
            "INVALID_ARGUMENT",
            place="files",
            expected=f"one file of each: {', '.join(required)}",
            found=f"{', '.join(kinds) or 'none'}",
            remedy="write KIND=FILE where the name of a file does not begin with its kind",
        )


def _ending(file: FileToReceive) -> str:
    """A file of the contract keeps its ending; another has that of its layout."""
    if file.layout is None:
        return file.path.suffix.removeprefix(".")
    return FORMATS[1] if file.layout.told.format == "parquet" else WRITTEN_BY_LAYOUT


def _present_sequence(landing: Path, source: str, month: Month) -> int:
    """Of the voucher that is there, whatever else is wrong with the delivery."""
    folder = month_folder(landing, source, month)
    if not folder.holds(VOUCHER_FILE):
        return 0
    try:
        return VoucherContent.model_validate_json(folder.read(VOUCHER_FILE, MAX_JSON_BYTES)).sequence
    except (ValueError, DeliveryError):
        raise _cannot(folder.path / VOUCHER_FILE, "a voucher, or none", "another content") from None


def _put(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Build a folder beside its place, and exchange the two in one step."""
    building = folder / f".receiving-{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(building, ignore_errors=True)  # of an attempt that did not come to its end
        building.mkdir()
        for each, content in files.items():
            with (building / each).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if os.path.lexists(folder / name):
            _exchange(building, folder / name)
            shutil.rmtree(building)
        else:
            building.rename(folder / name)
        _sync(folder)
    except OSError as error:
        raise _cannot(folder / name, "a folder that can be written", error.strerror or type(error).__name__) from None


def _exchange(one: Path, other: Path) -> None:
    """Let two folders take each other's place; what Python has replaces no folder that is not empty."""
    libc = ctypes.CDLL(None, use_errno=True)
    paths = (AT_WORKING_FOLDER, os.fsencode(one), AT_WORKING_FOLDER, os.fsencode(other))
    if libc.renameat2(*paths, EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _cannot(path: Path, expected: str, found: str) -> DvzError:
    return DvzError(
        "NOT_RECEIVED",
        place=str(path),
        expected=expected,
        found=found,
        remedy="nothing was changed: remove the cause, and receive the files again",
    )
