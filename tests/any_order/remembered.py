"""What many sequences compute alike is computed once: candidates of the relational assets, and what their audits say.

A candidate is looked up by all that its manifest says it is made from, and its audit by its bytes. So a partition whose
manifest does not name something that it depends on is still found: it gets rows that the slow reading of the rules
contradicts. That the same inputs give the same bytes is not taken for granted either: every tenth candidate that is
known is computed again, and compared.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

import duckdb

from dvz_assets.audit.expectations import Number, SuiteRun, run_suite
from dvz_assets.flow import checks, context, steps
from dvz_assets.flow.assets import RELATIONAL
from dvz_assets.flow.context import Flow
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.flow.visible_rows import VisibleRows
from dvz_assets.home.folder import make_folder
from dvz_assets.home.lake import Manifest
from dvz_assets.months import Month
from dvz_assets.reference import Reference

COMPUTED_AGAIN = 10


@contextmanager
def remembered(counted: Counter[str]) -> Iterator[None]:
    """Remember within this process; ``counted`` says how many candidates were computed, known and compared."""
    memory = _Memory(counted)
    with ExitStack() as changed:
        writers = {asset: memory.writer(asset, write) for asset, write in steps.WRITERS.items()}
        changed.enter_context(patch.dict(steps.WRITERS, writers))
        changed.enter_context(patch.object(checks, "run_suite", memory.run_suite))
        # there are two folders of tables, which do not change
        changed.enter_context(patch.object(Reference, "load", cache(Reference.load)))
        changed.enter_context(patch.object(context, "VisibleRows", memory.visible_rows))
        yield


class _Memory:
    def __init__(self, counted: Counter[str]) -> None:
        self._counted = counted
        self._candidates: dict[str, tuple[bytes, Manifest]] = {}
        self._audits: dict[tuple[object, ...], SuiteRun] = {}
        self._visible: dict[int, VisibleRows] = {}
        # what a thread has written last is what it audits next
        self._written = threading.local()

    def writer(self, asset: str, write: steps.Write) -> steps.Write:
        """The writer of an asset, which remembers."""

        def write_or_copy(flow: Flow, connection: duckdb.DuckDBPyConnection, month: Month) -> Manifest:
            key = new_manifest(flow, asset, month).as_json() if asset in RELATIONAL else ""
            known, candidate = self._candidates.get(key), flow.lake.candidate(asset, month)
            again = known is not None and self._counted["known"] % COMPUTED_AGAIN == 0
            if known is None or again:
                manifest = write(flow, connection, month)
                content = candidate.read_bytes()
                if again:
                    self._counted["compared"] += 1
                    assert known == (content, manifest), f"{asset}: the same inputs, and other bytes"
            else:
                content, manifest = known
                make_folder(candidate.parent)
                candidate.write_bytes(content)
            if key:
                self._counted["computed" if known is None else "known"] += 1
                self._candidates[key] = content, manifest
            self._written.relation, self._written.sha256 = asset, hashlib.sha256(content).hexdigest()
            return manifest

        return write_or_copy

    def visible_rows(self, reference: Reference) -> VisibleRows:
        """What months see of tables that are remembered, and so are the same object."""
        return self._visible.setdefault(id(reference), VisibleRows(reference))

    def run_suite(
        self, suite: Path, connection: duckdb.DuckDBPyConnection, relation: str, parameters: Mapping[str, Number]
    ) -> SuiteRun:
        """The audit of the candidate that was written last; of anything else it is done."""
        if getattr(self._written, "relation", None) != relation:
            return run_suite(suite, connection, relation, parameters)
        key = (suite, self._written.sha256, tuple(sorted(parameters.items())))
        if key not in self._audits:
            self._audits[key] = run_suite(suite, connection, relation, parameters)
        return self._audits[key]
