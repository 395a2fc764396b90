"""The voucher of a delivery: what it says, and whether the folder is what it says. Contract section 1.1."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.zone import VOUCHER_FILE
from dvz_assets.months import Month

REQUIRED_FILES = {"novaprima": ("statement",), "register": ("persons", "insz_replacements")}
FORMATS = ("csv", "parquet")


def _iso_date(value: Any) -> date:
    if not isinstance(value, str) or len(value) != len("2018-05-07"):
        raise ValueError("a date written YYYY-MM-DD")
    return date.fromisoformat(value)


IsoDate = Annotated[date, BeforeValidator(_iso_date)]
Count = Annotated[int, Field(ge=0)]


class Totals(BaseModel):
    """Control totals of a file: the signed sum of ``bedrag`` in cents, over all its rows."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    bedrag: int


class VoucherFile(BaseModel):
    """One data file as the voucher announces it; ``rows`` excludes the header."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.(csv|parquet)$")]
    rows: Count
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
    totals: Totals | None = None


class Voucher(BaseModel):
    """A voucher: source and month of its folder, sequence, day of closing or of the snapshot, and the data files."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    source: Literal["novaprima", "register"]
    month: str
    sequence: Annotated[int, Field(ge=1)]
    closed_on: IsoDate | None = None
    snapshot_date: IsoDate | None = None
    files: tuple[VoucherFile, ...] = Field(strict=False)
    sha256: str = ""

    @model_validator(mode="after")
    def _dated(self) -> "Voucher":
        if self.source == "register" and self.snapshot_date is None:
            raise ValueError("snapshot_date is missing")
        return self

    def file(self, kind: str) -> VoucherFile:
        """The file of a kind, such as ``statement``."""
        return next(file for file in self.files if file.name.partition(".")[0] == kind)


def read_voucher(folder: Path, source: str, month: Month) -> Voucher:
    """Voucher of a folder, checked against the folder; raises DeliveryError."""
    path = folder / VOUCHER_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _wrong(path, "a readable voucher", type(error).__name__) from None
    try:
        voucher = Voucher.model_validate_json(content)
    except ValidationError as error:
        raise _wrong(path, "a voucher as the contract describes it (section 1.1)", _explain(error)) from None
    if (voucher.source, voucher.month) != (source, str(month)):
        raise _wrong(path, f"source {source} and month {month}, as its folder", "another source or month")
    _require_named_files(folder, path, voucher)
    return voucher.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})


def _require_named_files(folder: Path, path: Path, voucher: Voucher) -> None:
    named = [file.name for file in voucher.files]
    for kind in REQUIRED_FILES[voucher.source]:
        formats = [name for name in named if name in {f"{kind}.{each}" for each in FORMATS}]
        if len(formats) != 1:
            expected = f"exactly one of {' and '.join(f'{kind}.{each}' for each in FORMATS)} among its files"
            raise _wrong(path, expected, ", ".join(formats) or "neither")
    if len(named) != len(REQUIRED_FILES[voucher.source]):
        raise _wrong(path, f"the files {', '.join(REQUIRED_FILES[voucher.source])} and no others", f"{len(named)} files")
    present = {each.name for each in folder.iterdir() if each.suffix.removeprefix(".") in FORMATS}
    if absent := sorted(set(named) - present):
        raise _wrong(path, "every file that the voucher names", f"absent: {', '.join(absent)}")
    if extra := sorted(present - set(named)):
        raise _wrong(path, "only data files that the voucher names", f"also there: {', '.join(extra)}")
    for name in named:
        if (folder / name).is_symlink() or not (folder / name).is_file():
            raise _wrong(folder / name, "a regular file", "a link, or something else that is no file")


def _explain(error: ValidationError) -> str:
    """Where and what, without the value that was found."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'the whole file'}: {problem['type']}"
        for problem in error.errors(include_input=False, include_url=False)
    )


def _wrong(path: Path, expected: str, found: str) -> DeliveryError:
    return DeliveryError(
        "INVALID_VOUCHER",
        place=str(path),
        expected=expected,
        found=found,
        remedy="have the source deliver the month again, with a higher sequence",
    )
