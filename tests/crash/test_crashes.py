"""A process dies at a named write step, or at any moment: nothing half-written, and the next run puts it right.

A part of the steps and few moments here; ``make soak`` does all of them.
"""

import json
import subprocess
import sys
from pathlib import Path

from dvz_assets.flow.steps import WRITERS
from dvz_assets.generate import generate
from dvz_assets.project_files import reference_folder

CHECKOUT = Path(__file__).parents[2]


def test_death_at_a_write_step_and_at_any_moment(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    generate(landing, seed=5, persons=60, months=2, start="2018-05", file_format="csv", reference=reference_folder())
    program = [sys.executable, "-m", "tests.crash.laboratory", str(tmp_path), str(landing)]
    ran = subprocess.run(
        [*program, "steps", "3", "36", "random", "1", "1"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout.splitlines()[-1])
    expected = {f"{asset}: {step}" for asset in WRITERS for step in ("candidate written", "audited", "renamed")}
    assert expected <= set(result["steps"])
    assert len(result["tried"]) >= 4
    assert result["problems"] == {}
