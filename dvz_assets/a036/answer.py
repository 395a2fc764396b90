"""Answers a request: attested periods or none, or a refusal; once per content, and every asking on record.

The answer is ``<home>/a036/responses/<name>.json``, named after the hash of the request, so that no file name says
anything. It gives what deliberation 18/055, 2 allows and nothing else: no amounts.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dvz_assets.a036.purposes import PURPOSES
from dvz_assets.a036.request import Request, read_request, refusal
from dvz_assets.flow.context import Flow
from dvz_assets.flow.views import create_views
from dvz_assets.home.ledger import Event
from dvz_assets.home.locks import exclusive
from dvz_assets.project_files import sql_folder

ATTESTED, NO_ATTESTATION, REFUSED = "ATTESTED", "NO_ATTESTATION", "REFUSED"
UNKNOWN = "UNKNOWN"
NAME_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be said of an answer in public: no person, no text of the request."""

    name: str
    status: str
    reason: str | None
    attestations: int
    path: Path


def name_of(content: bytes) -> str:
    """How a request is called wherever it is mentioned: the beginning of the hash of its content."""
    return hashlib.sha256(content).hexdigest()[:NAME_LENGTH]


def open_requests(flow: Flow) -> Iterator[tuple[str, Path]]:
    """Requests in the landing zone that have no answer yet: name and file."""
    for path in sorted((flow.settings.landing / "a036" / "requests").glob("*.json")):
        name = name_of(path.read_bytes())
        if not response_path(flow, name).exists():
            yield name, path


def response_path(flow: Flow, name: str) -> Path:
    """Where the answer to a request stands."""
    return flow.settings.home / "a036" / "responses" / f"{name}.json"


def answer(flow: Flow, content: bytes) -> Answer:
    """Answer the request in ``content``; asked again, the answer is the one that was given."""
    name = name_of(content)
    path = response_path(flow, name)
    with exclusive(flow.settings, "a036"):
        given = path.read_bytes() if path.exists() else None
        request = read_request(content)
        response = _respond(flow, request, content) if given is None else json.loads(given)
        text = given or (json.dumps(response, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
        _record(flow, request, content, response, text)
        if given is None:
            flow.storage.write_whole(path, text, "consultation: answer written")
    return Answer(name, response["status"], response["reason"], len(response["attestations"]), path)


def _respond(flow: Flow, request: Request | None, content: bytes) -> dict[str, Any]:
    reason = refusal(request, flow.settings.a036_max_months)
    months = flow.lake.months("aid_history")
    attestations = []
    if request is not None and reason is None and months:
        with flow.connect() as connection:
            attestations = _attestations(flow, connection, request)
    return {
        "request_id": None if request is None else request.request_id,
        "status": REFUSED if reason else ATTESTED if attestations else NO_ATTESTATION,
        "reason": reason,
        "message_number": f"A036-{hashlib.sha256(content).hexdigest()[:20].upper()}",
        "attestations": attestations,
        "answered_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_until": str(months[-1]) if months and reason is None else None,
    }


def _attestations(flow: Flow, connection: duckdb.DuckDBPyConnection, request: Request) -> list[dict[str, str]]:
    """Over all numbers of the person, at the last month of the home."""
    last = flow.lake.months("aid_history")[-1]
    create_views(connection, flow, last, ["aid_history", "identity_map"])
    connection.execute(
        """CREATE TABLE asked AS
        WITH present AS (
            SELECT coalesce(any_value(present_insz), $1) AS insz FROM identity_map WHERE old_insz = $1
        )
        SELECT insz AS held_insz, $2::DATE AS period_start, $3::DATE AS period_end FROM present
        UNION ALL
        SELECT old_insz, $2::DATE, $3::DATE FROM identity_map SEMI JOIN present ON present.insz = present_insz""",
        [int(request.insz), request.period_start.isoformat(), request.period_end.isoformat()],
    )
    present = connection.execute("SELECT held_insz FROM asked LIMIT 1").fetchall()[0][0]
    rows = connection.execute((sql_folder() / "a036" / "attestations.sql").read_text("utf-8")).fetchall()
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
    purpose = UNKNOWN if request is None or request.purpose not in PURPOSES else request.purpose
    valid = request is not None and response["reason"] in (None, "INVALID_PERIOD", "PERIOD_TOO_LONG")
    flow.ledger.append(
        Event.CONSULTED,
        rules=flow.reference.fingerprint,
        inputs={"request": hashlib.sha256(content).hexdigest()},
        outputs={"response": hashlib.sha256(text).hexdigest()},
        details={"purpose": purpose, "status": response["status"], "reason": response["reason"] or ""},
        persons=[request.insz] if request is not None and valid else [],
    )
