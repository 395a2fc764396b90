"""Writes landing zones from plain rows: what a test delivers, with vouchers that fit. Synthetic numbers only."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dvz_assets.months import Month

STATEMENT_COLUMNS = (
    "wetgeving",
    "ocmw_nis",
    "jaarmaand",
    "dossier",
    "suffix",
    "insz",
    "referentie",
    "type_bedrag",
    "eerste_dag",
    "laatste_dag",
    "begrotingsartikel",
    "teken",
    "bedrag",
    "categorie",
    "naam",
    "hulptype",
    "hoedanigheidscode",
)
PERSON_COLUMNS = (
    "insz",
    "naam",
    "voornamen",
    "nationaliteit",
    "land_van_herkomst",
    "register",
    "verblijfsdocument",
    "document_geldig_tot",
    "verblijfsmotief",
    "motief_datum",
    "verblijf_sinds",
    "overleden_op",
)
REPLACEMENT_COLUMNS = ("oud_insz", "nieuw_insz", "datum")

Row = Mapping[str, str]


@dataclass
class Delivery:
    """What the two sources deliver for one month."""

    statement: list[Row] = field(default_factory=list)
    persons: list[Row] = field(default_factory=list)
    replacements: list[Row] = field(default_factory=list)
    snapshot_date: date | None = None
    sequence: int = 1


def synthetic_insz(serial: int) -> str:
    """A number that no living person can hold: birth year 2030 or later, "from 2000" check digits."""
    first_nine = (
        f"{30 + serial // 900_000:02d}{1 + serial // 75_000 % 12:02d}{1 + serial // 900 % 28:02d}{1 + serial % 900:03d}"
    )
    return f"{first_nine}{97 - int('2' + first_nine) % 97:02d}"


def statement_line(insz: str, month: Month, **changes: str) -> Row:
    """A living-wage line of the whole month; ``changes`` by column."""
    line = {
        "wetgeving": "1",
        "ocmw_nis": "11002",
        "jaarmaand": month.yyyymm,
        "dossier": "0001",
        "insz": insz,
        "referentie": "R1",
        "type_bedrag": "1",
        "eerste_dag": f"{month.first_day:%Y%m%d}",
        "laatste_dag": f"{month.last_day:%Y%m%d}",
        "begrotingsartikel": "105",
        "teken": "+",
        "bedrag": "89270",
        "naam": "PERSOON",
    }
    return line | changes


def write_landing(landing: Path, deliveries: Mapping[Month, Delivery]) -> Path:
    """Write every month, vouchers last."""
    for month, delivery in deliveries.items():
        snapshot = delivery.snapshot_date or month.first_day.replace(day=10)
        write_source(
            landing / "novaprima" / str(month),
            {"source": "novaprima", "month": str(month), "sequence": delivery.sequence, "closed_on": str(snapshot)},
            {"statement.csv": (STATEMENT_COLUMNS, delivery.statement)},
        )
        write_source(
            landing / "register" / str(month),
            {"source": "register", "month": str(month), "sequence": delivery.sequence, "snapshot_date": str(snapshot)},
            {
                "persons.csv": (PERSON_COLUMNS, delivery.persons),
                "insz_replacements.csv": (REPLACEMENT_COLUMNS, delivery.replacements),
            },
        )
    return landing


def write_source(
    folder: Path, voucher: dict[str, object], files: Mapping[str, tuple[Sequence[str], Sequence[Row]]]
) -> None:
    """Write the files of one source and month, then the voucher that describes them."""
    folder.mkdir(parents=True, exist_ok=True)
    described: list[dict[str, object]] = []
    for name, (columns, rows) in files.items():
        content = as_csv(columns, rows)
        (folder / name).write_bytes(content)
        described.append({"name": name, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()})
    (folder / "voucher.json").write_text(json.dumps({**voucher, "files": described}), encoding="utf-8")


def as_csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """CSV as the contract has it; a column that a row does not name is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
