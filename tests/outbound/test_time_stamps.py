"""Time stamps: what one proves, and that no delivery ever waits for one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home import time_stamps
from dvz_assets.home.deliveries import VOUCHER_FILE, delivery_folder
from dvz_assets.home.keys import own_public_key, public_pem
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.logged_deliveries import with_intent
from dvz_assets.home.storage import storage_of
from dvz_assets.home.time_stamps import TIME_STAMP_FILE
from dvz_assets.outbound.states import State, find
from dvz_assets.outbound.time_stamping import Stamped, stamp_missing
from dvz_assets.outbound.transmission import transmit
from dvz_assets.settings import Settings
from tests.integration.running import run
from tests.outbound.authority import Authority, time_stamp_authority
from tests.outbound.prepared import MONTH, prepare

VERIFIER = Path(__file__).parents[2] / "scripts" / "verify_delivery.py"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamp_authority(tmp_path_factory.mktemp("tsa") / "authority") as authority:
        yield authority


@pytest.fixture
def authority(running: Authority) -> Authority:
    running.answers = ""
    return running


@pytest.fixture
def prepared(authority: Authority, tmp_path: Path) -> Settings:
    """A home with one delivery, whose voucher was made just now and is signed; it has no time stamp."""
    settings = Settings(home=tmp_path / "home", outbox=str(tmp_path / "outbox"), **authority.settings)
    bare = prepare(settings).model_copy(update={"created_at": datetime.now(UTC).isoformat(timespec="seconds")})
    for made in ("deliveries", "ledger"):
        shutil.rmtree(settings.home / made)
    ledger = Ledger(settings)
    signed = with_intent(settings, ledger, bare)
    folder = folder_of(settings)
    prepare(settings)
    (folder / VOUCHER_FILE).write_bytes(signed.as_bytes())
    ledger.file.unlink()
    (ledger.folder / "head.json").unlink()
    ledger.append(Event.DELIVERED, month=MONTH, commitments={VOUCHER_FILE: signed.sha256}, details=DELIVERED)
    return settings


DELIVERED: dict[str, str | int] = {"sequence": 1, "approvals_required": 0}


def folder_of(settings: Settings) -> Path:
    return delivery_folder(settings.home, MONTH) / "0001"


def stamp(settings: Settings) -> Stamped:
    return stamp_missing(settings, storage_of(settings), Ledger(settings))


def verify(settings: Settings, *options: str, key: str = "") -> Result:
    """Verify as a receiver does: with public key and certificates, without home."""
    own = own_public_key(settings)
    assert own is not None
    public = settings.home.parent / "public.pem"
    public.write_text(key + public_pem(own), "ascii")
    given = ["--public-key", str(public), "--home", str(settings.home.parent / "none"), *options]
    return CliRunner().invoke(app, ["verify", str(folder_of(settings)), *given])


def due(settings: Settings) -> list[str]:
    return ["--time-stamp-certificates", str(settings.time_stamp_certificates)]


def test_a_run_has_its_delivery_time_stamped(authority: Authority, ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-04")
    assert list(flow.settings.home.rglob(TIME_STAMP_FILE)) == []
    stamping = replace(flow, settings=flow.settings.model_copy(update=authority.settings))
    authority.answers = "an error"
    assert run(stamping, "2018-04") is None, "a run waits for no authority"
    assert list(flow.settings.home.rglob(TIME_STAMP_FILE)) == []
    authority.answers = ""
    assert run(stamping, "2018-04") is None
    folder = flow.settings.home / "deliveries" / "2018-04" / "0001"
    (entry,) = [each for each in flow.ledger.entries() if each.event == Event.TIME_STAMPED]
    assert (entry.month, entry.details["sequence"]) == ("2018-04", 1)
    home = ["--home", str(flow.settings.home)]
    options = ["--time-stamp-certificates", str(authority.certificates), *home]
    verified = CliRunner().invoke(app, ["verify", str(folder), *options])
    assert verified.exit_code == 0, verified.output
    assert f"time stamp: there at {entry.details['time']}" in verified.stdout
    assert CliRunner().invoke(app, ["ledger", "verify", *home]).exit_code == 0
    stamped = (folder / TIME_STAMP_FILE).read_bytes()
    asked = authority.asked
    assert stamp(stamping.settings) == Stamped()
    assert ((folder / TIME_STAMP_FILE).read_bytes(), authority.asked) == (stamped, asked), "once and for good"


def test_others_verify_it_without_us(prepared: Settings) -> None:
    assert stamp(prepared).stamped == (f"{MONTH}/0001",)
    folder, key = folder_of(prepared), prepared.home.parent / "public.pem"
    assert verify(prepared, *due(prepared)).exit_code == 0
    openssl = ["openssl", "ts", "-verify", "-in", TIME_STAMP_FILE, "-data", VOUCHER_FILE]
    seen = subprocess.run(
        [*openssl, "-CAfile", str(prepared.time_stamp_certificates)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in seen.stdout + seen.stderr
    independent = [sys.executable, "-I", str(VERIFIER), str(folder), "--key", str(key)]
    assert subprocess.run(independent, capture_output=True, text=True, check=False).stdout == "genuine\n"


@pytest.mark.parametrize(
    "answers",
    [
        "an error",
        "another page",
        "nothing",
        "too much",
        "a refusal",
        "half of it",
        "what it said before",
        "elsewhere",
        "slowly",
    ],
)
def test_an_authority_that_is_down_blocks_nothing(
    authority: Authority, prepared: Settings, answers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_stamps, "SECONDS", 0.3)
    authority.answers = answers
    found = stamp(prepared)
    assert found.trouble is not None
    assert (found.trouble.code, found.missing) == ("NO_TIME_STAMP", (f"{MONTH}/0001",))
    assert not (folder_of(prepared) / TIME_STAMP_FILE).exists()
    verified = verify(prepared)
    assert verified.exit_code == 0, verified.output
    assert transmit(prepared, Ledger(prepared), MONTH, None).state is State.TRANSMITTED
    authority.answers = ""
    assert stamp(prepared).stamped == (f"{MONTH}/0001",), "asked again, it has one"


def test_one_that_is_not_there_blocks_nothing_either(prepared: Settings) -> None:
    gone = prepared.model_copy(update={"time_stamp_authority": "http://127.0.0.1:9/"})
    assert transmit(gone, Ledger(gone), MONTH, None).state is State.TRANSMITTED
    no_certificates = prepared.model_copy(update={"time_stamp_certificates": prepared.home / "none"})
    trouble = stamp(no_certificates).trouble
    assert trouble is not None
    assert trouble.code == "INVALID_CERTIFICATE"


def test_the_command_says_what_is_missing(authority: Authority, prepared: Settings) -> None:
    environment = {f"DVZ_{name.upper()}": str(value) for name, value in authority.settings.items()}
    command = ["delivery", "stamp", "--home", str(prepared.home)]
    authority.answers = "an error"
    failed = CliRunner(env=environment).invoke(app, command)
    assert failed.exit_code == 1
    assert "without a time stamp: 1" in failed.stdout
    assert "NO_TIME_STAMP" in failed.stderr
    authority.answers = ""
    done = CliRunner(env=environment).invoke(app, [*command, "--json"])
    assert json.loads(done.stdout) == {"stamped": [f"{MONTH}/0001"], "missing": []}
    assert CliRunner(env=environment).invoke(app, command).stdout == "Nothing to do.\n"


def test_it_goes_to_the_receiver_also_when_it_came_between_two_attempts(prepared: Settings, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox" / str(MONTH) / "0001"
    outbox.mkdir(parents=True)
    for path in folder_of(prepared).iterdir():  # of an attempt that died before it was entered
        if path.name != "changes.csv":
            shutil.copy(path, outbox)
    transmit(prepared, Ledger(prepared), MONTH, None)
    assert (outbox / TIME_STAMP_FILE).read_bytes() == (folder_of(prepared) / TIME_STAMP_FILE).read_bytes()
    assert find(Ledger(prepared), MONTH).state is State.TRANSMITTED


def of_another_voucher(settings: Settings) -> None:
    voucher = folder_of(settings) / VOUCHER_FILE
    voucher.write_bytes(voucher.read_bytes() + b" ")


def of_another_authority(settings: Settings) -> None:
    other = Authority(settings.home.parent / "other")
    # the same names, other keys
    (settings.home.parent / "certificates").write_bytes(other.certificates.read_bytes())


def that_is_taken_away(settings: Settings) -> None:
    (folder_of(settings) / TIME_STAMP_FILE).unlink()


def that_is_no_time_stamp(settings: Settings) -> None:
    (folder_of(settings) / TIME_STAMP_FILE).write_bytes(os.urandom(2000))


def that_was_changed(settings: Settings) -> None:
    path = folder_of(settings) / TIME_STAMP_FILE
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def that_is_a_pipe(settings: Settings) -> None:
    (folder_of(settings) / TIME_STAMP_FILE).unlink()
    os.mkfifo(folder_of(settings) / TIME_STAMP_FILE)


@pytest.mark.parametrize(
    "forge",
    [
        that_is_a_pipe,
        of_another_voucher,
        of_another_authority,
        that_is_taken_away,
        that_is_no_time_stamp,
        that_was_changed,
    ],
    ids=lambda forge: forge.__name__,
)
def test_a_time_stamp_that_proves_nothing_is_found(prepared: Settings, forge: Callable[[Settings], Any]) -> None:
    assert stamp(prepared).trouble is None
    certificates = prepared.home.parent / "certificates"
    shutil.copy(str(prepared.time_stamp_certificates), certificates)
    forge(prepared)
    verified = verify(prepared, "--time-stamp-certificates", str(certificates))
    assert verified.exit_code == 1
    assert "WRONG time stamp" in verified.stdout


def test_a_voucher_that_was_dated_back_with_a_key_that_had_leaked_is_found(prepared: Settings) -> None:
    """Whoever has the key makes all of it at a time when the key was good; he has no time stamp of then."""
    ended = datetime.now(UTC) - timedelta(days=1)
    path = folder_of(prepared) / VOUCHER_FILE
    shutil.rmtree(prepared.home / "ledger")
    made_up = prepare(Settings(home=prepared.home.parent / "forger")).model_copy(
        update={"created_at": (ended - timedelta(days=1)).isoformat()}
    )
    forged = with_intent(prepared, Ledger(prepared), made_up)
    path.write_bytes(forged.as_bytes())
    key = f"valid-until: {ended.isoformat()}\n"
    assert "ok    signature" in verify(prepared, key=key).stdout, "the signature alone does not tell"
    stamp(prepared)
    verified = verify(prepared, *due(prepared), key=key)
    assert verified.exit_code == 1
    assert "WRONG time stamp: of a time at which the key of the voucher had ended" in verified.stdout


def test_who_asks_for_time_stamps_has_to_verify_them(tmp_path: Path) -> None:
    for wrong in (
        {"time_stamp_authority": "https://tsa.example"},
        {"time_stamp_authority": "file:///etc/passwd", "time_stamp_certificates": tmp_path},
        {"time_stamp_authority": "https://user:secret@tsa.example", "time_stamp_certificates": tmp_path},
    ):
        with pytest.raises(DvzError) as refused:
            Settings.load(home=tmp_path, **wrong)
        assert "time_stamp" in str(refused.value)
        assert "secret" not in str(refused.value)
