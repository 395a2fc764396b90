"""Trouble of the machine: a clear message, exit status 1, no traceback, and nothing lost."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.integration.running import fingerprint, run

FIRST, SECOND = "2018-04", "2018-05"


def dvz(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


def test_a_missing_landing_zone(tmp_path: Path) -> None:
    status, said = dvz(
        "run", "--month", FIRST, "--landing", str(tmp_path / "nowhere"), "--home", str(tmp_path / "home")
    )
    assert status == 1
    assert "NO_LANDING_ZONE" in said
    assert "To do:" in said


def test_a_home_that_cannot_be_written(landing: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    status, said = dvz("run", "--month", FIRST, "--landing", str(landing), "--home", str(tmp_path / "a-file" / "home"))
    assert status == 1
    assert "MACHINE_TROUBLE" in said
    assert "a-file" in said


def test_a_full_disk_loses_nothing(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(FIRST)
    home = flow.settings.home
    before = {name: fingerprint(home / name) for name in ("published", "deliveries")}
    # a limit on the size of files stands for the full disk; the published files are the largest that are written
    program = Path(sys.executable).with_name("dvz")
    command = f"ulimit -f 600; exec {program} run --month {SECOND} --landing {flow.settings.landing} --home {home}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "MACHINE_TROUBLE" in ran.stderr or "withheld" in ran.stderr
    assert "Traceback" not in ran.stderr
    for name, value in before["published"].items():
        assert fingerprint(home / "published")[name] == value
    assert before["deliveries"].items() <= fingerprint(home / "deliveries").items()
    assert run(flow, SECOND) is None
    leftovers = [path.name for path in home.rglob("*") if "building" in path.name]
    assert leftovers == []


def test_a_memory_limit_that_is_too_small(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(FIRST)
    before = {name: fingerprint(flow.settings.home / name) for name in ("published", "deliveries")}
    small = Flow(flow.settings.model_copy(update={"memory_limit": "20 MB", "threads": 1}))
    failure = run(small, SECOND)
    assert failure is not None
    assert failure.message.startswith("MACHINE_TROUBLE")
    assert {name: fingerprint(flow.settings.home / name) for name in before} == before
    assert run(flow, SECOND) is None


def test_a_clock_that_was_set_back(ran_until: Callable[[str], Flow], monkeypatch: pytest.MonkeyPatch) -> None:
    flow = ran_until(FIRST)
    before = fingerprint(flow.settings.home / "published")
    monkeypatch.setattr(Month, "current", classmethod(lambda _: Month.parse("2018-01")))
    options = ("--landing", str(flow.settings.landing), "--home", str(flow.settings.home))
    status, said = dvz("run", "--month", SECOND, *options)
    assert status == 1
    assert "MONTH_OUT_OF_RANGE" in said
    assert "2018-01 (now, in Brussels)" in said
    assert fingerprint(flow.settings.home / "published") == before
