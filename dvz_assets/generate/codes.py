"""The codes a synthetic delivery uses, taken from the reference tables: which one fits a purpose on a day.

Knows the tables, not the persons. A placeholder that its owner replaces by the real code needs no change here.
"""

from datetime import date
from enum import IntEnum
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dvz_assets.reference import Reference

Days = NDArray[np.datetime64]


class Purpose(IntEnum):
    """What a statement line is paid for; the first six may be the programme of an aid spell."""

    LIVING_WAGE = 0
    ASSISTANCE = 1
    EMPLOYMENT = 2
    ASSISTANCE_EMPLOYMENT = 3
    MEDICAL = 4
    ORGANIC_LAW = 5
    INSTALLATION = 6
    OTHER_ASSISTANCE = 7
    INSURANCE = 8


LAW_AND_KIND = {
    Purpose.LIVING_WAGE: ("1", "LIVING_WAGE"),
    Purpose.ASSISTANCE: ("2", "ASSISTANCE"),
    Purpose.EMPLOYMENT: ("1", "INTEGRATION_EMPLOYMENT"),
    Purpose.ASSISTANCE_EMPLOYMENT: ("2", "ASSISTANCE_EMPLOYMENT"),
    Purpose.MEDICAL: ("2", "MEDICAL"),
    Purpose.ORGANIC_LAW: ("6", "OUT_OF_SCOPE"),
    Purpose.INSTALLATION: ("1", "INTEGRATION_OTHER"),
    Purpose.OTHER_ASSISTANCE: ("2", "ASSISTANCE"),
    Purpose.INSURANCE: ("2", "INSURANCE_CONTRIBUTION"),
}
# NIS codes of nationality with their weight; 555 is in no table.
_UNION_NATIONALITIES = (
    *((124, 20), (106, 9), (122, 8), (129, 11), (111, 11), (128, 10), (109, 8), (123, 7), (103, 4), (141, 3), (140, 1)),
    *((138, 2), (114, 2), (146, 1), (137, 1), (135, 1), (112, 2), (127, 1), (121, 1), (126, 1)),
)
_OTHER_NATIONALITIES = (
    *((354, 20), (261, 14), (251, 8), (254, 8), (306, 9), (262, 7), (304, 6), (315, 6), (351, 4), (357, 3), (327, 4)),
    *((101, 3), (153, 3), (145, 3), (143, 2), (152, 1), (259, 2), (207, 1), (218, 1), (513, 2), (402, 1), (999, 1)),
    (555, 1),
)
BELGIAN = 150
BRITISH = 112
UNKNOWN_NATIONALITY = 555


class CodeBook:
    """Codes by purpose and day; every answer hangs on the reference tables and the arguments alone."""

    def __init__(self, reference: Reference) -> None:
        """Read what is needed once."""
        tables = reference.tables
        self._articles = list(tables["budget_articles"].iter_rows(named=True))
        self._help_types = list(tables["help_types"].iter_rows(named=True))
        self._registers = list(tables["registers"].iter_rows(named=True))
        self._documents = list(tables["residence_documents"].iter_rows(named=True))
        self._motives = list(tables["residence_motives"].iter_rows(named=True))
        self.motive_codes: list[str] = [row["code"] for row in self._motives]
        amounts = tables["living_wage_amounts"].sort("valid_from")
        self._amounts_from = amounts["valid_from"].to_numpy().astype("M8[D]")
        euro = amounts.select(pl.col("category_1", "category_2", "category_3").cast(pl.Float64))
        self._monthly_cents = np.rint(euro.to_numpy() * 100).astype(np.int64)
        self.nationalities = {
            "BELGIAN": ((BELGIAN, 1),),
            "UNION": _UNION_NATIONALITIES,
            "BRITISH": ((BRITISH, 1),),
            "OTHER": _OTHER_NATIONALITIES,
            "FAMILY": (*_OTHER_NATIONALITIES, *((code, weight / 4) for code, weight in _UNION_NATIONALITIES)),
        }

    def register_code(self, register: str) -> str:
        """First code of that register; any other text is itself the code."""
        return next((row["code"] for row in self._registers if row["register"] == register), register)

    def document_code(self, documents: str, day: np.datetime64) -> str:
        """First of these codes that is valid on a day; the last one where none is, known or not."""
        today, codes = day.astype(object), documents.split(" ")
        valid = {row["code"] for row in self._documents if _valid(row, today)}
        return next((code for code in codes if code in valid), codes[-1])

    def motives(self, motive: str, day: np.datetime64) -> list[int]:
        """Positions in ``motive_codes`` of a category on a day; any other text is itself the code, known or not."""
        today = day.astype(object)
        found = [place for place, row in enumerate(self._motives) if row["category"] == motive and _valid(row, today)]
        if found or not motive:
            return found
        if motive not in self.motive_codes:
            self.motive_codes.append(motive)
        return [self.motive_codes.index(motive)]

    def motives_out_of_date(self, day: np.datetime64) -> dict[int, str]:
        """Positions of the codes that ended before a day, with their category."""
        today = day.astype(object)
        return {place: row["category"] for place, row in enumerate(self._motives) if row["valid_to"] < today}

    def monthly_cents(self, categorie: NDArray[Any], day: Days) -> NDArray[np.int64]:
        """Full living wage of a category (1 to 3) on a day, cents a month; before the table begins, its first row."""
        row = np.searchsorted(self._amounts_from, day, side="right") - 1
        cents: NDArray[np.int64] = self._monthly_cents[np.maximum(row, 0), np.asarray(categorie, np.int64) - 1]
        return cents

    def articles_and_help_types(
        self, purpose: NDArray[Any], day: Days, settled: NDArray[np.bool_], choice: NDArray[np.float64]
    ) -> tuple[pl.Series, pl.Series]:
        """Budget article and help type of each line, null where none fits; ``choice`` (0 to 1) picks among them."""
        key = (day.astype(np.int64) * len(Purpose) + purpose) * 2 + settled
        distinct, position = np.unique(key, return_inverse=True)
        articles, help_types = [], []
        for one in distinct.tolist():
            rest, is_settled = divmod(one, 2)
            on_day, of_purpose = divmod(rest, len(Purpose))
            today = np.datetime64(on_day, "D").astype(object)
            articles.append(self._fitting_articles(Purpose(of_purpose), today, bool(is_settled)))
            help_types.append(self._fitting_help_types(Purpose(of_purpose), today))
        return _chosen(articles, position, choice), _chosen(help_types, position, choice)

    def _fitting_articles(self, purpose: Purpose, day: date, settled: bool) -> list[str]:
        law, kind = LAW_AND_KIND[purpose]
        fitting = [row for row in self._articles if row["law"] == law and _valid(row, day)]
        if law == "1":
            fitting = [row for row in fitting if row["aid_kind"] == kind]
        shared = [row for row in fitting if (row["state_share_pct"] < 100) == settled]
        return [row["code"] for row in shared or fitting]

    def _fitting_help_types(self, purpose: Purpose, day: date) -> list[str]:
        law, kind = LAW_AND_KIND[purpose]
        if law != "2":
            return []
        fitting = [row["code"] for row in self._help_types if row["aid_kind"] == kind and _valid(row, day)]
        if purpose == Purpose.ASSISTANCE:
            return fitting[:1]
        return fitting[1:] or fitting if purpose == Purpose.OTHER_ASSISTANCE else fitting


def _valid(row: dict[str, Any], day: date) -> bool:
    return bool(row["valid_from"] <= day <= row["valid_to"])


def _chosen(candidates: list[list[str]], position: NDArray[np.int64], choice: NDArray[np.float64]) -> pl.Series:
    """One text per line; the first codes of a table are the common ones, so the choice leans towards them."""
    count = np.array([len(texts) for texts in candidates])
    start = np.cumsum(count) - count
    place = start[position] + np.floor(choice**3 * count[position]).astype(np.int64)
    texts = pl.Series([text for group in candidates for text in group], dtype=pl.String)
    return texts.gather(pl.Series(place).set(pl.Series(count[position] == 0), None))
