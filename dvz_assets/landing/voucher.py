"""The voucher of a delivery: what it says, and whether the folder is what it says. Contract section 1.1."""

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.layouts import LayoutName
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder, wrong_file
from dvz_assets.landing.zone import VOUCHER_FILE
from dvz_assets.months import Month
from dvz_assets.wording import number_of

REQUIRED_FILES = {"novaprima": ("statement",), "register": ("persons", "insz_replacements")}
FORMATS = ("csv", "parquet")
# of a file that is written as a layout says
WRITTEN_BY_LAYOUT = "dat"
ENDINGS = (*FORMATS, WRITTEN_BY_LAYOUT)
# a number of a voucher goes into messages and metadata: it is too short to be one that identifies a person
HIGHEST_SEQUENCE = 999_999
MOST_ROWS = 1_000_000_000


def _iso_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("a date of the calendar") from None


IsoDate = Annotated[date, BeforeValidator(_iso_date)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Totals(_Strict):
    """Control totals of a file: the signed sum of ``bedrag`` in cents, over all its rows."""

    bedrag: int


class VoucherFile(_Strict):
    """One data file as the voucher announces it; ``rows`` excludes the header."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.(csv|parquet|dat)$")]
    rows: Annotated[int, Field(ge=0, le=MOST_ROWS)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
    totals: Totals | None = None

    @property
    def kind(self) -> str:
        """What the file holds, whatever its format: statement, persons or insz_replacements."""
        return self.name.partition(".")[0]


class VoucherContent(_Strict):
    """What a voucher says; ``closed_on`` is the day on which the statement was closed.

    ``layout`` names how the files are written, where it is not as the contract says.
    """

    source: Literal["novaprima", "register"]
    month: str
    sequence: Annotated[int, Field(ge=1, le=HIGHEST_SEQUENCE)]
    closed_on: IsoDate | None = None
    snapshot_date: IsoDate | None = None
    layout: LayoutName | None = None
    files: tuple[VoucherFile, ...]

    @model_validator(mode="after")
    def _has_the_date_of_its_source(self) -> Self:
        if (self.source == "novaprima") != (self.closed_on is not None):
            raise ValueError("closed_on stands in a voucher of novaprima, and only there")
        if (self.source == "register") != (self.snapshot_date is not None):
            raise ValueError("snapshot_date stands in a voucher of register, and only there")
        return self


class Voucher(VoucherContent):
    """A voucher that agrees with its folder, and the SHA-256 of its own bytes."""

    sha256: str

    def file(self, kind: str) -> VoucherFile:
        """The file of a kind, such as ``statement``."""
        return next(file for file in self.files if file.kind == kind)


def read_voucher(folder: ReceivedFolder, source: str, month: Month) -> Voucher:
    """Voucher of a folder, checked against the folder; raises DeliveryError."""
    path = folder.path / VOUCHER_FILE
    raw = folder.read(VOUCHER_FILE, MAX_JSON_BYTES)
    try:
        content = VoucherContent.model_validate_json(raw)
    except ValidationError as error:
        raise _wrong(path, "a voucher as contract section 1.1 describes it", _explain(error)) from None
    if (content.source, content.month) != (source, str(month)):
        raise _wrong(path, f"source {source} and month {month}, as its folder", "another source or month")
    _require_named_files(folder, path, content)
    return Voucher.model_construct(**dict(content), sha256=hashlib.sha256(raw).hexdigest())


def _require_named_files(folder: ReceivedFolder, path: Path, content: VoucherContent) -> None:
    """One file of each required kind, and neither the voucher nor the folder has any other."""
    required = REQUIRED_FILES[content.source]
    kinds = [file.kind for file in content.files]
    if sorted(kinds) != sorted(required):
        expected = " and ".join(f"one {kind} file ({' or '.join(FORMATS)})" for kind in required)
        found = [f"{kinds.count(kind)} {kind}" for kind in required]
        raise _wrong(path, f"{expected}, and no other", f"{', '.join(found)}, of {number_of(len(kinds), 'file')}")
    named, present = {file.name for file in content.files}, set(_data_files(folder))
    if absent := sorted(named - present):
        raise _wrong(path, "every file that the voucher names", f"absent: {', '.join(absent)}")
    if unnamed := len(present - named):
        raise _wrong(path, "no data files that the voucher does not name", f"{unnamed} of them in the folder")


def _data_files(folder: ReceivedFolder) -> list[str]:
    return [name for name in folder.names() if name.lower().endswith(tuple(f".{each}" for each in ENDINGS))]


def _explain(error: ValidationError) -> str:
    """Where and what, without anything that was found there."""
    problems = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        # the name of an unknown key is content too
        known = problem["loc"][:-1] if problem["type"] == "extra_forbidden" else problem["loc"]
        place = ".".join(str(part) for part in known) or "the whole file"
        problems.append(f"{place}: {problem['msg']}")
    return "; ".join(problems)


def _wrong(path: Path, expected: str, found: str) -> DeliveryError:
    return wrong_file(path, expected, found, code="INVALID_VOUCHER")
