"""Rows that a careful reader must reject (contract section 1.5), put on purpose into otherwise good files.

Every flaw is meant for one reason code. Their number stays below a share of the file, so that a file with flaws is
still one that the quality check lets pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dvz_assets.generate.chance import Chance

_KIND = "flaw"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One way to spoil a row: the columns that change, in the row itself or in a copy of it.

    ``text_only``: a typed Parquet column cannot hold it. A changed copy costs the original too.
    """

    reason: str
    changes: tuple[pl.Expr, ...] = ()
    text_only: bool = False
    in_copy: bool = False

    @property
    def rejects(self) -> int:
        """Rows that will be rejected because of it."""
        return 2 if self.in_copy and self.changes else 1


def _day_before(column: str) -> pl.Expr:
    return pl.col(column).str.to_date("%Y%m%d", strict=False).dt.offset_by("-1d").dt.strftime("%Y%m%d")


def _after_statement(column: str) -> pl.Expr:
    """A day of the month after the next one, counted from the statement month."""
    return pl.col(column).str.to_date("%Y%m", strict=False).dt.offset_by("2mo").dt.strftime("%Y%m%d")


_WRONG_CHECK_DIGITS = pl.col("insz").str.slice(0, 9) + "00"
STATEMENT_FLAWS = (
    Flaw("invalid_insz", (_WRONG_CHECK_DIGITS,)),
    Flaw("invalid_date", (pl.lit("20171301").alias("eerste_dag"),), text_only=True),
    Flaw("invalid_period", (_day_before("eerste_dag").alias("laatste_dag"),)),
    Flaw("period_after_statement", (_after_statement("jaarmaand").alias("laatste_dag"),)),
    Flaw("wrong_month", (pl.lit("201301").alias("jaarmaand"),)),
    Flaw("unknown_law", (pl.lit("9").alias("wetgeving"),)),
    Flaw("unknown_amount_type", (pl.lit("7").alias("type_bedrag"),)),
    Flaw("invalid_sign", (pl.lit("*").alias("teken"),)),
    Flaw("invalid_amount", (pl.lit("892,70").alias("bedrag"),), text_only=True),
    Flaw("unknown_budget_article", (pl.lit("999X").alias("begrotingsartikel"),)),
    # Only law 2 needs a help type: on the other lines the same text is no flaw, and must be ignored.
    Flaw("unknown_help_type", (pl.lit("999X").alias("hulptype"),)),
    Flaw("invalid_text", (pl.col("ocmw_nis").str.slice(0, 4),)),
    Flaw("duplicate_line", in_copy=True),
)
PERSONS_FLAWS = (
    Flaw("invalid_insz", (_WRONG_CHECK_DIGITS,)),
    Flaw("invalid_date", (pl.lit("20180231").alias("motief_datum"),), text_only=True),
    Flaw("unknown_country", (pl.lit("15").alias("nationaliteit"),)),
    Flaw("unknown_country", (pl.lit("998").alias("land_van_herkomst"),)),
    Flaw("invalid_text", (pl.lit(None, pl.String).alias("naam"),)),
    Flaw("duplicate_person", in_copy=True),
    Flaw("duplicate_person", (pl.lit("20991231").alias("document_geldig_tot"),), in_copy=True),
)
REPLACEMENTS_FLAWS = (
    Flaw("invalid_insz", (pl.col("oud_insz").str.slice(0, 9) + "00",)),
    Flaw("invalid_date", (pl.lit("20180231").alias("datum"),), text_only=True),
)
_STALE_ROW_KEPT = 0.3


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Spoils about ``share`` of the rows of a file and never more than twice that."""

    share: float
    chance: Chance
    is_typed: bool

    def spoil(self, frame: pl.DataFrame, flaws: Sequence[Flaw], rejects: pl.DataFrame | None = None) -> pl.DataFrame:
        """The file with its flaws; ``rejects`` are rows to be rejected that belong to it in any case."""
        usable = [flaw for flaw in flaws if not (self.is_typed and flaw.text_only)]
        rows = np.flatnonzero(self.chance.happens(frame.height, self.share))
        kinds = self.chance.whole(len(rows), 0, len(usable) - 1)
        cost = np.cumsum(np.array([flaw.rejects for flaw in usable], dtype=np.int64)[kinds])
        is_affordable = cost + (0 if rejects is None else rejects.height) <= self._most(frame)
        kind_of_row = np.full(frame.height, -1)
        kind_of_row[rows[is_affordable]] = kinds[is_affordable]
        spoiled, copies = frame.with_columns(pl.Series(_KIND, kind_of_row)), []
        for number, flaw in enumerate(usable):
            is_hit = pl.col(_KIND) == number
            if flaw.in_copy:
                copies.append(spoiled.filter(is_hit).with_columns(*flaw.changes))
            else:
                spoiled = spoiled.with_columns(_where(is_hit, change) for change in flaw.changes)
        whole = pl.concat([spoiled, *copies]).drop(_KIND)
        return whole if rejects is None else pl.concat([whole, rejects])

    def stale_rows(self, persons: pl.DataFrame, replacements: pl.DataFrame) -> pl.DataFrame:
        """Register rows that stand there a second time, under a number just replaced."""
        kept = replacements.filter(pl.Series(self.chance.happens(replacements.height, _STALE_ROW_KEPT)))
        former = kept.unique("nieuw_insz", keep="first", maintain_order=True)
        stale = persons.join(former, left_on="insz", right_on="nieuw_insz", how="inner", maintain_order="right")
        return stale.with_columns(insz="oud_insz").select(persons.columns).head(self._most(persons))

    def _most(self, frame: pl.DataFrame) -> int:
        return int(2 * self.share * frame.height)


def _where(is_hit: pl.Expr, change: pl.Expr) -> pl.Expr:
    column = change.meta.output_name()
    return pl.when(is_hit).then(change).otherwise(pl.col(column)).alias(column)
