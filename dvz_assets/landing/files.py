"""Reads a delivered file as text, once it agrees with its voucher. Contract sections 1 and 1.1.

CSV and Parquet give the same text, so that the same row-level rules apply. Everything that is wrong with a file as a
whole is a DeliveryError that names the line, never a value.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import AMOUNT, columns_in
from dvz_assets.landing.csv_text import read_csv_text
from dvz_assets.landing.parquet_text import read_parquet_text
from dvz_assets.landing.received import ReceivedFolder, wrong_file
from dvz_assets.landing.voucher import Voucher, VoucherFile

# more digits than any sum of money, and few enough for whole numbers of 128 bits to add up a file
READABLE_AMOUNT = r"^0*[0-9]{1,30}$"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A delivered file: its columns as text (empty = null), and ``line_number`` (in Parquet the row number)."""

    name: str
    sha256: str
    frame: pl.DataFrame


def read_delivered_file(folder: ReceivedFolder, voucher: Voucher, kind: str, *, max_bytes: int) -> RawFile:
    """Read one data file of a delivery and hold it against its voucher; raises DeliveryError.

    ``kind`` is ``statement``, ``persons`` or ``insz_replacements``; ``max_bytes`` holds for the unpacked file.
    """
    announced = voucher.file(kind)
    path = folder.path / announced.name
    content = folder.read(announced.name, max_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != announced.sha256.lower():
        raise _differs(path, "the SHA-256 of its voucher", "another content")
    columns = columns_in(kind, voucher.month)
    if path.suffix == ".parquet":
        frame = read_parquet_text(path, content, columns, max_bytes)
    else:
        frame = read_csv_text(path, content, columns)
    _require_announced(path, announced, frame)
    return RawFile(path.name, sha256, frame)


def signed_total(frame: pl.DataFrame) -> int:
    """Signed sum of ``bedrag`` in cents; a row whose sign or amount cannot be read counts 0."""
    sign = pl.col("teken").replace_strict({"+": 1, "-": -1}, default=None, return_dtype=pl.Int128)
    digits = pl.when(pl.col(AMOUNT).str.contains(READABLE_AMOUNT)).then(pl.col(AMOUNT))
    return int(frame.select((sign * digits.cast(pl.Int128)).sum()).item())


def _require_announced(path: Path, announced: VoucherFile, frame: pl.DataFrame) -> None:
    if frame.height != announced.rows:
        raise _differs(path, f"{announced.rows} rows, as in its voucher", f"{frame.height} rows")
    if announced.totals is None:
        return
    if AMOUNT not in frame.columns:
        raise _differs(path, f"a total of {AMOUNT} only for a file with that column", "a total in its voucher")
    # the total of a short file is somebody's amount: it is not printed
    if signed_total(frame) != announced.totals.bedrag:
        raise _differs(path, f"the total of {AMOUNT} of its voucher", "another total")


def _differs(path: Path, expected: str, found: str) -> DeliveryError:
    return wrong_file(path, expected, found, code="FILE_DIFFERS_FROM_VOUCHER")
