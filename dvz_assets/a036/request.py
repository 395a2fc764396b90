"""A request for consultation: its form as a strict model, its JSON Schema, and the reasons to refuse it.

One person and one purpose per request: the consultation is never systematic (deliberation 18/055, 2 and 9).
"""

import calendar
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from dvz_assets.a036.purposes import APPLICANT, PURPOSES, SPONSOR
from dvz_assets.errors import DvzError
from dvz_assets.landing.insz import read_insz

MAX_BYTES = 64 * 1024
MALFORMED = "MALFORMED_REQUEST"

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Request(BaseModel):
    """Question whether one person, in one application, holds an attestation in a period (both days included)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="A036 consultation request")

    request_id: Text = Field(description="Identification of the request by the one who asks.")
    requester: Text = Field(description="Who asks, within DVZ.")
    purpose: Text = Field(
        description="Why it is asked; anything else is refused.", json_schema_extra={"enum": list(PURPOSES)}
    )
    role: Text = Field(
        description="In which role the person stands in the application; it has to fit the purpose.",
        json_schema_extra={"enum": [APPLICANT, SPONSOR]},
    )
    application_reference: Text = Field(description="The application for residence that is examined.")
    insz: Text = Field(description="Identification number of the one person asked about.")
    period_start: date = Field(description="First day asked about, YYYY-MM-DD, included.")
    period_end: date = Field(description="Last day asked about, YYYY-MM-DD, included.")
    doubt: Annotated[str, Field(max_length=4000)] | None = Field(
        default=None, description="Why there is doubt; required for EU citizens and for the family of EU citizens."
    )
    requested_at: AwareDatetime = Field(description="When it is asked, with a time zone.")


def json_schema() -> dict[str, Any]:
    """The published schema of a request."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Request.model_json_schema()}


def read_request(content: bytes) -> Request | None:
    """The request in a file; None when it does not fit the schema (purpose and role are judged afterwards)."""
    if len(content) > MAX_BYTES:
        return None
    try:
        return Request.model_validate_json(content)
    except ValidationError:
        return None


def refusal(request: Request | None, max_months: int) -> str | None:
    """The first reason to refuse, in this order; None when the request may be answered."""
    if request is None:
        return MALFORMED
    purpose = PURPOSES.get(request.purpose)
    if purpose is None:
        return "UNKNOWN_PURPOSE"
    if request.role != purpose.role:
        return "ROLE_DOES_NOT_FIT"
    if purpose.needs_doubt and not (request.doubt or "").strip():
        return "DOUBT_MISSING"
    if not _is_valid(request.insz):
        return "INVALID_INSZ"
    if request.period_start > request.period_end:
        return "INVALID_PERIOD"
    if request.period_end >= _months_later(request.period_start, max_months):
        return "PERIOD_TOO_LONG"
    return None


def _is_valid(insz: str) -> bool:
    try:
        return read_insz(insz) == insz
    except DvzError:
        return False


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    total = 12 * day.year + day.month - 1 + months
    year, month = min(total // 12, date.max.year), total % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
