"""Builds small deliveries for the tests of the landing zone: synthetic rows, files and vouchers.

Rows are dictionaries of text; a test changes what it is about. Comparisons go through reasons, line numbers and column
names, so that a failure prints no number and no name.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dvz_assets.landing.columns import COLUMNS
from dvz_assets.months import Month
from dvz_assets.reference import Reference
from tests.cases.landing_writer import synthetic_insz

MAY = Month(2018, 5)
SURNAME = "Vanvoorbeeld"
NO_LIMIT = 10**9

Row = dict[str, str]


def statement_row(**changes: str) -> Row:
    return {
        "wetgeving": "1",
        "ocmw_nis": "11002",
        "jaarmaand": "201805",
        "dossier": "D1",
        "suffix": "",
        "insz": synthetic_insz(1),
        "referentie": "R1",
        "type_bedrag": "1",
        "eerste_dag": "20180501",
        "laatste_dag": "20180531",
        "begrotingsartikel": "A1",
        "teken": "+",
        "bedrag": "89270",
        "categorie": "2",
        "naam": SURNAME,
        "hulptype": "",
        "hoedanigheidscode": "2",
    } | changes


def persons_row(**changes: str) -> Row:
    return {
        "insz": synthetic_insz(1),
        "naam": SURNAME,
        "voornamen": "",
        "nationaliteit": "150",
        "land_van_herkomst": "",
        "register": "VR",
        "verblijfsdocument": "",
        "document_geldig_tot": "",
        "verblijfsmotief": "",
        "motief_datum": "",
        "verblijf_sinds": "",
        "overleden_op": "",
    } | changes


def replacement_row(old: int, new: int, **changes: str) -> Row:
    return {"oud_insz": synthetic_insz(old), "nieuw_insz": synthetic_insz(new), "datum": "20180502"} | changes


def frame_of(kind: str, rows: Sequence[Row]) -> pl.DataFrame:
    """What reading the rows as CSV gives."""
    values = {name: [row[name] or None for row in rows] for name in COLUMNS[kind]}
    texts = pl.DataFrame(values, schema=dict.fromkeys(COLUMNS[kind], pl.String))
    return texts.insert_column(0, pl.Series("line_number", range(2, len(rows) + 2), dtype=pl.Int64))


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def voucher_file(name: str, content: bytes, rows: int, **changes: Any) -> dict[str, Any]:
    return {"name": name, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()} | changes


def voucher(source: str, files: Sequence[dict[str, Any]], /, **changes: Any) -> dict[str, Any]:
    day = {"novaprima": {"closed_on": "2018-05-06"}, "register": {"snapshot_date": "2018-05-07"}}[source]
    return {"source": source, "month": str(MAY), "sequence": 1, **day, "files": files} | changes


def write_delivery(
    folder: Path, source: str, contents: Mapping[str, tuple[bytes, int]], /, **changes: Any
) -> dict[str, Any]:
    """Write files (name to content and number of rows) with their voucher, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    files = [voucher_file(name, content, rows) for name, (content, rows) in contents.items()]
    written = voucher(source, files, **changes)
    (folder / "voucher.json").write_text(json.dumps(written), encoding="utf-8")
    return written


def small_reference() -> Reference:
    """Code tables of a few rows with a validity that the tests can stand on both sides of."""
    forever = date(9999, 12, 31)
    share = pl.Decimal(5, 2)
    articles = [
        ("A1", "1", date(2018, 1, 1), forever, "LIVING_WAGE", Decimal(55)),
        ("OLD", "1", date(2010, 1, 1), date(2017, 12, 31), "INTEGRATION_OTHER", Decimal(60)),
        ("OLD", "1", date(2018, 3, 1), date(2018, 4, 30), "LIVING_WAGE", Decimal("33.33")),
        ("B1", "2", date(2010, 1, 1), forever, None, Decimal(100)),
        ("C1", "6", date(2010, 1, 1), forever, "MEDICAL", Decimal(50)),
    ]
    helps = [
        ("H1", date(2018, 5, 1), date(2018, 5, 31), "ASSISTANCE"),
        ("H2", date(2010, 1, 1), forever, "MEDICAL"),
    ]
    tables = {
        "budget_articles": pl.DataFrame(
            articles,
            schema={
                "code": pl.String,
                "law": pl.String,
                "valid_from": pl.Date,
                "valid_to": pl.Date,
                "aid_kind": pl.String,
                "state_share_pct": share,
            },
            orient="row",
        ),
        "help_types": pl.DataFrame(
            helps,
            schema={"code": pl.String, "valid_from": pl.Date, "valid_to": pl.Date, "aid_kind": pl.String},
            orient="row",
        ),
        "countries": pl.DataFrame({"nis_code": ["150", "103"]}),
    }
    return Reference(Path("reference"), tables, {})


def expect(found: object, expected: object) -> None:
    """Fail with these two alone: the assertions of pytest also print the rows from which they were made."""
    if found != expected:
        pytest.fail(f"expected {expected!r}, found {found!r}")


def reasons(judged: pl.DataFrame) -> list[str | None]:
    """The reason of each row in order; None where the row is kept."""
    return judged["reason"].to_list()


def differing_columns(one: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    """Names of the columns in which two frames differ; empty when they are the same."""
    if one.schema != other.schema or one.height != other.height:
        return ["schema or height"]
    return [name for name in one.columns if not one[name].equals(other[name], null_equal=True)]
