"""A process dies at each kind of moment when something is put into a store: part of ``make soak``."""

from pathlib import Path

from tests.object_store.store import Store
from tests.object_store.test_crashes import dies_at


def test_death_while_something_is_put(store: Store, tmp_path: Path) -> None:
    dies_at(
        store, tmp_path, "0001/dvz_export.csv: to be put", "0001/voucher.json: to be put", "ledger.jsonl: to be put"
    )
