"""Removes what is older than it may be kept, and leaves dated evidence without personal data in the ledger.

What was sent, decided or answered goes after ``retention_months`` (five years: deliberation 18/055, 34), and holds that
are over with it; source history has its own setting; rejected rows and leftovers go after ``quarantine_days``. A purged
month stays known as purged: it is neither missing nor run again, and later months are still computed from the history
before them.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dvz_assets.errors import DvzError
from dvz_assets.flow.appeals import copy_for_appeals
from dvz_assets.flow.assets import Retention, stored_for
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.home.deliveries import VOUCHER_FILE
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import exclusive, hold_months, release_months
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.references import require_reference

HOLDS = "holds that are over"
SECONDS_A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Removal:
    """Files that go together: what they are, of which month, and where they stand."""

    what: str
    month: Month | None
    files: tuple[Path, ...] = field(repr=False)
    size: int

    @classmethod
    def of(cls, what: str, month: Month | None, files: Sequence[Path]) -> "Removal":
        """With the bytes that the files have now."""
        return cls(what, month, tuple(files), sum(path.stat().st_size for path in files))

    def as_json(self) -> dict[str, Any]:
        """For scripts; no path, as a consultation's file may be asked for by name."""
        month = None if self.month is None else str(self.month)
        return {"what": self.what, "month": month, "files": len(self.files), "bytes": self.size}


def due(flow: Flow) -> list[Removal]:
    """What has to go today, in the order of the months; nothing is removed."""
    settings, current = flow.settings, Month.current()
    removals = list(
        _of_months(flow, "results", current.minus(settings.retention_months), stored_for(Retention.RESULTS))
    )
    if settings.history_retention_months is not None:
        removals += _of_months(
            flow, "history", current.minus(settings.history_retention_months), stored_for(Retention.HISTORY)
        )
    over = flow.holds.over_before(current.minus(settings.retention_months))
    answers = list(_old_answers(flow, current.minus(settings.retention_months)))
    leftovers = list(_leftovers(flow))
    return [
        *removals,
        *([Removal.of("consultation answers", None, answers)] if answers else []),
        *([Removal(HOLDS, None, (), 0)] if over else []),
        *([Removal.of("quarantine and leftovers", None, leftovers)] if leftovers else []),
    ]


def purge(flow: Flow) -> list[Removal]:
    """Remove what is due, with its evidence first, and take purged months out of the published files.

    Two at once wait for each other. Raises DvzError when the permission of the archivist is missing, and, naming the
    run, when a month is just being run.
    """
    with exclusive(flow.settings, "retention"):
        removals = due(flow)
        if removals:
            _require_permission(flow)
        months = sorted({each.month for each in removals if each.month is not None})
        try:
            hold_months(flow.settings, months, "retention")
            for removal in removals:
                _remove(flow, removal)
        finally:
            release_months()
        if flow.lake.purged_months():  # by one that died before it came here, too
            for database in PUBLISHED_DATABASES.values():
                publish(flow, database)
    return removals


def _remove(flow: Flow, removal: Removal) -> None:
    """Remove files that go together: what was sent of a person under appeal is copied first, and evidence is left."""
    if removal.what == "results" and removal.month is not None:
        copy_for_appeals(flow, removal.month)
    _record(flow, removal)
    if removal.what == HOLDS:
        flow.holds.remove(flow.holds.over_before(Month.current().minus(flow.settings.retention_months)))
    if removal.what == "results" and removal.month is not None:
        _mark(flow, removal.month)
    for path in removal.files:
        path.unlink()
        _remove_empty(path.parent, flow.settings.home)
    reached(f"{removal.what}: removed")


def _of_months(flow: Flow, what: str, first_kept: Month, assets: Sequence[str]) -> Iterator[Removal]:
    home = flow.settings.home
    months = {month for asset in assets for month in flow.lake.months(asset)}
    if what == "results":
        months |= {Month.parse(path.name) for path in (home / "deliveries").glob("[0-9]*-[0-9]*")}
    for month in sorted(each for each in months if each < first_kept):
        files = [path for asset in assets if (path := flow.lake.partition(asset, month)).exists()]
        if what == "results":
            for folder in (home / "deliveries" / str(month), home / "lake" / "sent" / f"month={month}"):
                files += [path for path in sorted(folder.rglob("*")) if path.is_file()]
        if files:
            yield Removal.of(what, month, files)


def _old_answers(flow: Flow, first_kept: Month) -> Iterator[Path]:
    for path in sorted((flow.settings.home / "a036" / "responses").glob("*.json")):
        answered = date.fromisoformat(json.loads(path.read_text("utf-8"))["answered_at"][:10])
        if answered < first_kept.first_day:
            yield path


def _leftovers(flow: Flow) -> Iterator[Path]:
    """Rejected rows, candidates that became no partition, and what a process that died has left behind."""
    home, work = flow.settings.home, flow.settings.work
    oldest = time.time() - flow.settings.quarantine_days * SECONDS_A_DAY
    folders = [home / "quarantine", work / "quarantine", work / "restricted", *(work / "lake").glob("*/.candidates")]
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.rglob("*")):
            is_ours = path.suffix == ".key" or flow.holds.folder in path.parents
            if path.is_file() and not is_ours and path.stat().st_mtime < oldest:
                yield path


def _require_permission(flow: Flow) -> None:
    if flow.settings.purge_needs_permission and flow.settings.archivist_permission is None:
        raise DvzError(
            "PERMISSION_MISSING",
            place="setting archivist_permission",
            expected="the reference of the permission to purge, because purge_needs_permission is on",
            found="nothing",
            remedy="ask the archivist, and set the reference; nothing was removed",
        )


def _record(flow: Flow, removal: Removal) -> None:
    vouchers = {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in removal.files
        if path.name == VOUCHER_FILE
    }
    content = hashlib.sha256()
    for path in removal.files:
        content.update(hashlib.sha256(path.read_bytes()).digest())
    given = flow.settings.archivist_permission
    permission = {} if given is None else {"permission": require_reference(given)}
    flow.ledger.append(
        Event.PURGED,
        month=removal.month,
        inputs={**vouchers, "all": content.hexdigest()},
        details={"what": removal.what, "files": len(removal.files), "bytes": removal.size, **permission},
    )


def _mark(flow: Flow, month: Month) -> None:
    path = flow.settings.home / "purged" / f"{month}.json"
    if not path.exists():
        mark = json.dumps({"month": str(month), "purged_on": date.today().isoformat()})
        flow.storage.write_whole(path, mark.encode(), "mark of a purged month: written")


def _remove_empty(folder: Path, home: Path) -> None:
    """Folders that a removal has emptied; ``deliveries/<month>`` would otherwise look like a delivery."""
    while folder != home and folder.is_dir() and not any(folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent
