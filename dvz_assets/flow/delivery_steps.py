"""What became of the deliveries of a month, as ``export.delivery`` publishes it: state, and the time of each step.

The ledger says it. A delivery that a crash kept out of the ledger is PREPARED until a run of its month enters it.
"""

from collections.abc import Sequence

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import written_deliveries
from dvz_assets.months import Month
from dvz_assets.outbound.states import DeliveryState, State

DELIVERY_STEPS = "delivery_steps"
TIME_OF = {
    State.RELEASED: "released_at",
    State.TRANSMITTED: "transmitted_at",
    State.ACKNOWLEDGED: "acknowledged_at",
    State.REFUSED: "refused_at",
    State.REJECTED: "rejected_at",
    State.REPLACED: "replaced_at",
}
TIME = pl.Datetime("us", "UTC")
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "sequence": pl.Int32,
    "state": pl.String,
    "is_historical": pl.Boolean,
    "prepared_at": TIME,
    **dict.fromkeys(TIME_OF.values(), TIME),
}


def delivery_steps(flow: Flow, month: Month, states: Sequence[DeliveryState]) -> pl.DataFrame:
    """Return one row per delivery of the month that stands in the home; ``states`` are those of the ledger."""
    known = {each.sequence: each for each in states}
    rows = []
    for voucher in written_deliveries(flow.storage, month):
        found = known.get(voucher.sequence)
        times = found.times if found else {}
        rows.append(
            {
                "sequence": voucher.sequence,
                "state": found.state.value if found else State.PREPARED.value,
                "is_historical": bool(voucher.historical),
                "prepared_at": times.get(State.PREPARED, voucher.created),
                **{name: times.get(state) for state, name in TIME_OF.items()},
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA)


def steps_in_words(states: Sequence[DeliveryState]) -> str:
    """Return what the rows follow from, for a fingerprint."""
    return "; ".join(
        f"{each.sequence} {', '.join(f'{state} {time.isoformat()}' for state, time in sorted(each.times.items()))}"
        for each in states
    )
