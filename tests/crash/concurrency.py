"""Several processes at once: months side by side, readers during publishes; for the tests and ``make soak``."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.flow.steps import WRITERS, run_step
from dvz_assets.months import Month
from dvz_assets.settings import Settings

CHECKOUT = Path(__file__).parents[2]
WAITS = ("EARLIER_MONTH_NOT_MATERIALISED", "MONTH_IS_RUNNING")


def run_side_by_side(landing: Path, home: Path, months: Sequence[Month], processes: int) -> Counter[str]:
    """Every month as a process of its own, so many at a time; one that has to wait is started again. What was said."""
    said: Counter[str] = Counter()
    program = str(Path(sys.executable).with_name("dvz"))

    def run_until_done(month: Month) -> None:
        while True:
            ran = subprocess.run(
                [program, "run", "--month", str(month), "--landing", str(landing), "--home", str(home)],
                capture_output=True,
                text=True,
                check=False,
            )
            code = "done" if ran.returncode == 0 else ran.stderr.strip().partition(":")[0]
            said[code] += 1
            if code not in WAITS:
                return

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(run_until_done, months))
    return said


def publish_under_readers(
    landing: Path, home: Path, month: Month, stop: Path, *, readers: int, publishes: int
) -> dict[str, Any]:
    """Replace both published files again and again while readers look; how often they read, and what was wrong."""
    program = [sys.executable, "-m", "tests.crash.readers", str(home), str(stop)]
    kinds = ["holding", *["polling"] * (readers - 1)]
    started = [
        subprocess.Popen([*program, kind], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for kind in kinds
    ]
    replaced = 0
    try:
        for number in range(publishes):
            settings = Settings(landing=landing, home=home)
            other = settings.model_copy(update={"country_of_origin": "it006", "small_cell_threshold": 6})
            flow = Flow(settings if number % 2 else other)
            for asset in WRITERS:
                run_step(flow, asset, month)
            replaced += sum(bool(publish(flow, database).replaced) for database in PUBLISHED_DATABASES.values())
    finally:
        stop.touch()
        outputs = [process.communicate() for process in started]
    died: dict[str, Any] = {"reads": 0, "wrong": ["the reader died"]}
    found: list[dict[str, Any]] = [json.loads(out) if out else died for out, _ in outputs]
    return {
        "publishes": replaced,
        "reads": sum(each["reads"] for each in found),
        "wrong": sorted({problem for each in found for problem in each["wrong"]}),
    }
