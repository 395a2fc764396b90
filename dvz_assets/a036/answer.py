"""Answers a request: attested periods or none, or a refusal; once per content, and every asking on record.

The answer is ``<home>/a036/responses/<name>.json``, named after a keyed hash of the request, so that nobody can try
whether a request that he makes up was asked. It gives what deliberation 18/055, 2 allows and nothing else: no amounts.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dvz_assets.a036.frequency import MANY_REQUESTS, asks_too_often, requester_hash
from dvz_assets.a036.request import Request, purpose_in_force, read_request, refusal
from dvz_assets.errors import DeliveryError
from dvz_assets.flow.assets import Reads
from dvz_assets.flow.context import Flow
from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.flow.views import relations
from dvz_assets.home.keys import shown_hash
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import exclusive
from dvz_assets.landing.received import MAX_JSON_BYTES
from dvz_assets.landing.zone import requests_folder
from dvz_assets.months import Month
from dvz_assets.project_files import sql_folder

ATTESTED, NO_ATTESTATION, REFUSED = "ATTESTED", "NO_ATTESTATION", "REFUSED"
NATIONALITY_DOES_NOT_FIT = "NATIONALITY_DOES_NOT_FIT"
# refusals for which the request names a person all the same
REFUSED_BUT_VALID = ("INVALID_PERIOD", "PERIOD_TOO_LONG", NATIONALITY_DOES_NOT_FIT)
UNKNOWN = "UNKNOWN"
NAME_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be said of an answer in public: no person, no text of the request."""

    status: str
    reason: str | None
    attestations: int
    path: Path


def name_of(flow: Flow, content: bytes) -> str:
    """How a request is called wherever it is mentioned: the beginning of the keyed hash of its content."""
    return shown_hash(flow.settings, b"a036 " + content)[:NAME_LENGTH]


def response_number(flow: Flow, content: bytes) -> str:
    """The number that the answer to a request bears, by which DVZ knows it."""
    return f"A036-{name_of(flow, content)[:20].upper()}"


def received_requests(flow: Flow) -> Iterator[bytes | None]:
    """Content of each request in the landing zone; None for one that cannot be read: its name may say anything."""
    folder = requests_folder(flow.settings.landing)
    for file in folder.names():
        if file.endswith(".json"):
            try:
                yield folder.read(file, MAX_JSON_BYTES)
            except DeliveryError:
                yield None


def open_requests(flow: Flow) -> tuple[set[str], int]:
    """Names of the requests in the landing zone that have no answer yet, and how many files cannot be read."""
    names: set[str] = set()
    unreadable = 0
    for content in received_requests(flow):
        if content is None:
            unreadable += 1
        elif not response_path(flow, content).exists():
            names.add(name_of(flow, content))
    return names, unreadable


def response_path(flow: Flow, content: bytes) -> Path:
    """Where the answer to a request stands; version 0.1.0 called it by a hash without key."""
    folder = flow.settings.home / "a036" / "responses"
    of_first_version = folder / f"{hashlib.sha256(content).hexdigest()[:NAME_LENGTH]}.json"
    return of_first_version if of_first_version.exists() else folder / f"{name_of(flow, content)}.json"


def answer(flow: Flow, content: bytes) -> Answer:
    """Answer the request in ``content``; asked again, the answer is the one that was given."""
    with exclusive(flow.settings, "a036"):
        path = response_path(flow, content)
        given = path.read_bytes() if path.exists() else None
        request = read_request(content)
        response = _respond(flow, request, content) if given is None else json.loads(given)
        text = given or (json.dumps(response, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
        _record(flow, request, content, response, text)
        if given is None:
            flow.storage.write_whole(path, text, "consultation: answer written")
    return Answer(response["status"], response["reason"], len(response["attestations"]), path)


def _respond(flow: Flow, request: Request | None, content: bytes) -> dict[str, Any]:
    reason = refusal(request, flow.reference.tables["a036_purposes"], flow.settings.a036_max_months)
    months = flow.lake.months("aid_history")
    attestations = []
    if request is not None and reason is None and months:
        with flow.connect() as connection:
            _create_asked(flow, connection, request, months[-1])
            if _nationality_fits(flow, connection, request):
                attestations = _attestations(flow, connection, months[-1])
            else:
                reason = NATIONALITY_DOES_NOT_FIT
    return {
        "request_id": None if request is None else request.request_id,
        "status": REFUSED if reason else ATTESTED if attestations else NO_ATTESTATION,
        "reason": reason,
        "message_number": response_number(flow, content),
        "attestations": attestations,
        "answered_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_until": str(months[-1]) if months and reason is None else None,
    }


def _create_asked(flow: Flow, connection: duckdb.DuckDBPyConnection, request: Request, last: Month) -> None:
    """What is asked, as the table ``asked``: one row per number of the person, at the last month of the home."""
    with relations(connection, flow, "identity_map", last, Reads(relations=("identity_map",))):
        _create_asked_of(connection, request)


def _create_asked_of(connection: duckdb.DuckDBPyConnection, request: Request) -> None:
    connection.execute(
        """CREATE TABLE asked AS
        WITH present AS (
            SELECT coalesce(any_value(present_insz), $1) AS insz FROM identity_map WHERE old_insz = $1
        ),
        held AS (
            SELECT insz AS held_insz, TRUE AS is_present FROM present
            UNION ALL
            SELECT old_insz, FALSE FROM identity_map SEMI JOIN present ON present.insz = present_insz
        )
        SELECT *, $2::DATE AS period_start, $3::DATE AS period_end, $4::DATE AS requested_on FROM held""",
        [
            int(request.insz),
            *(day.isoformat() for day in (request.period_start, request.period_end, request.requested_at.date())),
        ],
    )


def _nationality_fits(flow: Flow, connection: duckdb.DuckDBPyConnection, request: Request) -> bool:
    """By the latest register row that the home holds of the person; it fits when there is none."""
    purpose = purpose_in_force(request, flow.reference.tables["a036_purposes"])
    query = (sql_folder() / "a036" / "nationality.sql").read_text("utf-8")
    for month in reversed(flow.lake.months("register_persons")):
        with (
            relations(connection, flow, "register_persons", month, Reads(relations=("register_persons",))),
            # all rows of these tables: the day of the request may be later than all that the month can see
            registered(connection, "countries", flow.reference.tables["countries"]),
            registered(connection, "free_movement", flow.reference.tables["free_movement"]),
        ):
            found = connection.execute(query).fetchall()
        if found:
            return purpose is not None and bool(found[0][0] == purpose["person_nationality"])
    return True


def _attestations(flow: Flow, connection: duckdb.DuckDBPyConnection, last: Month) -> list[dict[str, str]]:
    """Over all numbers of the person, at the last month of the home."""
    query = (sql_folder() / "a036" / "attestations.sql").read_text("utf-8")
    (present,) = connection.execute("SELECT held_insz FROM asked WHERE is_present").fetchall()[0]
    with relations(connection, flow, "aid_history", last, Reads(relations=("aid_history",))):
        rows = connection.execute(query).fetchall()
    return [
        {
            "nature": nature,
            "type": type_,
            "period_start": start.isoformat(),
            "period_end": end.isoformat(),
            "insz": f"{present:011d}",
        }
        for nature, type_, start, end in rows
    ]


def _record(flow: Flow, request: Request | None, content: bytes, response: dict[str, Any], text: bytes) -> None:
    """On record before the answer is there; of the texts of a request only what is in our own tables."""
    purposes = flow.reference.tables["a036_purposes"]["purpose"]
    is_valid = request is not None and response["reason"] in (None, *REFUSED_BUT_VALID)
    sha256 = hashlib.sha256(content).hexdigest()
    requester = "" if request is None else requester_hash(flow.ledger, request.requester)
    limit = flow.settings.a036_requests_per_month
    is_flagged = bool(requester) and asks_too_often(flow.ledger, requester, flow.ledger.content_hash(sha256), limit)
    flow.ledger.append(
        Event.CONSULTED,
        rules=flow.reference.fingerprint,
        inputs={"request": sha256},
        outputs={"response": hashlib.sha256(text).hexdigest()},
        details={
            "purpose": UNKNOWN if request is None or request.purpose not in purposes else request.purpose,
            "status": response["status"],
            "reason": response["reason"] or "",
            "requester": requester,
            "flag": MANY_REQUESTS if is_flagged else "",
        },
        persons=[request.insz] if request is not None and is_valid else [],
    )
