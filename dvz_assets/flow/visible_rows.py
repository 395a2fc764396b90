"""Which rows of a reference table can be seen from a day in a regime, and the hash of what they compute with.

What is worked out for one day serves all days between the same two changes of a table: a home has a hundred months, and
a table changes a few times.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from dvz_assets.reference import Reference
from dvz_assets.tables.model import FIRST_VERSION
from dvz_assets.tables.reference import FOREVER, REFERENCE_TABLES, Field, Row

# tables whose rows count whatever their validity: a permanent card is one before its code is valid (rules.md section 4)
OF_ANY_DAY = ("residence_documents",)
# what is told to people and computes nothing
PROSE = ("description", "source", "name", "title", "basis", "legal_reference", "authorisation", "correction_reference")


class VisibleRows:
    """The rows of the reference tables by what can be seen of them."""

    def __init__(self, reference: Reference) -> None:
        """For the tables of one reference folder."""
        self._tables = reference.tables
        self._changes: dict[str, list[date]] = {}
        self._rows: dict[tuple[str, str, int], pl.DataFrame] = {}
        self._fingerprints: dict[tuple[str, str, int], str] = {}

    def rows(self, table: str, regime: str, day: date) -> pl.DataFrame:
        """Return the rows of ``regime``, where the table tells regimes apart, that begin on or before ``day``.

        A row that ends on ``day`` or later is open.
        """
        seen = self._seen(table, regime, day)
        if seen not in self._rows:
            day = FOREVER if table in OF_ANY_DAY else day
            self._rows[seen] = _visible(self._tables[table], regime, day)
        return self._rows[seen]

    def fingerprint(self, table: str, regime: str, day: date) -> str:
        """Return the hash of these rows, their prose aside.

        What is empty, or says what its absence means, is left out: a new column changes only the rows of which it says
        something.
        """
        seen = self._seen(table, regime, day)
        if seen not in self._fingerprints:
            fields = REFERENCE_TABLES[table].fields
            rows = self.rows(table, regime, day).iter_rows(named=True)
            texts = sorted(json.dumps(dict(_told(fields, row)), sort_keys=True) for row in rows)
            self._fingerprints[seen] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        return self._fingerprints[seen]

    def _seen(self, table: str, regime: str, day: date) -> tuple[str, str, int]:
        """The same for all days between which nothing begins or ends."""
        if table not in self._changes:
            self._changes[table] = _changes(self._tables[table])
        return table, regime, bisect_right(self._changes[table], day)


def _told(fields: Sequence[Field], row: Row) -> Iterator[tuple[str, str]]:
    """What a row says by itself, as text: neither its prose, nor what would hold without it."""
    for field in fields:
        value = row[field.name]
        if value is not None and field.name not in PROSE and not _means_absence(field, row):
            yield field.name, str(value)


def _means_absence(field: Field, row: Row) -> bool:
    """Whether a column that is younger than the first version, or has gone, says what its absence means."""
    if field.since == FIRST_VERSION and field.until is None:
        return False
    try:
        return bool(row[field.name] == field.absent(row))
    except KeyError:
        return False  # its absence meant what a column said that has gone


def _changes(frame: pl.DataFrame) -> list[date]:
    """The days on which rows begin, and on which they are over for the first time."""
    begins = frame["valid_from"].to_list() if "valid_from" in frame.columns else []
    ends = frame["valid_to"].to_list() if "valid_to" in frame.columns else []
    return sorted({*begins, *(end + timedelta(days=1) for end in ends if end != FOREVER)})


def _visible(frame: pl.DataFrame, regime: str, day: date) -> pl.DataFrame:
    if "regime" in frame.columns:
        frame = frame.filter(regime=regime)
    if "valid_from" in frame.columns:
        frame = frame.filter(pl.col("valid_from") <= day)
    if "valid_to" in frame.columns:
        is_over = pl.col("valid_to") < day
        frame = frame.with_columns(valid_to=pl.when(is_over).then("valid_to").otherwise(pl.lit(FOREVER)))
    return frame
