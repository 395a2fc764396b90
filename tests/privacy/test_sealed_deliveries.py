"""Deliveries: encrypted for their recipient alone, signed, and checked by ``dvz verify``."""

import json
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from typer.testing import CliRunner, Result

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import sent_files
from dvz_assets.home.keys import signing_key
from dvz_assets.months import Month
from dvz_assets.settings import Settings
from tests.integration.running import redeliver, run
from tests.integration.test_staleness import drop_a_living_wage_line

MONTH = "2018-04"


def private_key(folder: Path, name: str = "signing.pem") -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def verify(flow: Flow, delivery: Path, *options: str) -> Result:
    home = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    return CliRunner().invoke(app, ["verify", str(delivery), *options, *home])


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def test_files_are_written_only_encrypted_and_the_recipient_reads_them(
    flow_with: Callable[..., Flow], identity: pyrage.x25519.Identity
) -> None:
    plain = flow_with(home=Path("plain").absolute())
    assert run(plain, MONTH) is None
    flow = flow_with(delivery_recipient=str(identity.to_public()))
    assert run(flow, MONTH) is None
    folder = flow.settings.home / "deliveries" / MONTH / "0001"
    assert {path.name for path in folder.iterdir()} == {
        "dvz_export.csv.age",
        "dvz_export_period.csv.age",
        "dvz_corrections.csv.age",
        "voucher.json",
    }
    expected = sent_files(plain.settings.home, Month.parse(MONTH), 1)
    for name, content in expected.items():
        encrypted = (folder / f"{name}.age").read_bytes()
        assert encrypted.count(content[-40:]) == 0
        assert pyrage.decrypt(encrypted, [identity]) == content
    assert sent_files(flow.settings.home, Month.parse(MONTH), 1) == expected
    assert verify(flow, folder).exit_code == 0


def test_the_same_result_writes_nothing_and_another_one_is_compared(
    flow_with: Callable[..., Flow], identity: pyrage.x25519.Identity
) -> None:
    flow = flow_with(delivery_recipient=str(identity.to_public()))
    assert run(flow, MONTH) is None
    assert run(flow, MONTH) is None
    deliveries = flow.settings.home / "deliveries" / MONTH
    assert [path.name for path in deliveries.iterdir()] == ["0001"]
    redeliver(flow.settings.landing / "novaprima" / MONTH, "statement.csv", drop_a_living_wage_line)
    redeliver(flow.settings.landing / "register" / MONTH, "persons.csv", lambda lines: lines[:-100])
    assert run(flow, MONTH) is None
    assert sorted(path.name for path in deliveries.iterdir()) == ["0001", "0002"]
    changes = pyrage.decrypt((deliveries / "0002" / "changes.csv.age").read_bytes(), [identity]).decode()
    assert changes.startswith("insz;change\n")
    voucher = json.loads((deliveries / "0002" / "voucher.json").read_text("utf-8"))
    counted = sum(voucher["changes"][kind] for kind in ("added", "removed", "changed"))
    assert counted == len(changes.splitlines()) - 1 > 0


def test_a_signed_voucher_fits_its_key_and_no_other(flow_with: Callable[..., Flow], tmp_path: Path) -> None:
    flow = flow_with(signing_key=str(private_key(tmp_path)))
    assert run(flow, MONTH) is None
    folder = flow.settings.home / "deliveries" / MONTH / "0001"
    public, other = tmp_path / "public.pem", tmp_path / "other.pem"
    key = signing_key(flow.settings)
    assert key is not None
    for path, each in ((public, key), (other, Ed25519PrivateKey.generate())):
        path.write_bytes(each.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert verify(flow, folder, "--public-key", str(public)).exit_code == 0
    assert verify(flow, folder, "--public-key", str(other)).exit_code == 1
    assert verify(flow, folder).exit_code == 1, "a signature without a key to check it with is no proof"


@pytest.mark.parametrize("broken", ["file", "voucher", "extra", "absent", "ledger"])
def test_what_was_changed_afterwards_is_found(ran_until: Callable[[str], Flow], broken: str) -> None:
    flow = ran_until(MONTH)
    folder = flow.settings.home / "deliveries" / MONTH / "0001"
    assert verify(flow, folder).exit_code == 0
    match broken:
        case "file":
            (folder / "dvz_export.csv").write_bytes((folder / "dvz_export.csv").read_bytes() + b"\n")
        case "voucher":
            text = (folder / "voucher.json").read_text("utf-8")
            (folder / "voucher.json").write_text(text.replace('"sequence": 1', '"sequence": 2'), encoding="utf-8")
        case "extra":
            (folder / "more.csv").touch()
        case "absent":
            (folder / "dvz_export_period.csv").unlink()
        case "ledger":
            flow.ledger.file.write_bytes(flow.ledger.file.read_bytes().splitlines(keepends=True)[0])
    answer = verify(flow, folder)
    assert answer.exit_code == 1
    assert "WRONG" in answer.stdout


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = private_key(tmp_path)
    path.chmod(0o640)
    with pytest.raises(DvzError, match=r"INVALID_KEY.*mode 0640"):
        signing_key(Settings.load(signing_key=str(path)))


@pytest.mark.parametrize("wrong", ["nonsense", "age1nonsense", "/no/such/file"])
def test_a_recipient_that_is_no_key_stops_before_anything_is_run(wrong: str) -> None:
    with pytest.raises(DvzError, match=r"INVALID_SETTING.*delivery_recipient"):
        Settings.load(delivery_recipient=wrong)


def test_a_key_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVZ_SIGNING_KEY", private_key(tmp_path).read_text("ascii"))
    for options in ([], ["--json"]):
        shown = CliRunner().invoke(app, ["config", *options])
        assert shown.exit_code == 0
        assert "PRIVATE KEY" not in shown.stdout
    assert signing_key(Settings.load()) is not None
