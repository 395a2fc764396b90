"""One step of the flow: build the candidate of a partition, audit it, publish it.

The same steps run whoever asks: the command line, the Dagster UI, the sensor or the schedule. Nothing becomes visible
under a partition's path before its audit.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb

from dvz_assets.audit.expectations import ExpectationResult
from dvz_assets.flow import delivery, raw, relational
from dvz_assets.flow.assets import ASSETS, RELATIONAL, Writer
from dvz_assets.flow.checks import audit_candidate, require_passed, shown_counts
from dvz_assets.flow.cleaned import aid_history, identity_map, register_persons
from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import Manifest
from dvz_assets.home.reference_archive import archive
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month

Write = Callable[[Flow, duckdb.DuckDBPyConnection, Month], Manifest]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did: the manifest of the partition, its rows, the results of its audit, and what each part took."""

    manifest: Manifest
    rows: int
    results: list[ExpectationResult]
    changed: bool
    seconds_writing: float
    seconds_checking: float


CLEANING: Mapping[str, Write] = {
    "identity_map": lambda flow, _, month: identity_map.write_candidate(flow, month),
    "aid_history": aid_history.write_candidate,
    "register_persons": lambda flow, _, month: register_persons.write_candidate(flow, month),
}


def _write(asset: str) -> Write:
    match ASSETS[asset].writer:
        case Writer.DELIVERED_FILE:
            return lambda flow, _, month: raw.write_candidate(flow, asset, month)
        case Writer.CLEANING:
            return CLEANING[asset]
        case Writer.SQL:
            return lambda flow, connection, month: relational.write_candidate(flow, connection, asset, month)
        case Writer.DELIVERY:
            return lambda flow, _, month: delivery.write_candidate(flow, month)
        case other:
            raise ValueError(f"{asset}: {other} writes no partition of the lake")


WRITERS: Mapping[str, Write] = {asset: _write(asset) for asset in ASSETS}


def run_steps(flow: Flow, asset: str, months: Sequence[Month]) -> Iterator[tuple[Month, StepResult]]:
    """One step for each month of a range, in order.

    Candidates of several months are written and audited side by side (setting ``months_at_once``), for a step keeps one
    core busy; they become partitions one after the other, so that nothing appears behind a month that fails.
    """
    if ASSETS[asset].in_sequence or len(months) == 1:
        for month in months:
            yield month, run_step(flow, asset, month)
        return
    # once, before several want it
    archive(flow.reference, flow.settings)
    if asset in RELATIONAL:
        flow.engine.begin()
    pool = ThreadPoolExecutor(flow.settings.months_at_once, thread_name_prefix=asset)
    try:
        for month, audited in zip(months, pool.map(lambda each: _audited(flow, asset, each), months), strict=True):
            yield month, _publish(flow, asset, month, audited)
    finally:
        pool.shutdown(cancel_futures=True)


def run_step(flow: Flow, asset: str, month: Month) -> StepResult:
    """Write, audit, publish one partition; raises DvzError, with the partition as it was, when anything is wrong."""
    return _publish(flow, asset, month, _audited(flow, asset, month))


@dataclass(frozen=True, slots=True)
class _Audited:
    manifest: Manifest
    results: list[ExpectationResult]
    seconds_writing: float
    seconds_checking: float


def _audited(flow: Flow, asset: str, month: Month) -> _Audited:
    begun = time.perf_counter()
    flow = flow.snapshot()
    with flow.cursor() as connection:
        manifest = WRITERS[asset](flow, connection, month)
        reached(f"{asset}: candidate written")
        written = time.perf_counter()
        audit = audit_candidate(flow, connection, asset, month, manifest)
        reached(f"{asset}: audited")
        return _Audited(manifest, audit.results, written - begun, audit.seconds)


def _publish(flow: Flow, asset: str, month: Month, audited: _Audited) -> StepResult:
    begun = time.perf_counter()
    require_passed(asset, month, audited.results, shown_counts(flow, audited.manifest.counts))
    if asset == "delivery":
        delivery.publish_candidate(flow, month)
    changed = flow.lake.publish(asset, month)
    reached(f"{asset}: renamed")
    rows = flow.lake.rows(asset, month)
    seconds_writing = audited.seconds_writing + time.perf_counter() - begun
    return StepResult(audited.manifest, rows, audited.results, changed, seconds_writing, audited.seconds_checking)
