"""Months side by side, two runs of one month, readers during publishes: in small; ``make soak`` does the long form."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.crash.concurrency import CHECKOUT, publish_under_readers, run_side_by_side
from tests.integration.running import fingerprint, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"
HOLDER = """
import sys
from dvz_assets.home.locks import hold_months
from dvz_assets.months import Month
from dvz_assets.settings import Settings

hold_months(Settings(home=sys.argv[1]), [Month.parse(sys.argv[2])], "of-somebody-else")
print("held", flush=True)
sys.stdin.read()
"""


def results(home: Path) -> dict[str, str]:
    """Everything but what bears the time of a delivery."""
    found = fingerprint(home / "lake") | fingerprint(home / "quarantine") | fingerprint(home / "checks")
    return {
        name: value for name, value in found.items() if not name.startswith("delivery/") and "delivery.json" not in name
    }


def test_a_second_run_of_a_month_refuses_and_names_the_first(flow: Flow) -> None:
    arguments = [sys.executable, "-c", HOLDER, str(flow.settings.home), FIRST]
    with subprocess.Popen(arguments, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        failure = run(flow, FIRST)
        assert failure is not None
        assert failure.message.startswith("MONTH_IS_RUNNING")
        assert f"run of-somebody-else (process {holder.pid})" in failure.message
        assert not (flow.settings.home / "lake").exists()
        holder.kill()
    # the lock of a process that died holds nobody up
    assert run(flow, FIRST) is None


def test_months_side_by_side_give_the_same_bytes_as_in_order(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    in_order = ran_until(SECOND)
    home = tmp_path / "side-by-side"
    said = run_side_by_side(in_order.settings.landing, home, Month.range(Month.parse(FIRST), Month.parse(SECOND)), 2)
    assert said.pop("done") == 2
    assert set(said) <= {"EARLIER_MONTH_NOT_MATERIALISED", "MONTH_IS_RUNNING"}
    one, other = results(home), results(in_order.settings.home)
    assert sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)) == []


def test_readers_see_complete_versions_only(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    flow = ran_until(LAST)
    found = publish_under_readers(
        flow.settings.landing, flow.settings.home, Month.parse(LAST), tmp_path / "stop", readers=4, publishes=4
    )
    assert found["publishes"] >= 7
    assert found["reads"] > 20
    assert found["wrong"] == []
