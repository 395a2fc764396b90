"""Time stamps of an authority (RFC 3161): how one is asked for, and what it proves.

A time stamp stands beside a voucher as ``voucher.tsr``: the authority's answer over the SHA-256 of the voucher's file,
which holds the proof of the ledger and our signature. It says that all this was there at that time, whatever our clock
said and whoever got hold of our key afterwards. ``openssl ts -verify`` reads it. The authority
learns nothing from the hash: a voucher holds a salt.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dvz_assets.errors import DvzError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TIME_STAMP_FILE = "voucher.tsr"
LARGEST = 64 * 1024  # bytes of an answer; one with a chain of certificates has about 6,000
SECONDS = 10


def certificates(path: Path) -> "list[Certificate]":
    """Return the certificates of an authority, root and intermediate ones, of a PEM file; raises DvzError."""
    # every run knows how a time stamp is named, and few ask for one
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (ValueError, OSError) as error:
        raise DvzError(
            "INVALID_CERTIFICATE",
            place=str(path),
            expected="the certificates of a time stamping authority in PEM, its root among them",
            found=type(error).__name__,
            remedy="put the file there that the authority publishes",
        ) from None


def time_stamp(content: bytes, authority: str, trusted: "Sequence[Certificate]") -> bytes:
    """Ask an authority for a time stamp of content; return its answer, which was verified.

    Raises DvzError when it does not answer, or with anything but a time stamp that the certificates make good.
    """
    from urllib.request import HTTPErrorProcessor, HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    asked = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = Request(authority, asked.as_bytes(), headers)  # noqa: S310  (the setting allows http and https alone)
    # no redirect is followed, and no other kind of address is known
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    try:
        with opener.open(request, timeout=SECONDS) as response:
            answer = bytes(response.read(LARGEST)) if response.status == 200 else b""
        stamped_at(answer, content, trusted, nonce=asked.nonce)
    except ValueError as error:
        _no_time_stamp(str(error))
    except Exception as error:  # of the network, whose messages may name anything
        _no_time_stamp(type(error).__name__)
    return answer


def stamped_at(answer: bytes, content: bytes, trusted: "Sequence[Certificate]", nonce: int | None = None) -> datetime:
    """Return the time at which an authority has seen the content; raises ValueError when its answer does not say so.

    The certificates have to be valid at that time, and not today.
    """
    from rfc3161_client import VerifierBuilder, decode_timestamp_response
    from rfc3161_client.errors import VerificationError

    roots = [each for each in trusted if each.issuer == each.subject]
    others = [each for each in trusted if each.issuer != each.subject]
    try:
        response = decode_timestamp_response(answer)
        VerifierBuilder(roots=roots, intermediates=others, nonce=nonce).build().verify_message(response, content)
        return response.tst_info.gen_time
    except (VerificationError, ValueError):
        raise ValueError("no time stamp of this voucher that the certificates make good") from None


def _no_time_stamp(found: str) -> NoReturn:
    raise DvzError(
        "NO_TIME_STAMP",
        place="setting time_stamp_authority",
        expected="an authority that answers with a time stamp of its certificates",
        found=found,
        remedy="nothing waits for it: the next run asks again, and `dvz delivery stamp` does at once",
    )
