"""The voucher of a delivery: its bytes stand in ledgers for years, so what was written is read and written the same."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dvz_assets.home.deliveries import CHANGES, SIGNAL, Voucher

# as version 0.1.0 has written them: a first delivery of the first regime, and one that replaces it, in the second
FIRST = f"""{{
  "sequence": 1,
  "month": "2018-04",
  "regime": "2014",
  "legal_basis": [
    "Delibération",
    "note 1.3"
  ],
  "files": [
    {{
      "name": "dvz_export.csv.age",
      "rows": 3,
      "sha256": "{"a" * 64}"
    }}
  ],
  "control_totals": {{
    "persons": 3,
    "periods": 4
  }},
  "created_at": "2018-05-10T04:00:00+00:00",
  "software_version": "0.1.0",
  "statement": "{SIGNAL}"
}}
"""
AMOUNTS = '"periods": 4,\n    "aid_amount_granted": "12.50",\n    "amount_reimbursed_12m": "1.05"'
REPLACES = ',\n  "replaces": {\n    "sequence": 1,\n    "added": 1,\n    "removed": 0,\n    "changed": 2\n  }'
SECOND = (
    FIRST.replace('"sequence": 1', '"sequence": 2')
    .replace('"periods": 4', AMOUNTS)
    .replace(f'"{SIGNAL}"', f'"{SIGNAL}"{REPLACES}')
)
CHANGED = ',\n  "replaces": 1,\n  "changes": {\n    "added": 1,\n    "removed": 0,\n    "changed": 2\n  }'
SINCE_0_2 = SECOND.replace(REPLACES, CHANGED)


@pytest.mark.parametrize("text", [FIRST, SECOND, SINCE_0_2], ids=["first", "second", "since 0.2.0"])
def test_what_was_written_is_written_the_same(text: str) -> None:
    voucher = Voucher.from_bytes(text.encode())
    assert voucher.as_bytes() == text.encode()


def test_the_changes_are_told_whichever_version_wrote_them() -> None:
    differences = [Voucher.from_bytes(text.encode()).differences for text in (FIRST, SECOND, SINCE_0_2)]
    assert differences[0] is None
    assert differences[1] == differences[2]
    assert differences[1] is not None
    assert [differences[1].count(kind) for kind in CHANGES] == [1, 0, 2]


def test_what_a_later_version_adds_is_neither_lost_nor_unsigned() -> None:
    """Also inside of a part; a signature covers it."""
    content = json.loads(FIRST)
    content |= {"channel": "ksz"}
    content["files"][0]["encryption"] = {"kind": "age"}
    key = Ed25519PrivateKey.generate()
    signed = Voucher.from_bytes(json.dumps(content).encode()).signed(key)
    assert json.loads(signed.as_bytes()) == {**content, "signature": json.loads(signed.as_bytes())["signature"]}
    again = Voucher.from_bytes(signed.as_bytes())
    assert again.is_signed_by(key.public_key())
    forged = again.as_bytes().replace(b'"channel": "ksz"', b'"channel": "dvz"')
    assert not Voucher.from_bytes(forged).is_signed_by(key.public_key())


def test_a_signature_is_over_all_that_is_written() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = Voucher.from_bytes(SECOND.encode()).signed(key)
    assert signed.is_signed_by(key.public_key())
    assert not signed.is_signed_by(other.public_key())
    for before, after in (('"changed": 2', '"changed": 3'), ('"rows": 3', '"rows": 4'), ("note 1.3", "note 1.4")):
        changed = signed.as_bytes().decode().replace(before, after)
        assert not Voucher.from_bytes(changed.encode()).is_signed_by(key.public_key())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"sequence": 1', '"sequence": "1"'),
        ('"month"', '"months"'),
        ("2018-05-10T", "10 May 2018 "),
        (
            "{",
            "[",
        ),
    ],
    ids=["text for a number", "a field is missing", "no time", "no JSON"],
)
def test_what_is_no_voucher_is_refused(before: str, after: str) -> None:
    with pytest.raises(ValueError, match="Voucher"):
        Voucher.from_bytes(FIRST.replace(before, after, 1).encode())
