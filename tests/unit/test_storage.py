"""The storage of a home in a folder, and which storage an address has."""

from pathlib import Path

import pytest

from dvz_assets.addresses import path_at
from dvz_assets.home.folder import Folder
from dvz_assets.home.storage import Storage, storage_of
from dvz_assets.settings import Settings
from tests.storage_contract import StorageContract


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return Folder(tmp_path / "home", tmp_path / "home")


def test_a_folder_is_a_path_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_at(".dvz") == tmp_path / ".dvz"


def test_an_address_has_its_storage(tmp_path: Path) -> None:
    assert storage_of(Settings(home=tmp_path)) == Folder(tmp_path, tmp_path)
