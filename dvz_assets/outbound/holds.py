"""The list of persons withheld: who is on it, why and for which months. It changes only by ``dvz hold``.

It stands in ``<home>/restricted/holds/holds.json`` and is replaced whole. The list changes first and the ledger is told
afterwards: who has to be withheld is, whatever dies in between, and the next command on the list makes up the entry.
Legal source: GDPR 16, 18 and 21; rules.md, section 9.
"""

import hmac
import json
import secrets
from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from dvz_assets.errors import DvzError
from dvz_assets.home.keys import ledger_key
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import exclusive
from dvz_assets.home.storage import storage_of
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.references import require_reference
from dvz_assets.settings import Settings

LOCK = "holds"
HOLD = "hold"  # the name of a hold in the details of an entry
NOBODY = ""


class Reason(StrEnum):
    """Why a person is withheld."""

    RECTIFICATION = "RECTIFICATION"  # GDPR 16
    RESTRICTION = "RESTRICTION"  # GDPR 18
    OBJECTION = "OBJECTION"  # GDPR 21
    APPEAL = "APPEAL"  # what was sent is evidence, and outlives its retention


class Hold(BaseModel):
    """One person withheld in the months from ``first_month`` to ``last_month``, both included; None is open.

    A hold that was lifted holds in no month any more.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: str
    insz: str
    reason: str
    first_month: str
    last_month: str | None
    reference: str
    added_on: str
    ended_on: str | None = None
    end_reference: str | None = None
    lifted: bool = False

    def holds_in(self, month: Month) -> bool:
        """Return whether the person is withheld in a month."""
        return (
            not self.lifted
            and self.first_month <= str(month)
            and (self.last_month is None or str(month) <= self.last_month)
        )

    @property
    def is_open(self) -> bool:
        """Whether the desk has not ended it."""
        return self.ended_on is None

    @property
    def over_since(self) -> str | None:
        """The month in which it was ended, or behind which it holds nothing; an appeal is over when it is ended."""
        if self.ended_on is not None:
            return max(self.ended_on[:7], NOBODY if self.lifted else self.last_month or NOBODY)
        return None if self.reason == Reason.APPEAL else self.last_month

    def as_json(self, *, with_person: bool) -> dict[str, Any]:
        """For scripts; with the number only where it was asked for."""
        return self.model_dump(mode="json", exclude=set() if with_person else {"insz"})


LIST = TypeAdapter(tuple[Hold, ...])


class Holds:
    """The list of one home."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._storage = storage_of(settings)
        self.folder = settings.home / "restricted" / "holds"
        self._file = self.folder / "holds.json"

    def all(self) -> tuple[Hold, ...]:
        """Return all holds, those that were ended too, in the sequence in which they were added."""
        if not self._file.exists():
            return ()
        try:
            return LIST.validate_json(self._file.read_bytes())
        except ValidationError:
            raise DvzError(
                "HOLDS_NOT_READABLE",
                place=str(self._file),
                expected="the list as `dvz hold` has written it",
                found="something else",
                remedy="put the file back from the backup; no month is computed without knowing who is withheld",
            ) from None

    def withheld(self, month: Month) -> tuple[str, ...]:
        """Return the numbers of the persons withheld in a month, as they stand on the list, each once."""
        return tuple(sorted({hold.insz for hold in self.all() if hold.holds_in(month)}))

    def fingerprint(self, month: Month) -> str:
        """Return a hash of who is withheld in a month, which says nothing without the key; empty for nobody."""
        numbers = self.withheld(month)
        if not numbers:
            return NOBODY
        return hmac.new(ledger_key(self._settings), f"withheld:{','.join(numbers)}".encode(), "sha256").hexdigest()

    def add(self, insz: str, reason: Reason, first: Month, last: Month | None, reference: str) -> Hold:
        """Put a person on the list; the same hold is not added twice. Raises DvzError for a wrong period."""
        _require_period(first, last)
        wanted = Hold(
            name=secrets.token_hex(4),
            insz=insz,
            reason=reason.value,
            first_month=str(first),
            last_month=None if last is None else str(last),
            reference=require_reference(reference),
            added_on=date.today().isoformat(),
        )
        with exclusive(self._settings, LOCK):
            for hold in self.all():
                if hold.is_open and _same(hold, wanted):
                    self._tell(self.all())
                    return hold
            self._write((*self.all(), wanted))
            self._tell(self.all())
        return wanted

    def end(self, name: str, last: Month | None, reference: str) -> Hold:
        """End a hold: behind a last month, or, without one, for every month.

        What was copied for an appeal goes. Raises DvzError when there is no such hold.
        """
        require_reference(reference)
        with exclusive(self._settings, LOCK):
            hold = self.named(name)
            if hold.is_open:
                _require_period(Month.parse(hold.first_month), last)
                ended = {"ended_on": date.today().isoformat(), "end_reference": reference, "lifted": last is None}
                hold = hold.model_copy(update={**ended, "last_month": hold.last_month if last is None else str(last)})
                self._write(tuple(hold if each.name == name else each for each in self.all()))
            self._tell(self.all())
            self._storage.remove_folder(self.copies(hold))
            reached("hold: copies removed")
        return hold

    def named(self, name: str) -> Hold:
        """Return a hold by its name; raises DvzError when there is none."""
        for hold in self.all():
            if hold.name == name:
                return hold
        raise DvzError(
            "NO_HOLD",
            place="the list of persons withheld",
            expected="the name of a hold, as `dvz hold list` shows it",
            found="another name",
            remedy="look at `dvz hold list`",
        )

    def appeals(self) -> tuple[Hold, ...]:
        """Return the holds for whose persons nothing that was sent may be lost."""
        return tuple(hold for hold in self.all() if hold.reason == Reason.APPEAL and hold.is_open)

    def copies(self, hold: Hold) -> Path:
        """Return the folder with what a purge has copied for an appeal."""
        return self.folder / hold.name

    def over_before(self, month: Month) -> tuple[Hold, ...]:
        """Return the holds that were over before a month."""
        return tuple(hold for hold in self.all() if hold.over_since is not None and hold.over_since < str(month))

    def remove(self, gone: Sequence[Hold]) -> None:
        """Take holds off the list, as if they had never been; the evidence is the caller's."""
        names = {hold.name for hold in gone}
        with exclusive(self._settings, LOCK):
            self._write(tuple(hold for hold in self.all() if hold.name not in names))
        for hold in gone:
            self._storage.remove_folder(self.copies(hold))

    def _write(self, holds: Sequence[Hold]) -> None:
        content = json.dumps([hold.model_dump(mode="json") for hold in holds], indent=1, ensure_ascii=False)
        self._storage.write_whole(self._file, content.encode(), "holds: to be replaced")
        reached("holds: replaced")

    def _tell(self, holds: Sequence[Hold]) -> None:
        """Tell the ledger what it does not know yet."""
        told = {(entry.event, entry.details[HOLD]) for entry in self._ledger.entries() if HOLD in entry.details}
        for hold in holds:
            self._tell_once(told, Event.HELD, hold, hold.reference)
            if hold.end_reference is not None:
                self._tell_once(told, Event.HOLD_ENDED, hold, hold.end_reference)

    def _tell_once(self, told: Collection[tuple[str, str | int]], event: Event, hold: Hold, reference: str) -> None:
        if (event.value, hold.name) not in told:
            months = {"first_month": hold.first_month, "last_month": hold.last_month or "open"}
            details = {HOLD: hold.name, "reason": hold.reason, **months, "reference": reference}
            self._ledger.append(event, details=details, persons=[hold.insz])


def _same(hold: Hold, other: Hold) -> bool:
    own = {"name", "added_on"}
    return hold.model_dump(exclude=own) == other.model_dump(exclude=own)


def _require_period(first: Month, last: Month | None) -> None:
    if last is not None and last < first:
        raise DvzError(
            "INVALID_PERIOD",
            place="the months of the hold",
            expected=f"a last month not before {first}",
            found=str(last),
            remedy="correct the months",
        )
