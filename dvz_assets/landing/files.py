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
from dvz_assets.landing.layout_text import read_by_layout
from dvz_assets.landing.layouts import Layout
from dvz_assets.landing.parquet_text import read_parquet_text
from dvz_assets.landing.received import ReceivedFolder, wrong_file
from dvz_assets.landing.totals import signed_total
from dvz_assets.landing.voucher import Voucher, VoucherFile
from dvz_assets.wording import number_of


@dataclass(frozen=True, slots=True)
class RawFile:
    """A delivered file: its columns as text (empty = null), and ``line_number`` (in Parquet the row number)."""

    name: str
    sha256: str
    frame: pl.DataFrame


def read_delivered_file(
    folder: ReceivedFolder, voucher: Voucher, kind: str, *, max_bytes: int, layout: Layout | None = None
) -> RawFile:
    """Read one data file of a delivery and hold it against its voucher; raises DeliveryError.

    ``kind`` is ``statement``, ``persons`` or ``insz_replacements``; ``max_bytes`` holds for the unpacked file.
    Without a layout the file is the contract's CSV or Parquet.
    """
    announced = voucher.file(kind)
    path = folder.path / announced.name
    content = folder.read(announced.name, max_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != announced.sha256.lower():
        raise _differs(path, "the SHA-256 of its voucher", "another content")
    frame = read_content(path, content, kind, voucher.month, max_bytes=max_bytes, layout=layout)
    _require_announced(path, announced, frame)
    return RawFile(path.name, sha256, frame)


def read_content(
    path: Path, content: bytes, kind: str, month: str, *, max_bytes: int, layout: Layout | None = None
) -> pl.DataFrame:
    """The rows of a file of a month, whatever it is written in, as text with ``line_number``; raises DeliveryError."""
    columns = columns_in(kind, month)
    if layout is not None:
        return read_by_layout(path, content, layout, columns, max_bytes)
    if path.suffix == ".parquet":
        return read_parquet_text(path, content, columns, max_bytes)
    if path.suffix == ".csv":
        return read_csv_text(path, content, columns)
    raise wrong_file(path, "the name of a layout, in the voucher or in the settings", "none", code="NO_LAYOUT")


def _require_announced(path: Path, announced: VoucherFile, frame: pl.DataFrame) -> None:
    if frame.height != announced.rows:
        raise _differs(path, f"{number_of(announced.rows, 'row')}, as in its voucher", number_of(frame.height, "row"))
    if announced.totals is None:
        return
    if AMOUNT not in frame.columns:
        raise _differs(path, f"a total of {AMOUNT} only for a file with that column", "a total in its voucher")
    # the total of a short file is somebody's amount: it is not printed
    if signed_total(frame) != announced.totals.bedrag:
        raise _differs(path, f"the total of {AMOUNT} of its voucher", "another total")


def _differs(path: Path, expected: str, found: str) -> DeliveryError:
    return wrong_file(path, expected, found, code="FILE_DIFFERS_FROM_VOUCHER")
