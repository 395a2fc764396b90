"""What the flow writes into the ledger: the beginning and end of every run, deliveries, and what was published.

A delivery whose entry a crash has prevented gets it with the next run of its month, if its intent is in the ledger.
"""

import contextlib
from collections.abc import Mapping, Sequence

from dvz_assets.flow.assets import DELIVERED
from dvz_assets.flow.context import Flow
from dvz_assets.flow.trouble import code_of
from dvz_assets.home.deliveries import VOUCHER_FILE, written_deliveries
from dvz_assets.home.ledger import Event
from dvz_assets.home.logged_deliveries import require_known
from dvz_assets.months import Month
from dvz_assets.outbound.states import APPROVALS_REQUIRED, SEQUENCE


def record_start(flow: Flow, months: Sequence[Month], run: str) -> None:
    """A run has taken hold of consecutive months."""
    flow.ledger.append(
        Event.RUN_STARTED,
        month=months[0],
        rules=flow.reference.fingerprint,
        details={"run": run, "last_month": str(months[-1])},
    )


def record_failure(flow: Flow, asset: str, month: Month | None, run: str, error: BaseException) -> None:
    """A run ended badly. Says nothing when the ledger itself is the trouble: the run tells of it."""
    with contextlib.suppress(Exception):  # of a library too: clients of an object store have errors of their own
        flow.ledger.append(Event.RUN_FAILED, month=month, details={"run": run, "asset": asset, "code": code_of(error)})


def record_month(flow: Flow, month: Month, run: str) -> None:
    """A month is materialised: from which files, by which rules, with which delivery in force."""
    regime, rules = flow.reference.regime_of(month), flow.reference.fingerprint
    vouchers = written_deliveries(flow.storage, month)
    for voucher in require_known(flow.storage, flow.ledger, month):
        flow.ledger.append(
            Event.DELIVERED,
            month=month,
            regime=regime,
            rules=rules,
            outputs={VOUCHER_FILE: voucher.sha256, **{file.name: file.sha256 for file in voucher.files}},
            details={
                "run": run,
                SEQUENCE: voucher.sequence,
                # 0: it is released by being prepared
                APPROVALS_REQUIRED: max(flow.settings.approvals_required, 1 if voucher.historical else 0),
            },
            commitments={VOUCHER_FILE: voucher.sha256},
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


def record_publication(flow: Flow, database: str, versions: Mapping[str, str], removed: Sequence[str]) -> None:
    """Months of a published file were replaced or removed."""
    if versions or removed:
        flow.ledger.append(
            Event.PUBLISHED, outputs=versions, details={"database": database, "removed": ", ".join(removed)}
        )
