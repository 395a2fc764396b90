"""What appears in a home appears whole, and what is there whole is not replaced as a folder."""

from pathlib import Path

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.home.storage import move_folder, path_at, version_of, versions_below, write_whole

LAST = "voucher.json"


def made(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_text(folder.name)
    return folder


def test_a_whole_folder_is_never_replaced(tmp_path: Path) -> None:
    """A delivery that another process has made stays as it is."""
    building, target = made(tmp_path / "building", "a.csv", LAST), made(tmp_path / "0001", "a.csv", LAST)
    with pytest.raises(DvzError, match="FOLDER_IS_THERE"):
        move_folder(building, target, last=LAST)
    assert (target / "a.csv").read_text() == "0001"


def test_what_is_left_of_a_folder_goes(tmp_path: Path) -> None:
    building, target = made(tmp_path / "building", "a.csv", LAST), made(tmp_path / "0001", "left-over.csv")
    move_folder(building, target, last=LAST)
    assert sorted(path.name for path in target.iterdir()) == ["a.csv", LAST]


def test_another_content_is_another_version(tmp_path: Path) -> None:
    path = tmp_path / "month=2018-05" / "data.parquet"
    assert version_of(path) is None
    write_whole(path, b"one", "written")
    first = version_of(path)
    write_whole(path, b"two", "written")
    assert version_of(path) != first
    assert versions_below(tmp_path, "month=*/data.parquet") == {path: version_of(path)}
    assert [each.name for each in path.parent.iterdir()] == ["data.parquet"]


def test_a_folder_is_a_path_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_at(".dvz") == tmp_path / ".dvz"
