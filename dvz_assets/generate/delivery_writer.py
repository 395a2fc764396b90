"""Deliveries on disk: the files of a month, in CSV, Parquet or a layout, and the voucher that is written last.

Some months of a CSV series come with a byte order mark, with CRLF or with their columns in another order: all of that
is allowed, so a reader has to accept it.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.layout_writer import file_ending, write_by_layout
from dvz_assets.landing.layouts import Layout, Layouts

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
    """Writes the deliveries of a landing zone; ``named`` are the layouts of sources that have one."""

    landing: Path
    file_format: FileFormat
    layouts: Layouts | None = None
    named: Mapping[str, str] = field(default_factory=dict)

    def write(self, source: str, month: DeliveryMonth, files: Mapping[str, pl.DataFrame], **dated: str) -> None:
        """One delivery: its files (named without extension), then its voucher; ``dated`` is the voucher's own date."""
        folder = self.landing / source / str(month.month)
        folder.mkdir(parents=True)
        entries = []
        for name, frame in files.items():
            dialect, layout = DIALECTS.get(month.index, PLAIN), self._layout(source, name, month)
            path = folder / f"{name}.{self.file_format if layout is None else file_ending(layout)}"
            content = self._content(frame, dialect) if layout is None else _by_layout(frame, layout, dialect)
            path.write_bytes(content)
            entry = {"name": path.name, "rows": frame.height, "sha256": hashlib.sha256(content).hexdigest()}
            entries.append(entry | _totals(frame))
        layout_key = {"layout": self.named[source]} if source in self.named else {}
        voucher = {"source": source, "month": str(month.month), "sequence": 1, **dated, **layout_key, "files": entries}
        written = folder / ".voucher.json"
        written.write_text(json.dumps(voucher, indent=2) + "\n", encoding="utf-8")
        written.rename(folder / "voucher.json")

    def _layout(self, source: str, kind: str, month: DeliveryMonth) -> Layout | None:
        if self.layouts is None or source not in self.named:
            return None
        return self.layouts.find(self.named[source], kind, month.month)

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


def _by_layout(frame: pl.DataFrame, layout: Layout, dialect: Dialect) -> bytes:
    content = write_by_layout(frame, layout)
    if layout.told.format == "parquet":
        return content
    return content.replace(b"\n", dialect.line_terminator.encode("ascii"))


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
