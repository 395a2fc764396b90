"""Partitions that an earlier version of the software has written, read with the columns that a table has today.

A column that is younger than its table says what it means where it is absent (``Column.absent``). Files are asked for
their columns only where a table has such a column.
"""

from collections.abc import Sequence

import polars as pl

from dvz_assets.home.lake import Lake
from dvz_assets.months import Month
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import FIRST_VERSION, Column


def is_absent(lake: Lake, asset: str, month: Month) -> bool:
    """Return whether a month lacks a partition because the version that made it did not know the table: no rows."""
    return LAKE_TABLES[asset].since != FIRST_VERSION and not lake.has(asset, month)


def absent_columns(lake: Lake, asset: str, month: Month) -> tuple[Column, ...]:
    """Return the columns that were added to the table of an asset after this partition was written."""
    added = [column for column in LAKE_TABLES[asset].columns if column.absent is not None]
    if not added:
        return ()
    there = lake.scan(asset, month).collect_schema()
    return tuple(column for column in added if column.name not in there.names())


def with_absent(frame: pl.DataFrame, absent: Sequence[Column]) -> pl.DataFrame:
    """Return the frame with columns that it lacks, filled with what their absence means."""
    return frame.with_columns(
        pl.sql_expr(f"CAST({column.absent} AS {column.type})").alias(column.name) for column in absent
    )


def partition_of_today(lake: Lake, asset: str, month: Month) -> pl.DataFrame:
    """Return the rows of a partition with the columns that its table has today, in their order.

    Raises DvzError when the partition is missing.
    """
    lake.manifest(asset, month)
    rows = lake.scan(asset, month).collect()
    return with_absent(rows, absent_columns(lake, asset, month)).select(LAKE_TABLES[asset].names)
