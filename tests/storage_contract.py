"""What every storage of a home does: the same tests for each implementation, which gives ``storage``."""

import os
from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.home.storage import Storage

LAST = "voucher.json"


def made(folder: Path, *names: str) -> Path:
    """A folder of this machine whose files hold its name."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(folder.name)
    return folder


class StorageContract:
    """To be inherited from; a class gives a fixture ``storage`` with an empty home."""

    def test_a_whole_folder_is_never_replaced(self, storage: Storage) -> None:
        """A delivery that another process has made stays as it is."""
        target = storage.home / "0001"
        storage.move_folder(made(storage.work / "first", "a.csv", LAST), target, last=LAST)
        with pytest.raises(DvzError, match="FOLDER_IS_THERE"):
            storage.move_folder(made(storage.work / "second", "a.csv", LAST), target, last=LAST)
        assert (target / "a.csv").read_text() == "first"

    def test_what_is_left_of_a_folder_goes(self, storage: Storage) -> None:
        target = storage.home / "0001"
        storage.write_whole(target / "left-over.csv", b"of a process that died", "written")
        building = made(storage.work / "building", "a.csv", LAST)
        storage.move_folder(building, target, last=LAST)
        assert sorted(path.name for path in target.iterdir()) == ["a.csv", LAST]
        assert not building.exists()

    def test_another_content_is_another_version(self, storage: Storage) -> None:
        path = storage.home / "month=2018-05" / "data.parquet"
        assert storage.version(path) is None
        storage.write_whole(path, b"one", "written")
        first = storage.version(path)
        storage.write_whole(path, b"two", "written")
        assert storage.version(path) != first
        assert storage.versions_below(storage.home, "month=*/data.parquet") == {path: storage.version(path)}
        assert [each.name for each in path.parent.iterdir()] == ["data.parquet"]

    def test_only_the_depth_of_the_pattern_is_listed(self, storage: Storage) -> None:
        for name in ("0001/voucher.json", "0001/deeper/voucher.json", "voucher.json", "other/voucher.json"):
            storage.write_whole(storage.home / "deliveries" / name, b"{}", "written")
        found = storage.versions_below(storage.home / "deliveries", "[0-9]*/voucher.json")
        assert [str(path.relative_to(storage.home)) for path in found] == ["deliveries/0001/voucher.json"]

    def test_lines_are_added_and_a_torn_one_goes(self, storage: Storage) -> None:
        """What is torn stands only where a file is written to in place."""
        file = storage.home / "ledger" / "ledger.jsonl"
        storage.append_line(file, b"one\n", 0)
        storage.append_line(file, b"two\n", 4)
        assert file.read_bytes() == b"one\ntwo\n"
        if isinstance(file, Path):
            for torn in (b"thr", b"th\0\0\0\0\0\0\0\n"):
                with file.open("ab") as opened:
                    opened.write(torn)
                storage.append_line(file, b"three\n", 8)
                assert file.read_bytes() == b"one\ntwo\nthree\n"
                os.truncate(file, 8)

    def test_a_file_can_be_read_and_fetched_on_this_machine(self, storage: Storage) -> None:
        path, source = storage.home / "lake" / "data.parquet", storage.work / "building"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(b"content")
        storage.replace_file(source, path)
        assert not source.exists()
        storage.fetch(path, storage.work / "elsewhere" / "data.parquet")
        for here in (storage.readable(path), storage.work / "elsewhere" / "data.parquet"):
            assert isinstance(here, Path)
            assert here.read_bytes() == b"content"
        storage.remove_folder(storage.home / "lake")
        storage.remove_folder(storage.home / "lake")
        assert storage.version(path) is None

    def test_a_lock_has_one_holder_who_is_named(self, storage: Storage) -> None:
        first, second = storage.lock_session("the first"), storage.lock_session("the second")
        try:
            assert first.take("month=2018-05", wait=False)
            assert not second.take("month=2018-05", wait=False)
            assert second.holder_of("month=2018-05") == "the first"
            first.require_held()
            first.close()
            assert second.take("month=2018-05", wait=True)
        finally:
            second.close()
