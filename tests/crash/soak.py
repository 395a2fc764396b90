"""The long form of the crash and concurrency tests: ``make soak``. Prints what was tried and the violations found."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dvz_assets.flow.context import Flow
from dvz_assets.generate import generate
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Settings
from tests.crash.concurrency import CHECKOUT, publish_under_readers, run_side_by_side
from tests.crash.test_concurrency import results
from tests.integration.running import run
from tests.integration.test_bad_deliveries import TABLE

KILLS, READERS, PUBLISHES, MONTHS, PROCESSES, SEQUENCES = 200, 20, 50, 24, 4, 2000


def crashes(folder: Path, *arguments: str) -> dict[str, list[str]]:
    """Violations by write step or moment."""
    landing = folder / "landing"
    if not landing.exists():
        generate(
            landing, seed=5, persons=60, months=2, start="2018-05", file_format="csv", reference=reference_folder()
        )
    with tempfile.TemporaryDirectory() as work:
        program = [sys.executable, "-m", "tests.crash.laboratory", work, str(landing), *arguments]
        ran = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout.splitlines()[-1])
    print(f"{arguments[0]:>8}: {len(found['tried'])} kills, {len(found['problems'])} violations", flush=True)
    problems: dict[str, list[str]] = found["problems"]
    return problems


def side_by_side(folder: Path) -> list[str]:
    """Violations of months run side by side, and of readers during publishes."""
    landing = folder / "long-landing"
    generate(
        landing, seed=5, persons=60, months=MONTHS, start="2017-07", file_format="csv", reference=reference_folder()
    )
    months = Month.range(Month.parse("2017-07"), Month.parse("2017-07").plus(MONTHS - 1))
    in_order, home = Flow(Settings(landing=landing, home=folder / "in-order")), folder / "side-by-side"
    failure = run(in_order, str(months[0]), str(months[-1]))
    said = run_side_by_side(landing, home, months, PROCESSES)
    same = results(home) == results(in_order.settings.home)
    print(f"months side by side: {dict(said)}, same bytes as in order: {same}", flush=True)
    readers = publish_under_readers(landing, home, months[-1], folder / "stop", readers=READERS, publishes=PUBLISHES)
    print(
        f"readers: {READERS}, reads {readers['reads']}, publishes {readers['publishes']}, {readers['wrong']}",
        flush=True,
    )
    return [
        *([] if failure is None else ["the range in order failed"]),
        *([] if same else ["other bytes side by side"]),
        *([] if said["done"] == MONTHS else ["a month side by side failed"]),
        *readers["wrong"],
    ]


def broken_deliveries() -> list[str]:
    """Violations of the table of broken deliveries."""
    table = "tests/integration/test_bad_deliveries.py"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", table], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    print(f"broken deliveries: {len(TABLE)}, all refused: {ran.returncode == 0}", flush=True)
    return [] if ran.returncode == 0 else ["a broken delivery was not refused as it should be"]


def any_order() -> list[str]:
    """Violations of the model of a home that is driven in any order."""
    program = [sys.executable, "-m", "tests.any_order.soak", str(SEQUENCES)]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # its frames are small
    ran = subprocess.run(program, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    print(ran.stdout, end="", flush=True)
    return [] if ran.returncode == 0 else ["a sequence of steps contradicts the model"]


def main() -> None:
    """Everything; exit status 1 when a violation was found."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        problems = [
            *crashes(folder, "steps", "0", "1").items(),
            *crashes(folder, "random", str(KILLS), "1").items(),
            *side_by_side(folder),
            *broken_deliveries(),
            *any_order(),
        ]
    print(f"violations found: {len(problems)}")
    for problem in problems:
        print(f"  {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
