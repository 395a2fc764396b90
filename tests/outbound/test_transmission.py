"""Transmission: released deliveries alone, once, voucher last; to a folder, to an SFTP server and to an S3 server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.home import write_steps
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher, delivery_folder
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import hold_months, release_months
from dvz_assets.outbound.release import reject
from dvz_assets.outbound.states import State, find
from dvz_assets.outbound.transmission import transmit
from dvz_assets.settings import Settings
from tests.object_store.store import Store, object_store
from tests.outbound.prepared import FILES, MONTH, answer, prepare
from tests.outbound.servers import SftpServer, sftp_server
from tests.production.processes import needs_postgresql

NAME = f"{MONTH}/0001"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with object_store(tmp_path_factory.mktemp("outbox-store")) as running:
        yield running


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    for name in ("served/outbox", "keys"):
        (tmp_path / name).mkdir(parents=True)
    with sftp_server(tmp_path / "served", tmp_path / "keys") as running:
        yield running


@pytest.fixture(
    params=["folder", "sftp", pytest.param("s3", marks=needs_postgresql)],
)
def outbox(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Path]:
    """Settings with an outbox of each kind, and the folder behind it."""
    if request.param == "sftp":
        server: SftpServer = request.getfixturevalue("sftp")
        return Settings(home=tmp_path / "home", **server.settings), server.folder / "outbox"
    if request.param == "s3":
        running: Store = request.getfixturevalue("store")
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        settings = Settings(home=tmp_path / "home", outbox=f"s3://bucket/{tmp_path.name}")
        return settings, running.objects(tmp_path.name)
    return Settings(home=tmp_path / "home", outbox=str(tmp_path / "outbox")), tmp_path / "outbox"


@pytest.fixture
def folder_outbox(tmp_path: Path) -> tuple[Settings, Path]:
    return Settings(home=tmp_path / "home", outbox=str(tmp_path / "outbox")), tmp_path / "outbox"


@pytest.fixture
def stop_at() -> Iterator[Callable[[str], None]]:
    """Let something go wrong at a step."""
    before = write_steps.listener

    def at(step: str) -> None:
        def listen(reached: str) -> None:
            if reached == step:
                raise OSError("gone")

        write_steps.listener = listen

    yield at
    write_steps.listener = before


def there(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def complete(voucher: Voucher) -> dict[str, bytes]:
    return {f"{NAME}/{name}": content for name, content in {**FILES, VOUCHER_FILE: voucher.as_bytes()}.items()}


def test_a_released_delivery_is_put_whole_and_once(outbox: tuple[Settings, Path]) -> None:
    settings, folder = outbox
    ledger, voucher = Ledger(settings), prepare(settings)
    assert transmit(settings, ledger, MONTH, None).state is State.TRANSMITTED
    assert there(folder) == complete(voucher)  # and not what stays at POD MI
    with pytest.raises(DvzError, match="WRONG_STATE"):
        transmit(settings, ledger, MONTH, None)
    assert [entry.event for entry in ledger.entries()].count(Event.TRANSMITTED) == 1


@pytest.mark.parametrize("step", ["outbox: dvz_export.csv put", "outbox: dvz_export_period.csv put"])
def test_what_broke_off_looks_like_nothing_and_is_tried_again(
    outbox: tuple[Settings, Path], stop_at: Callable[[str], None], step: str
) -> None:
    settings, folder = outbox
    ledger, voucher = Ledger(settings), prepare(settings)
    stop_at(step)
    with pytest.raises(DvzError, match="OUTBOX_TROUBLE"):
        transmit(settings, ledger, MONTH, None)
    assert not (folder / NAME / VOUCHER_FILE).exists()
    assert find(ledger, MONTH).state is State.RELEASED
    write_steps.listener = lambda _: None
    transmit(settings, ledger, MONTH, None)
    assert there(folder) == complete(voucher)


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_connection_that_breaks_leaves_nothing_that_looks_complete(
    tmp_path: Path, sftp: SftpServer, writes: int
) -> None:
    settings = Settings(home=tmp_path / "home", **sftp.settings)
    ledger, voucher = Ledger(settings), prepare(settings)
    sftp.writes_until_it_breaks = writes
    with pytest.raises(DvzError, match="OUTBOX_TROUBLE"):
        transmit(settings, ledger, MONTH, None)
    assert not (sftp.folder / "outbox" / NAME / VOUCHER_FILE).exists()
    sftp.writes_until_it_breaks = None
    transmit(settings, ledger, MONTH, None)
    assert there(sftp.folder / "outbox") == complete(voucher)


def test_another_host_and_another_key_are_not_spoken_to(tmp_path: Path, sftp: SftpServer) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    stranger.write_private_key(tmp_path / "stranger")
    (tmp_path / "stranger").chmod(0o600)
    other_host = f"[127.0.0.1]:{sftp.port} {stranger.export_public_key().decode()}"
    (tmp_path / "known_hosts").write_text(other_host)
    prepare(Settings(home=tmp_path / "home"))
    for wrong in ({"outbox_known_hosts": tmp_path / "known_hosts"}, {"outbox_key": tmp_path / "stranger"}):
        settings = Settings(home=tmp_path / "home", **{**sftp.settings, **wrong})
        with pytest.raises(DvzError, match="OUTBOX_TROUBLE"):
            transmit(settings, Ledger(settings), MONTH, None)
    assert there(sftp.folder) == {}


def test_a_key_that_others_may_read_opens_nothing(tmp_path: Path, sftp: SftpServer) -> None:
    settings = Settings(home=tmp_path / "home", **sftp.settings)
    prepare(settings)
    (sftp.keys / "client").chmod(0o644)
    with pytest.raises(DvzError, match="INVALID_KEY"):
        transmit(settings, Ledger(settings), MONTH, None)


def test_nothing_is_put_over_another_delivery(folder_outbox: tuple[Settings, Path]) -> None:
    settings, folder = folder_outbox
    prepare(settings)
    (folder / NAME).mkdir(parents=True)
    (folder / NAME / VOUCHER_FILE).write_text("of somebody else")
    before = there(folder)
    with pytest.raises(DvzError, match="OUTBOX_OCCUPIED"):
        transmit(settings, Ledger(settings), MONTH, None)
    assert there(folder) == before


@pytest.mark.parametrize("name", [*FILES, VOUCHER_FILE])
def test_what_was_changed_after_it_was_prepared_never_leaves(folder_outbox: tuple[Settings, Path], name: str) -> None:
    settings, folder = folder_outbox
    prepare(settings)
    with (delivery_folder(settings.home, MONTH) / "0001" / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(DvzError, match="DELIVERY_CHANGED"):
        transmit(settings, Ledger(settings), MONTH, None)
    assert there(folder) == {}


def prepared(settings: Settings) -> None:
    prepare(settings, historical=True)


def rejected(settings: Settings) -> None:
    prepare(settings)
    reject(settings, Ledger(settings), MONTH, None, "desk 1")


def replaced(settings: Settings) -> None:
    prepare(settings)
    prepare(settings, sequence=2)


def refused(settings: Settings) -> None:
    from dvz_assets.outbound.acknowledgements import take_in

    voucher = prepare(settings)
    transmit(settings, Ledger(settings), MONTH, None, done_by_hand=True)
    answer(settings.landing, voucher, status="REFUSED", reason="no")
    assert take_in(settings, Ledger(settings)).deliveries


@pytest.mark.parametrize("become", [prepared, rejected, replaced, refused])
@pytest.mark.parametrize("by_hand", [False, True])
def test_what_is_not_released_or_was_taken_back_never_leaves(
    tmp_path: Path, become: Callable[[Settings], Any], by_hand: bool
) -> None:
    settings = Settings(home=tmp_path / "home", landing=tmp_path / "landing", outbox=str(tmp_path / "outbox"))
    become(settings)
    with pytest.raises(DvzError, match="WRONG_STATE"):
        transmit(settings, Ledger(settings), MONTH, 1, done_by_hand=by_hand)
    assert there(tmp_path / "outbox") == {}


def test_nothing_leaves_while_a_run_of_the_month_may_replace_it(folder_outbox: tuple[Settings, Path]) -> None:
    settings, folder = folder_outbox
    prepare(settings)
    hold_months(settings, [MONTH], "another")
    try:
        with pytest.raises(DvzError, match="MONTH_IS_RUNNING"):
            transmit(settings, Ledger(settings), MONTH, None)
    finally:
        release_months()
    assert there(folder) == {}


@pytest.mark.parametrize(
    "address", ["sftp://host/path", "sftp://a:secret@host/path", "ftp://a@host/path", "s3://bucket", "sftp://a@host"]
)
def test_an_address_that_is_none_is_refused_without_its_password(tmp_path: Path, address: str) -> None:
    with pytest.raises(DvzError, match="outbox") as raised:
        Settings.load(home=str(tmp_path), outbox=address)
    assert "secret" not in str(raised.value)


def test_sftp_needs_a_key_and_a_pinned_host(tmp_path: Path) -> None:
    with pytest.raises(DvzError, match="outbox_key, outbox_known_hosts"):
        Settings.load(home=str(tmp_path), outbox="sftp://ksz@host/path")
