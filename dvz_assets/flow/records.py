"""What the flow writes into the ledger: the beginning and end of every run, deliveries, and what was published.

A delivery whose entry a crash has prevented gets it with the next run of its month.
"""

import contextlib
from collections.abc import Mapping, Sequence

from dvz_assets.errors import DvzError
from dvz_assets.flow.assets import DELIVERED
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import VOUCHER_FILE, written_deliveries
from dvz_assets.home.ledger import Event
from dvz_assets.months import Month


def record_start(flow: Flow, months: Sequence[Month], run: str) -> None:
    """A run has taken hold of consecutive months."""
    flow.ledger.append(
        Event.RUN_STARTED,
        month=months[0],
        rules=flow.reference.fingerprint,
        details={"run": run, "last_month": str(months[-1])},
    )


def record_failure(flow: Flow, asset: str, month: Month | None, run: str, error: Exception) -> None:
    """A run ended badly. Says nothing when the ledger itself is the trouble: the run tells of it."""
    code = error.code if isinstance(error, DvzError) else type(error).__name__
    with contextlib.suppress(Exception):  # of a library too: clients of an object store have errors of their own
        flow.ledger.append(Event.RUN_FAILED, month=month, details={"run": run, "asset": asset, "code": code})


def record_month(flow: Flow, month: Month, run: str) -> None:
    """A month is materialised: from which files, by which rules, with which delivery in force."""
    regime, rules = flow.reference.regime_of(month), flow.reference.fingerprint
    vouchers = written_deliveries(flow.storage, month)
    for voucher in vouchers:
        if not flow.ledger.mentions(voucher.sha256):
            flow.ledger.append(
                Event.DELIVERED,
                month=month,
                regime=regime,
                rules=rules,
                outputs={VOUCHER_FILE: voucher.sha256, **{file.name: file.sha256 for file in voucher.files}},
                details={"run": run, "sequence": voucher.sequence, **voucher.control_totals.as_details()},
            )
    flow.ledger.append(
        Event.MATERIALISED,
        month=month,
        regime=regime,
        rules=rules,
        inputs={asset: flow.lake.manifest(asset, month).inputs["file"] for asset in DELIVERED},
        outputs={"decisions": flow.lake.fingerprint("decisions", month), VOUCHER_FILE: vouchers[-1].sha256},
        details={"run": run, "sequence": vouchers[-1].sequence},
    )


def unrecorded_deliveries(flow: Flow) -> list[str]:
    """Deliveries that stand in the home and not in the ledger, in words; a crash leaves one until its month runs."""
    return [
        f"delivery {month}/{voucher.number} is not in the ledger; run the month again if a run died"
        for month in flow.lake.months("delivery")
        for voucher in written_deliveries(flow.storage, month)
        if not flow.ledger.mentions(voucher.sha256)
    ]


def record_publication(flow: Flow, database: str, versions: Mapping[str, str], removed: Sequence[str]) -> None:
    """Months of a published file were replaced or removed."""
    if versions or removed:
        flow.ledger.append(
            Event.PUBLISHED, outputs=versions, details={"database": database, "removed": ", ".join(removed)}
        )
