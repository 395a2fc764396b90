"""The delivered files as text: columns, codes and formats of contract section 1, made of persons and lines.

Every frame here holds text only, null where a value is absent, dates as ``YYYYMMDD``: what stands in the CSV. How it is
written (CSV or Parquet) and what is wrong in it are elsewhere.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dvz_assets.generate.chance import Chance
from dvz_assets.generate.codes import LAW_AND_KIND, CodeBook, Purpose
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.municipalities import MUNICIPALITY_CODES
from dvz_assets.generate.names import FIRST_NAMES, LAST_NAMES
from dvz_assets.generate.population import IN_REGISTER, Places, Records
from dvz_assets.generate.situations import SITUATIONS

PRINTED_NAME_LENGTH = 30
MONTHS_IN_SNAPSHOT_AFTER_LEAVING = 3
QUALITY_CODE_GIVEN = 0.12
QUALITY_CODES = (("2", 40), ("3", 25), ("02", 8), ("6", 8), ("4", 5), ("7", 6), ("12", 5), ("103", 3))
STATUS_LETTERS = ("A", "B", "C", "D")
_LAW = np.array([int(LAW_AND_KIND[purpose][0]) for purpose in Purpose])


def statement_frame(
    lines: Records, persons: Records, month: DeliveryMonth, codes: CodeBook, chance: Chance
) -> pl.DataFrame:
    """The statement; lines for which the reference tables hold no code on their first day are left out."""
    count, who = len(lines), lines["person"]
    purpose, law = lines["purpose"], _LAW[lines["purpose"]]
    article, help_type = codes.articles_and_help_types(
        purpose, lines["eerste_dag"], lines["is_settled"], lines["choice"]
    )
    has_quality = chance.happens(count, QUALITY_CODE_GIVEN)
    quality = chance.pick(count, [weight for _, weight in QUALITY_CODES])
    is_living_wage = purpose == Purpose.LIVING_WAGE
    frame = pl.DataFrame(
        {
            "wetgeving": _digits(law),
            "ocmw_nis": _text(MUNICIPALITY_CODES, lines["ocmw"]),
            "jaarmaand": pl.repeat(month.month.yyyymm, count, eager=True),
            "dossier": _digits(lines["dossier"]).str.zfill(7),
            "suffix": _digits(lines["member"], present=law == 2).str.zfill(2),
            "insz": _digits(persons["printed"][who]),
            "referentie": _digits(int(month.month.yyyymm[2:]) * 10**8 + np.arange(1, count + 1)),
            "type_bedrag": _digits(lines["type_bedrag"]),
            "eerste_dag": _dates(lines["eerste_dag"]),
            "laatste_dag": _dates(lines["laatste_dag"]),
            "begrotingsartikel": article,
            "teken": _text(("-", "+"), (lines["sign"] + 1) // 2),
            "bedrag": _digits(lines["bedrag"]),
            "categorie": _digits(lines["categorie"], present=is_living_wage).fill_null(
                _text(STATUS_LETTERS, lines["dossier"] % 4, present=law == 2)
            ),
            "naam": _printed_names(persons).gather(who),
            "hulptype": help_type,
            "hoedanigheidscode": _text([code for code, _ in QUALITY_CODES], quality, present=has_quality),
        }
    )
    has_codes = pl.col("begrotingsartikel").is_not_null() & (
        pl.col("hulptype").is_not_null() | (pl.col("wetgeving") != "2")
    )
    return frame.filter(has_codes)


def persons_frame(persons: Records, paid: Places, month: DeliveryMonth, codes: CodeBook) -> pl.DataFrame:
    """The register snapshot: who is present or was until lately, and who is paid in the month, by number."""
    in_snapshot = persons["is_present"] | (persons["left"] + MONTHS_IN_SNAPSHOT_AFTER_LEAVING >= month.index)
    in_snapshot[paid] = True
    rows = persons[in_snapshot & IN_REGISTER[persons["situation"]]]
    rows = rows[np.argsort(rows["insz"])]
    registers = [codes.register_code(situation.register) or None for situation in SITUATIONS]
    documents = [codes.document_code(situation.document, month.snapshot_date) or None for situation in SITUATIONS]
    return pl.DataFrame(
        {
            "insz": _digits(rows["insz"]),
            "naam": _text(LAST_NAMES, rows["last_name"]),
            "voornamen": _text(FIRST_NAMES, rows["first_name"], present=rows["first_name"] >= 0),
            "nationaliteit": _digits(rows["nationality"]),
            "land_van_herkomst": _digits(rows["origin"], present=rows["origin"] > 0),
            "register": _text(registers, rows["situation"]),
            "verblijfsdocument": _text(documents, rows["situation"]),
            "document_geldig_tot": _dates(rows["document_until"]),
            "verblijfsmotief": _text(codes.motive_codes, rows["motive"], present=rows["motive"] >= 0),
            "motief_datum": _dates(rows["motive_date"]),
            "verblijf_sinds": _dates(rows["residence_since"]),
            "overleden_op": _dates(rows["deceased_on"]),
        }
    )


def replacements_frame(replacements: Records) -> pl.DataFrame:
    """The replacements made known since the previous month."""
    return pl.DataFrame(
        {
            "oud_insz": _digits(replacements["oud_insz"]),
            "nieuw_insz": _digits(replacements["nieuw_insz"]),
            "datum": _dates(replacements["datum"]),
        }
    )


def _printed_names(persons: Records) -> pl.Series:
    """Last and first name as a statement prints them: cut off where the field ends."""
    last = _text(LAST_NAMES, persons["last_name"])
    first = _text(FIRST_NAMES, persons["first_name"], present=persons["first_name"] >= 0)
    return (last + " " + first).fill_null(last).str.slice(0, PRINTED_NAME_LENGTH)


def _text(texts: Sequence[str | None], places: NDArray[Any], *, present: NDArray[np.bool_] | None = None) -> pl.Series:
    found = pl.Series(texts, dtype=pl.String).gather(np.where(places < 0, 0, places).astype(np.int64))
    return found if present is None else found.set(pl.Series(~present), None)


def _digits(values: NDArray[Any], *, present: NDArray[np.bool_] | None = None) -> pl.Series:
    numbers = pl.Series(values.astype(np.int64))
    return (numbers if present is None else numbers.set(pl.Series(~present), None)).cast(pl.String)


def _dates(values: NDArray[np.datetime64]) -> pl.Series:
    return pl.Series(values).dt.strftime("%Y%m%d")
