"""What is known of a statement month as a whole: the columns of the one row of ``statement_month``.

A step sees the columns that it declares. Their values are inputs of its partition, so that another country of origin,
or another column that the law allows, makes nothing stale that does not ask for it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import STATEMENTS_IN_TWELVE_MONTHS
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.sql_literals import literal

Value = date | str | list[str]
# what manifests count beside the rows received and rejected
ACCEPTED = ("kept", "dropped")


def snapshot_date(flow: Flow, month: Month) -> date:
    """Return the day of the register snapshot, which is the reference date of the register tests."""
    return date.fromisoformat(flow.lake.manifest("register_snapshot", month).facts["snapshot_date"])


def received_rows(flow: Flow, month: Month) -> list[str]:
    """Return how many rows of each file came, and were rejected for which reason, as ``<asset> <reason> <rows>``.

    They stand in the manifests of the cleaned assets, as far as these are there: suites of what comes before them are
    given all facts too.
    """
    return [
        f"{asset} {name.rpartition(' ')[2]} {rows}"
        for asset in ("aid_history", "register_persons")
        if flow.lake.has(asset, month)
        for name, rows in sorted(flow.lake.manifest(asset, month).counts.items())
        if name not in ACCEPTED
    ]


MONTH_FACTS: Mapping[str, Callable[[Flow, Month], Value]] = {
    "month": lambda flow, month: month.first_day,
    "regime": lambda flow, month: flow.reference.regime_of(month),
    "reference_date": snapshot_date,
    "first_of_twelve_months": lambda flow, month: month.minus(STATEMENTS_IN_TWELVE_MONTHS - 1).first_day,
    "received_rows": received_rows,
    "country_of_origin": lambda flow, month: flow.settings.country_of_origin,
    "correction_months": lambda flow, month: str(flow.reference.correction_months(month)),
    "authorised_fields": lambda flow, month: flow.reference.authorised_columns(flow.reference.regime_of(month)),
}


def facts_as_select(flow: Flow, month: Month, names: Sequence[str]) -> str:
    """Return the SELECT of the one row with these facts; raises DvzError when the month has no regime."""
    return f"SELECT {', '.join(f'{_value(MONTH_FACTS[name](flow, month))} AS {name}' for name in names)}"


def facts_as_text(flow: Flow, month: Month, names: Sequence[str]) -> dict[str, str]:
    """Return the facts as inputs of a manifest; what is not known (any more) is empty."""
    return {name: _text(flow, month, name) for name in names}


def _text(flow: Flow, month: Month, name: str) -> str:
    try:
        value = MONTH_FACTS[name](flow, month)
    except DvzError:
        return ""
    return ",".join(value) if isinstance(value, list) else str(value)


def _value(value: Value) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f"DATE {literal(value)}" if isinstance(value, date) else literal(value)
