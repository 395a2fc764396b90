"""A delivery that is not what was written is found, by us and by whoever does not trust us; without any secret.

Each forger has the home but not the keys, or the keys that he has made himself.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher
from dvz_assets.home.keys import own_public_key, public_pem
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.logged_deliveries import with_intent
from dvz_assets.settings import Settings
from tests.integration.running import run

MONTH = "2018-04"
VERIFIER = Path(__file__).parents[2] / "scripts" / "verify_delivery.py"
EXPORT = "dvz_export.csv"


@dataclass
class Received:
    """A delivery as it reached its receiver, and his public key of POD MI; nothing of the home."""

    folder: Path
    key: Path

    @property
    def voucher(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / VOUCHER_FILE).read_bytes())
        return content

    def write(self, voucher: dict[str, Any]) -> None:
        (self.folder / VOUCHER_FILE).write_text(json.dumps(voucher, indent=2, ensure_ascii=False) + "\n", "utf-8")

    def dvz(self) -> Result:
        given = ["--public-key", str(self.key), "--home", str(self.folder.parents[1] / "no-home")]
        return CliRunner().invoke(app, ["verify", str(self.folder), *given])

    def independent(self) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-I", str(VERIFIER), str(self.folder), "--key", str(self.key)]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.fixture
def received(ran_until: Callable[[str], Flow], tmp_path: Path) -> Received:
    flow = ran_until(MONTH)
    folder = tmp_path / "received" / MONTH / "0001"
    shutil.copytree(flow.settings.home / "deliveries" / MONTH / "0001", folder)
    key = tmp_path / "public.pem"
    own = own_public_key(flow.settings)
    assert own is not None
    key.write_text(public_pem(own), "ascii")
    return Received(folder, key)


def change_a_file(received: Received) -> None:
    path = received.folder / EXPORT
    path.write_bytes(path.read_bytes().replace(b";", b",", 1))


def change_file_and_hash(received: Received) -> None:
    change_a_file(received)
    received.write(received.voucher | {"files": [with_hash_of(received, each) for each in received.voucher["files"]]})


def with_hash_of(received: Received, file: dict[str, Any]) -> dict[str, Any]:
    return file | {"sha256": hashlib.sha256((received.folder / file["name"]).read_bytes()).hexdigest()}


def take_a_file_away(received: Received) -> None:
    (received.folder / "dvz_export_period.csv").unlink()


def add_a_file(received: Received) -> None:
    (received.folder / "more.csv").write_text("insz\n")


def move_to_another_month(received: Received) -> None:
    """Under another month and sequence it would be the file of persons of another month."""
    target = received.folder.parents[1] / "2018-05" / "0002"
    target.parent.mkdir()
    received.folder.rename(target)
    received.folder = target


def claim_another_month(received: Received) -> None:
    move_to_another_month(received)
    received.write(received.voucher | {"month": "2018-05", "sequence": 2})


def take_proof_and_signature_away(received: Received) -> None:
    received.write({name: value for name, value in received.voucher.items() if name not in ("log", "signature")})


def forge_all_with_another_key(received: Received) -> None:
    """A whole home of one's own: everything fits, but not the key of POD MI."""
    change_file_and_hash(received)
    settings = Settings(home=received.folder.parents[2] / "forger")
    bare = {name: value for name, value in received.voucher.items() if name not in ("log", "signature")}
    forged = with_intent(settings, Ledger(settings), Voucher.from_bytes(json.dumps(bare).encode()))
    (received.folder / VOUCHER_FILE).write_bytes(forged.as_bytes())


def put_on_the_proof_of_another(received: Received) -> None:
    change_file_and_hash(received)
    voucher = received.voucher
    voucher["log"]["entry"]["commitments"]["delivery"] = Voucher.from_bytes(json.dumps(voucher).encode()).commitment(
        voucher["log"]["salt"]
    )
    received.write(voucher)


def sign_again_with_another_key(received: Received) -> None:
    """Signature of the forger, proof of POD MI."""
    change_file_and_hash(received)
    voucher = Voucher.from_bytes((received.folder / VOUCHER_FILE).read_bytes())
    (received.folder / VOUCHER_FILE).write_bytes(voucher.signed(Ed25519PrivateKey.generate()).as_bytes())


def change_the_checkpoint(received: Received) -> None:
    voucher = received.voucher
    lines = voucher["log"]["proof"].split("\n")
    blank = lines.index("")
    lines[blank + 3] = base64.b64encode(bytes(32)).decode()
    voucher["log"]["proof"] = "\n".join(lines)
    received.write(voucher)


def leave_the_path_out(received: Received) -> None:
    voucher = received.voucher
    head, _, checkpoint = voucher["log"]["proof"].partition("\n\n")
    voucher["log"]["proof"] = "\n".join(head.split("\n")[:2]) + "\n\n" + checkpoint
    received.write(voucher)


def let_the_key_have_expired(received: Received) -> None:
    """Made with a key that had leaked, after it was given up."""
    text = received.key.read_text("ascii")
    received.key.write_text(f"valid-until: 2018-01-01T00:00:00+00:00\n{text}", "ascii")


def write_no_voucher(received: Received) -> None:
    received.write({"log": {}, "files": 3})


def put_a_pipe_for_the_voucher(received: Received) -> None:
    """Whoever opens it waits for ever."""
    (received.folder / VOUCHER_FILE).unlink()
    os.mkfifo(received.folder / VOUCHER_FILE)


def put_a_pipe_for_a_file(received: Received) -> None:
    (received.folder / EXPORT).unlink()
    os.mkfifo(received.folder / EXPORT)


def put_forty_gigabytes_for_the_voucher(received: Received) -> None:
    """It takes no place on the disk, and all memory of whoever reads it."""
    os.truncate(received.folder / VOUCHER_FILE, 40 * 1024**3)


def put_forty_gigabytes_for_a_file(received: Received) -> None:
    os.truncate(received.folder / EXPORT, 40 * 1024**3)


def put_a_link_for_a_file(received: Received) -> None:
    """Of the right content, which may be another one the next time it is opened."""
    shutil.move(received.folder / EXPORT, received.folder.parent / "elsewhere")
    (received.folder / EXPORT).symlink_to(received.folder.parent / "elsewhere")


FORGERIES = [
    change_a_file,
    change_file_and_hash,
    take_a_file_away,
    add_a_file,
    move_to_another_month,
    claim_another_month,
    take_proof_and_signature_away,
    forge_all_with_another_key,
    put_on_the_proof_of_another,
    sign_again_with_another_key,
    change_the_checkpoint,
    leave_the_path_out,
    let_the_key_have_expired,
    write_no_voucher,
    put_a_pipe_for_the_voucher,
    put_a_pipe_for_a_file,
    put_forty_gigabytes_for_the_voucher,
    put_forty_gigabytes_for_a_file,
    put_a_link_for_a_file,
]


def test_a_genuine_delivery_is_verified_with_a_public_key_alone(received: Received) -> None:
    verified = received.dvz()
    assert verified.exit_code == 0, verified.output
    assert "proof of the ledger: was in the ledger before it appeared" in verified.stdout
    independent = received.independent()
    assert (independent.returncode, independent.stdout) == (0, "genuine\n"), independent.stderr
    assert len(json.dumps(received.voucher["log"], indent=2)) <= 2048
    assert "user" not in received.voucher["log"]["entry"], "an account of POD MI goes to nobody"


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_delivery_is_found(received: Received, forge: Callable[[Received], None]) -> None:
    forge(received)
    assert received.dvz().exit_code == 1
    independent = received.independent()
    assert (independent.returncode, independent.stdout) == (1, "")
    assert independent.stderr.startswith("WRONG")


def test_the_independent_verifier_is_small_and_imports_nothing_of_ours() -> None:
    text = VERIFIER.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    assert [line for line in text.splitlines() if "import" in line and "dvz_assets" in line and "from" in line] == []


def test_a_proof_stays_small_in_a_ledger_of_a_million_entries(received: Received) -> None:
    log = received.voucher["log"]
    twenty = "A" * 44 + "\n"
    assert len(json.dumps(log | {"proof": log["proof"] + twenty * 20}, indent=2)) <= 2048


def test_several_keys_each_in_its_time(received: Received) -> None:
    """After a rotation, old and new deliveries are verified with one file."""
    text, today = received.key.read_text("ascii"), datetime.now(UTC).year
    other = public_pem(Ed25519PrivateKey.generate().public_key())
    received.key.write_text(f"valid-until: 2018-01-01\n{other}valid-until: {today + 1}-01-01\n{text}", "ascii")
    assert received.dvz().exit_code == 0
    assert received.independent().returncode == 0


def verify_home(flow: Flow, *options: str) -> Result:
    return CliRunner().invoke(app, ["ledger", "verify", "--home", str(flow.settings.home), *options])


def test_a_deleted_delivery_is_missed(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(MONTH)
    shutil.rmtree(flow.settings.home / "deliveries" / MONTH)
    verified = verify_home(flow)
    assert verified.exit_code == 1
    assert f"delivery {MONTH}/0001 is in the ledger and not in the home" in verified.stdout


def test_a_delivery_copied_under_another_month_and_sequence_is_no_delivery(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(MONTH)
    deliveries = flow.settings.home / "deliveries"
    for place in ("2018-05/0001", f"{MONTH}/0002"):
        shutil.copytree(deliveries / MONTH / "0001", deliveries / place)
        assert f"delivery {place} is not in the ledger" in verify_home(flow).stdout
        shutil.rmtree(deliveries / place)


def test_a_forged_delivery_is_not_made_genuine_by_a_run(ran_until: Callable[[str], Flow]) -> None:
    """Its voucher fits its files, and is signed by a key of the forger."""
    flow = ran_until(MONTH)
    deliveries = flow.settings.home / "deliveries" / MONTH
    shutil.copytree(deliveries / "0001", deliveries / "0002")
    forged = Received(deliveries / "0002", Path())
    forged.write(forged.voucher | {"sequence": 2})
    change_file_and_hash(forged)
    sign_again_with_another_key(forged)
    failure = run(flow, MONTH)
    assert failure is not None
    assert failure.message.startswith(f"DELIVERY_NOT_IN_LEDGER: delivery {MONTH}/0002")
    assert sum(entry.event == Event.DELIVERED for entry in flow.ledger.entries()) == 1
    assert f"delivery {MONTH}/0002 is not in the ledger" in verify_home(flow).stdout


def test_a_home_put_back_to_an_older_state_is_noticed(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    """Nothing in the home itself can tell; whoever has received a newer voucher can."""
    flow = ran_until(MONTH)
    home, backup = flow.settings.home, tmp_path / "backup"
    shutil.copytree(home, backup)
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(flow.ledger.checkpoint(), "utf-8")
    assert run(flow, "2018-05") is None
    shutil.copy(home / "deliveries" / "2018-05" / "0001" / VOUCHER_FILE, new)
    assert verify_home(flow, "--checkpoint", str(old), "--checkpoint", str(new)).exit_code == 0
    shutil.rmtree(home)
    backup.rename(home)
    assert verify_home(flow).exit_code == 0
    noticed = verify_home(flow, "--checkpoint", str(new))
    assert noticed.exit_code == 1
    assert "put back to an older state" in noticed.stdout
    delivery = ["verify", str(home / "deliveries" / MONTH / "0001"), "--checkpoint", str(new), "--home", str(home)]
    assert CliRunner().invoke(app, delivery).exit_code == 1


def test_two_checkpoints_are_shown_to_be_of_one_ledger(ran_until: Callable[[str], Flow], tmp_path: Path) -> None:
    flow = ran_until(MONTH)
    old, new, proof, key = (tmp_path / name for name in ("old", "new", "proof", "key"))
    home = ["--home", str(flow.settings.home)]
    old.write_text(flow.ledger.checkpoint(), "utf-8")
    for _ in range(5):
        flow.ledger.append(Event.EXPLAINED)
    new.write_text(CliRunner().invoke(app, ["ledger", "checkpoint", *home]).stdout, "utf-8")
    printed = CliRunner().invoke(app, ["ledger", "consistency", str(old), str(new), "--json", *home])
    assert printed.exit_code == 0, printed.output
    proof.write_text(printed.stdout, "utf-8")
    key.write_text(CliRunner().invoke(app, ["ledger", "public-key", *home]).stdout, "ascii")
    keyless = ["ledger", "consistency", str(old), str(new), "--public-key", str(key), "--proof", str(proof)]
    assert CliRunner().invoke(app, [*keyless, "--home", str(tmp_path / "none")]).exit_code == 0
    another = Ledger(flow.settings)
    another.file.write_bytes(b"")
    (another.folder / "head.json").unlink()
    for _ in range(12):
        another.append(Event.EXPLAINED)
    new.write_text(another.checkpoint(), "utf-8")
    assert CliRunner().invoke(app, [*keyless, "--home", str(tmp_path / "none")]).exit_code == 1
    assert "written anew" in verify_home(flow, "--checkpoint", str(old)).stdout


def test_no_hash_in_the_ledger_gives_anybody_back(ran_until: Callable[[str], Flow]) -> None:
    """Whoever guesses what a file or request holds cannot try the guess on the ledger."""
    flow = ran_until(MONTH)
    flow.ledger.append(Event.CONSULTED, inputs={"request": hashlib.sha256(b"request").hexdigest()})
    ledger = flow.ledger.file.read_text("utf-8")
    places = [flow.settings.landing, flow.settings.home / "deliveries", flow.settings.home / "lake"]
    files = [path for place in places for path in place.rglob("*") if path.is_file() and path.name != VOUCHER_FILE]
    assert len(files) > 10
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    hashes.append(hashlib.sha256(b"request").hexdigest())
    assert [each for each in hashes if each in ledger] == []
