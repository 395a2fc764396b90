"""The disk that forgets, by itself, and under Dagster's first start; ``make powercut`` cuts off everything else."""

import os
import random
import sys
from pathlib import Path

import pytest

from dvz_assets.orchestration.instance import open_instance
from tests.powercut.disk import Disk, Loss, digest
from tests.powercut.recording import Operation, is_possible, operations, record

CHECKOUT = Path(__file__).parents[2]
CUTS = 12
OPEN = """
import pathlib, sys
from dvz_assets.orchestration.instance import open_instance
with open_instance(pathlib.Path(sys.argv[1])):
    pass
"""


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


@pytest.mark.skipif(not is_possible(), reason="strace is not here, or may not look at a program")
def test_dagster_opens_whatever_a_cut_left_of_its_first_start(tmp_path: Path) -> None:
    """It makes its databases in many steps, and takes what a cut leaves between two of them for an older version."""
    folder, trace = tmp_path / "disk", tmp_path / "trace"
    folder.mkdir()
    record([sys.executable, "-W", "ignore", "-c", OPEN, str(folder / "home")], trace, CHECKOUT)
    disk, chance = Disk(folder), random.Random(1)
    states: dict[int, dict[str, bytes]] = {}
    for operation in operations(trace, folder, CHECKOUT):
        disk.do(operation)
        for loss in Loss:
            left = disk.after_cut(loss, chance)
            states[digest({name: content for name, content in left.items() if "/dagster/" in name})] = left
    for number, left in enumerate(list(states.values())[:: max(1, len(states) // CUTS)]):
        place = tmp_path / str(number)
        for name, content in left.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                (place / name).write_bytes(content)
        with open_instance(place / "home") as instance:
            assert list(instance.get_runs()) == []
            assert list(instance.all_instigator_state()) == []
            assert list(instance.get_asset_keys()) == []
        os.environ.pop("DAGSTER_HOME")
