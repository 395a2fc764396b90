"""A process dies at a moment when something is put into a store: nothing half-written, and the next run puts it right.

Part of ``make soak``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from dvz_assets.generate import generate
from dvz_assets.project_files import reference_folder
from tests.object_store.store import BUCKET, LEDGER_KEY, Store

CHECKOUT = Path(__file__).parents[2]
STEPS = ("0001/dvz_export.csv: to be put", "0001/voucher.json: to be put", "ledger.jsonl: to be put")


def test_death_while_something_is_put(store: Store, tmp_path: Path) -> None:
    landing, homes = tmp_path / "landing", store.folder / "served" / BUCKET / "crashes"
    generate(landing, seed=5, persons=60, months=2, start="2018-05", file_format="csv", reference=reference_folder())
    homes.mkdir()
    environment = {
        **os.environ,
        "SERVED_AS": f"s3://{BUCKET}/crashes",
        "DVZ_SCRATCH": str(tmp_path / "scratch"),
        "DVZ_LOCK_DATABASE": store.lock_database,
        "DVZ_LEDGER_KEY": LEDGER_KEY,
    }
    program = [sys.executable, "-m", "tests.crash.laboratory", str(homes), str(landing), "at", *STEPS]
    ran = subprocess.run(program, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout.splitlines()[-1])
    assert result["tried"] == list(STEPS)
    assert result["problems"] == {}
