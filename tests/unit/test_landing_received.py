"""Whatever stands in the landing zone under a name of the contract: only a regular file within its limit is read."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
from dvz_assets.landing.voucher import read_voucher
from dvz_assets.landing.zone import delivered_months, month_folder
from tests.unit.landing_deliveries import MAY, write_delivery

NAME = "voucher.json"
GIGABYTES_40 = 40 * 10**9


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


def folder(path: Path) -> None:
    path.mkdir()


def link_to_a_file(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_text("{}", encoding="utf-8")
    path.symlink_to(target)


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def sparse_file(path: Path) -> None:
    path.touch()
    os.truncate(path, GIGABYTES_40)


KINDS = [pipe, listening_socket, folder, link_to_a_file, link_to_a_device, link_to_itself, sparse_file]


@pytest.fixture
def short_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A socket's path may have no more than 108 characters."""
    monkeypatch.chdir(tmp_path)
    return Path("novaprima", str(MAY))


@pytest.mark.parametrize("make", KINDS)
def test_nothing_but_a_regular_file_within_its_limit_is_read(make: Callable[[Path], None], short_path: Path) -> None:
    """At once, and without taking memory: a pipe would be waited for, and a sparse file is larger than the machine."""
    short_path.mkdir(parents=True)
    make(short_path / NAME)
    with pytest.raises(DeliveryError) as caught:
        read_voucher(month_folder(Path(), "novaprima", MAY), "novaprima", MAY)
    assert caught.value.code in {"INVALID_FILE", "FILE_TOO_LARGE"}
    assert caught.value.place.endswith(f"{MAY}/{NAME}")


@pytest.mark.parametrize("make", KINDS)
def test_a_month_whose_voucher_is_no_file_is_delivered_so_that_reading_it_says_why(
    make: Callable[[Path], None], short_path: Path
) -> None:
    write_delivery(Path("register", str(MAY)), "register", {})
    short_path.mkdir(parents=True)
    make(short_path / NAME)
    assert delivered_months(Path()) == [MAY]


def test_a_device_is_not_read() -> None:
    with pytest.raises(DeliveryError, match="a regular file"):
        ReceivedFolder(Path("/dev")).read("zero", MAX_JSON_BYTES)


@pytest.mark.parametrize("linked", ["novaprima", f"novaprima/{MAY}"])
def test_a_link_in_place_of_a_folder_is_not_followed(linked: str, tmp_path: Path) -> None:
    landing, elsewhere = tmp_path / "landing", tmp_path / "elsewhere"
    write_delivery(landing / "novaprima" / str(MAY), "novaprima", {"statement.csv": (b"x", 1)})
    read_voucher(month_folder(landing, "novaprima", MAY), "novaprima", MAY)
    (landing / linked).rename(elsewhere)
    (landing / linked).symlink_to(elsewhere)
    with pytest.raises(DeliveryError, match="symbolic link"):
        read_voucher(month_folder(landing, "novaprima", MAY), "novaprima", MAY)


def test_the_landing_zone_itself_may_be_a_link(tmp_path: Path) -> None:
    write_delivery(tmp_path / "there" / "novaprima" / str(MAY), "novaprima", {"statement.csv": (b"x", 1)})
    (tmp_path / "landing").symlink_to(tmp_path / "there")
    assert read_voucher(month_folder(tmp_path / "landing", "novaprima", MAY), "novaprima", MAY).sequence == 1


@pytest.mark.parametrize("change", [b"xx", b""])
def test_a_file_that_changes_its_size_while_it_is_read_is_refused(
    change: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(b"x")
    look = os.fstat

    def changed_after_the_look(descriptor: int) -> os.stat_result:
        status = look(descriptor)
        (tmp_path / NAME).write_bytes(change)
        return status

    monkeypatch.setattr(os, "fstat", changed_after_the_look)
    with pytest.raises(DeliveryError, match="changed while it was read"):
        ReceivedFolder(tmp_path).read(NAME, MAX_JSON_BYTES)


def test_no_open_file_is_left_behind(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- the numbers of the open files
    for name in ("absent", "x"):
        for below in ((), ("absent",), ("x",)):
            (tmp_path / "x").touch()
            ReceivedFolder(tmp_path, below).holds(name)
            with pytest.raises(DeliveryError):
                ReceivedFolder(tmp_path, below).read(name, -1)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
