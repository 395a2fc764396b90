"""The power fails while a month runs, a delivery leaves or the ledger grows: in small; ``make powercut`` does more."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.powercut.disk import Disk, Loss
from tests.powercut.laboratory import CHECKOUT
from tests.powercut.recording import Operation, is_possible


def test_what_was_acknowledged_survives_and_the_next_run_puts_the_rest_right(tmp_path: Path) -> None:
    if not is_possible():
        pytest.skip("needs strace, and leave to look at a program with it")
    actions = ["month", "release", "transmission", "entry of the ledger"]
    arguments = [str(tmp_path), "10", "1", "20", *actions]
    program = [sys.executable, "-m", "tests.powercut.laboratory", *arguments]
    done = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["problems"] == {}
    assert set(found["tried"]) == set(actions)


def test_a_disk_forgets_what_was_not_synchronised(tmp_path: Path) -> None:
    """Of the disk itself: a writer that leaves out a synchronisation is found."""
    root = str(tmp_path)
    disk, chance = Disk(tmp_path), random.Random(1)
    for operation in (
        Operation("mkdir", f"{root}/a"),
        Operation("create", f"{root}/a/building"),
        Operation("write", f"{root}/a/building", content=b"whole"),
    ):
        disk.do(operation)
    assert disk.after_cut(Loss.ALL_UNSYNCED, chance) == {}
    assert disk.after_cut(Loss.CONTENT, chance) == {"a/building": b""}
    disk.do(Operation("sync", f"{root}/a/building"))
    disk.do(Operation("rename", f"{root}/a/building", f"{root}/a/file"))
    disk.do(Operation("sync", f"{root}/a"))
    assert disk.after_cut(Loss.CONTENT, chance) == {"a/file": b"whole"}
    assert disk.after_cut(Loss.ALL_UNSYNCED, chance) == {}, "the folder itself was not synchronised where it stands"
    disk.do(Operation("sync", root))
    for loss in Loss:
        assert disk.after_cut(loss, chance) == {"a/file": b"whole"}
