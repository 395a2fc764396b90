"""The disk that forgets, by itself; ``make powercut`` starts the software on what it leaves."""

import random
from pathlib import Path

from tests.powercut.disk import Disk, Loss
from tests.powercut.recording import Operation


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
