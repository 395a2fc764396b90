"""Homes with prepared deliveries, made without a run: what is outbound does not ask how a delivery was computed."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dvz_assets.home.deliveries import (
    SIGNAL,
    VOUCHER_FILE,
    ControlTotals,
    DeliveredFile,
    Voucher,
    delivery_folder,
)
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.months import Month
from dvz_assets.outbound.states import APPROVALS_REQUIRED, SEQUENCE
from dvz_assets.settings import Settings

MONTH = Month.parse("2018-05")
FILES = {"dvz_export.csv": b"insz\n", "dvz_export_period.csv": b"insz;period_start;period_end\n"}


def prepare(settings: Settings, *, sequence: int = 1, month: Month = MONTH, historical: bool = False) -> Voucher:
    """Let a delivery stand in the home and in the ledger, as a run leaves it."""
    voucher = Voucher(
        sequence=sequence,
        month=str(month),
        regime="DELIB_18_055",
        legal_basis=("18/055",),
        files=tuple(DeliveredFile(name=name, rows=0, sha256=sha256(content)) for name, content in FILES.items()),
        control_totals=ControlTotals(persons=0, periods=0),
        created_at="2018-06-10T06:00:00+00:00",
        software_version="0.2.0",
        statement=SIGNAL,
    )
    if historical:
        voucher = voucher.model_copy(update={"historical": True})
    folder = delivery_folder(settings.home, month) / voucher.number
    folder.mkdir(parents=True)
    for name, content in {**FILES, "changes.csv": b"insz;change\n", VOUCHER_FILE: voucher.as_bytes()}.items():
        (folder / name).write_bytes(content)
    Ledger(settings).append(
        Event.DELIVERED,
        month=month,
        commitments={VOUCHER_FILE: voucher.sha256},
        details={
            SEQUENCE: sequence,
            APPROVALS_REQUIRED: max(settings.approvals_required, 1 if historical else 0),
        },
    )
    return voucher


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def key_pair(folder: Path, name: str) -> tuple[Ed25519PrivateKey, Path, Path]:
    """A private key, its file, and the file of its public key."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key, private, public


def answer(landing: Path, voucher: Voucher, **changes: Any) -> Path:
    """Let the receiver's answer to a delivery stand in the landing zone."""
    content = {
        "month": voucher.month,
        "sequence": voucher.sequence,
        "status": "ACCEPTED",
        "voucher_sha256": voucher.sha256,
        "received_at": "2018-06-10T09:30:00+02:00",
        **changes,
    }
    path = landing / "acknowledgements" / voucher.month / f"{voucher.number}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}), "utf-8")
    return path
