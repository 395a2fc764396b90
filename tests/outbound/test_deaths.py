"""A process may die at every named step of a hold, a release, a transmission and an acknowledgement."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_death_at_any_step_leaves_nothing_half_done_that_cannot_be_done_again(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.outbound.laboratory", str(tmp_path)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    tried = json.loads(done.stdout)
    assert {name: problems for name, problems in tried.items() if problems} == {}
    actions = {name.partition(":")[0] for name in tried}
    assert actions == {"hold", "end of hold", "release", "transmission", "acknowledgement"}
    assert {"transmission: outbox: voucher.json renamed", "release: release: entered"} <= tried.keys()
