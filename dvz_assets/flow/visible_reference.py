"""The rows of the reference tables that a month can see: what is added for other months changes nothing in it.

A month sees the rows of its own regime where a table tells regimes apart, and of dated rows those that begin on or
before its last day: the later one of the month's end and of the register snapshot. A row that ends on or after that day
is open for it. Every step is given these rows and no others, so that their hash is an exact input of its partition.
"""

from dataclasses import replace
from datetime import date

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import ASSETS, PUBLISHED, upstream
from dvz_assets.flow.context import Flow
from dvz_assets.flow.month_facts import snapshot_date
from dvz_assets.months import Month
from dvz_assets.reference import Reference

NO_REGIME = ""


def visible_rows(flow: Flow, asset: str, month: Month, table: str) -> pl.DataFrame:
    """Return the rows of a reference table that ``asset`` sees at ``month``.

    What is published of a month is in the words with which the month was decided.
    """
    if asset in PUBLISHED:
        return flow.reference_of(month).tables[table]
    return flow.visible_reference.rows(table, _regime(flow, month), _last_day(flow, asset, month))


def visible_fingerprint(flow: Flow, asset: str, month: Month, table: str) -> str:
    """Return the hash of what those rows compute with: their prose aside, and without what is empty."""
    return flow.visible_reference.fingerprint(table, _regime(flow, month), _last_day(flow, asset, month))


def visible_reference(flow: Flow, asset: str, month: Month) -> Reference:
    """Return the declared tables of an asset that is made in Python, with the rows that it sees and no others."""
    tables = {name: visible_rows(flow, asset, month, name) for name in ASSETS[asset].reads.reference}
    return replace(flow.reference, tables=tables)


def _regime(flow: Flow, month: Month) -> str:
    try:
        return flow.reference.regime_of(month)
    except DvzError:
        return NO_REGIME  # whoever needs one says so


def _last_day(flow: Flow, asset: str, month: Month) -> date:
    """The last day of which the rows of an asset may speak; no line of a statement goes beyond the month's end."""
    if "register_snapshot" in upstream(asset) and flow.lake.has("register_snapshot", month):
        return max(month.last_day, snapshot_date(flow, month))
    return month.last_day
