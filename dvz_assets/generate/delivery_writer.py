"""Deliveries on disk: the files of a month, CSV or Parquet, and the voucher that is written last.

Some months of a CSV series come with a byte order mark, with CRLF or with their columns in another order: all of that
is allowed, so a reader has to accept it.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dvz_assets.generate.delivery_month import DeliveryMonth

SOURCES = ("novaprima", "register")
FileFormat = Literal["csv", "parquet"]
DATE_COLUMNS = (
    *("eerste_dag", "laatste_dag", "document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op", "datum"),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the CSV files of one month are written."""

    has_byte_order_mark: bool = False
    line_terminator: str = "\n"
    is_reordered: bool = False


PLAIN = Dialect()
DIALECTS = {4: Dialect(has_byte_order_mark=True), 10: Dialect(line_terminator="\r\n"), 16: Dialect(is_reordered=True)}


@dataclass(frozen=True, slots=True)
class DeliveryWriter:
    """Writes the deliveries of a landing zone."""

    landing: Path
    file_format: FileFormat

    def write(self, source: str, month: DeliveryMonth, files: Mapping[str, pl.DataFrame], **dated: str) -> None:
        """One delivery: its files (named without extension), then its voucher; ``dated`` is the voucher's own date."""
        folder = self.landing / source / str(month.month)
        folder.mkdir(parents=True)
        entries = []
        for name, frame in files.items():
            path = folder / f"{name}.{self.file_format}"
            content = self._content(frame, DIALECTS.get(month.index, PLAIN))
            path.write_bytes(content)
            entry = {"name": path.name, "rows": frame.height, "sha256": hashlib.sha256(content).hexdigest()}
            entries.append(entry | _totals(frame))
        voucher = {"source": source, "month": str(month.month), "sequence": 1, **dated, "files": entries}
        written = folder / ".voucher.json"
        written.write_text(json.dumps(voucher, indent=2) + "\n", encoding="utf-8")
        written.rename(folder / "voucher.json")

    def _content(self, frame: pl.DataFrame, dialect: Dialect) -> bytes:
        buffer = io.BytesIO()
        if self.file_format == "parquet":
            _typed(frame).write_parquet(buffer, compression="zstd", compression_level=1)
            return buffer.getvalue()
        ordered = frame.select(sorted(frame.columns)) if dialect.is_reordered else frame
        ordered.write_csv(
            buffer,
            separator=";",
            quote_style="necessary",
            include_bom=dialect.has_byte_order_mark,
            line_terminator=dialect.line_terminator,
        )
        return buffer.getvalue()


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    dates = [pl.col(name).str.to_date("%Y%m%d") for name in DATE_COLUMNS if name in frame.columns]
    amounts = [pl.col(name).cast(pl.Int64) for name in ("bedrag",) if name in frame.columns]
    return frame.with_columns(*dates, *amounts)


def _totals(frame: pl.DataFrame) -> dict[str, Any]:
    """Control total of a statement: signed cents, a row whose sign or amount cannot be read counts 0."""
    if "bedrag" not in frame.columns:
        return {}
    cents = pl.col("bedrag").cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.col("teken").replace_strict({"+": 1, "-": -1}, default=0, return_dtype=pl.Int64)
    return {"totals": {"bedrag": frame.select((sign * cents).sum()).item()}}
