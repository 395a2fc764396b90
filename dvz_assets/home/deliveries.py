"""The deliveries that stand in a home: where they are, what they are called, and their vouchers.

``<home>/deliveries/<month>/<sequence>`` holds the files as they go to the KSZ with their voucher, and ``changes.csv``,
which stays with POD MI. Where files were encrypted, what was sent stands in ``<home>/lake/sent`` as well. A delivery is
never changed; how one is made is ``flow.delivery``'s.
Legal source: contract section 5.3; note of 8 May 2014, 1.3 and IV; deliberation 18/055, 2, 8, 17 and 32.
"""

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, BaseModel, ConfigDict

from dvz_assets.home.sealing import ALGORITHM, sign, signature_fits, signed_bytes
from dvz_assets.home.storage import Storage
from dvz_assets.months import Month
from dvz_assets.words.texts import mark

EXPORT_FILE = "dvz_export.csv"
PERIOD_FILE = "dvz_export_period.csv"
CORRECTIONS_FILE = "dvz_corrections.csv"  # where the regime has corrections; version 0.1.0 wrote none
CHANGES_FILE = "changes.csv"
VOUCHER_FILE = "voucher.json"
CHANGES = ("added", "removed", "changed")
SIGNAL = mark(
    "These data are a signal: by themselves they are never a decision. DVZ examines the situation of each person "
    "before it decides (note of 8 May 2014, IV; deliberation 18/055, 8, 17 and 32)."
)
FORMULA_WARNING = (
    "Names that begin with =, +, -, @, a tab or a carriage return open as formulas in a spreadsheet: "
    "read the file as text."
)


def _time(text: str) -> str:
    datetime.fromisoformat(text)
    return text


class _Part(BaseModel):
    """A part of a voucher; what a later version has added to it is kept as it came."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class DeliveredFile(_Part):
    """A file that goes to the KSZ: its name and SHA-256 as it is sent, and its rows before any encryption."""

    name: str
    rows: int
    sha256: str


class ControlTotals(_Part):
    """Rows of the files of a delivery; sums in EUR, with two decimals, of the amounts that the regime authorises."""

    persons: int
    periods: int
    corrections: int | None = None
    aid_amount_granted: str | None = None
    aid_amount_12m: str | None = None
    amount_reimbursed_12m: str | None = None


class Changes(_Part):
    """How many persons differ from the delivery that this one replaces."""

    added: int
    removed: int
    changed: int

    def count(self, change: str) -> int:
        """Return the number of persons that were added, removed or changed."""
        return {"added": self.added, "removed": self.removed, "changed": self.changed}[change]


class Replaces(_Part):
    """The delivery that this one replaces, in vouchers of the first version: with the changes in one object."""

    sequence: int
    added: int
    removed: int
    changed: int


class FormulaNames(_Part):
    """How many persons have a name that a spreadsheet takes for a formula; the values are as they came."""

    persons: int
    warning: str


class Signature(_Part):
    """A signature over all the rest of the voucher; ``value`` is base64."""

    algorithm: str
    value: str


class LogProof(_Part):
    """What shows, with a public key alone, that a delivery was in the ledger before it appeared.

    ``entry`` is the entry of its intent as it stands there, which commits to the voucher under ``salt`` (32 hex
    digits); ``proof`` is a C2SP tlog-proof with a signed checkpoint.
    """

    salt: str
    entry: dict[str, Any]
    proof: str


class Voucher(_Part):
    """The voucher of a delivery, fields in the order in which they are written.

    Its hash stands in the ledger, so the same content is the same bytes for good: a field that is added later is not
    required, and is written only where it was given. ``historical`` says that the delivery was prepared long after its
    month; it is no part of the result.
    """

    sequence: int
    month: str
    regime: str
    legal_basis: tuple[str, ...]
    files: tuple[DeliveredFile, ...]
    control_totals: ControlTotals
    created_at: Annotated[str, AfterValidator(_time)]
    software_version: str
    statement: str
    replaces: int | Replaces | None = None
    changes: Changes | None = None
    historical: bool | None = None
    formula_names: FormulaNames | None = None
    log: LogProof | None = None
    signature: Signature | None = None

    @classmethod
    def from_bytes(cls, content: bytes) -> "Voucher":
        """Read a voucher's file; raises ValueError when it is none."""
        return cls.model_validate_json(content)

    def as_bytes(self) -> bytes:
        """Return the file of the voucher."""
        return self._text()

    @property
    def sha256(self) -> str:
        """Hash of the voucher's file."""
        return hashlib.sha256(self._text()).hexdigest()

    @property
    def content_sha256(self) -> str:
        """Hash of what the voucher says of the delivery, and not of when and where the ledger recorded it.

        A voucher without proof of the ledger, as version 0.1.0 wrote them, has the hash of its file.
        """
        return self.sha256 if self.log is None else hashlib.sha256(self._text("log", "signature")).hexdigest()

    def commitment(self, salt: str) -> str:
        """Return what the ledger says of the voucher before it is there; without the salt nobody can try a content."""
        content = signed_bytes(self._content("log", "signature"))
        return hmac.new(bytes.fromhex(salt), content, "sha256").hexdigest()

    @property
    def number(self) -> str:
        """The sequence as it is written: the name of the delivery's folder."""
        return f"{self.sequence:04d}"

    @property
    def differences(self) -> Changes | None:
        """How many persons differ from the delivery before; None of the first delivery of a month."""
        if isinstance(self.replaces, Replaces):
            return Changes(**self.replaces.model_dump(exclude={"sequence"}))
        return self.changes

    @property
    def created(self) -> datetime:
        """When the delivery was made."""
        return datetime.fromisoformat(self.created_at)

    def signed(self, key: Ed25519PrivateKey) -> "Voucher":
        """Return the voucher with a signature over all the rest of it."""
        signature = Signature(algorithm=ALGORITHM, value=sign(self._content("signature"), key))
        return self.model_copy(update={"signature": signature})

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Return whether the voucher is what the holder of the private key has signed."""
        return self.signature is not None and signature_fits(self._content("signature"), self.signature.value, key)

    def _content(self, *without: str) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True, exclude=set(without))

    def _text(self, *without: str) -> bytes:
        return (json.dumps(self._content(*without), indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def delivery_folder(home: Path, month: Month) -> Path:
    """Return the folder of all deliveries of a month."""
    return home / "deliveries" / str(month)


def sent_folder(home: Path, month: Month, sequence: int) -> Path:
    """Return the folder with what was sent in an encrypted delivery."""
    return home / "lake" / "sent" / f"month={month}" / f"{sequence:04d}"


def found_vouchers(storage: Storage, month: Month | None = None) -> list[Path]:
    """Return the voucher files of all deliveries that stand in the home, or of those of a month, oldest first."""
    if month is not None:
        return sorted(storage.versions_below(delivery_folder(storage.home, month), f"[0-9]*/{VOUCHER_FILE}"))
    return sorted(storage.versions_below(storage.home / "deliveries", f"[0-9]*/[0-9]*/{VOUCHER_FILE}"))


def written_deliveries(storage: Storage, month: Month) -> list[Voucher]:
    """Return the vouchers of the deliveries of a month, oldest first."""
    return [Voucher.from_bytes(path.read_bytes()) for path in found_vouchers(storage, month)]


def sent_files(home: Path, month: Month, sequence: int) -> dict[str, bytes]:
    """Return the files of a delivery as they were before any encryption; not each has one of corrections."""
    unencrypted = sent_folder(home, month, sequence)
    is_encrypted = (unencrypted / PERIOD_FILE).exists()
    folder = unencrypted if is_encrypted else delivery_folder(home, month) / f"{sequence:04d}"
    names = (EXPORT_FILE, PERIOD_FILE, CORRECTIONS_FILE)
    return {
        name: (folder / name).read_bytes() for name in names if name != CORRECTIONS_FILE or (folder / name).exists()
    }


def read_csv(content: bytes) -> pl.DataFrame:
    """Return a delivered file as text columns."""
    return pl.read_csv(content, separator=";", infer_schema=False)
