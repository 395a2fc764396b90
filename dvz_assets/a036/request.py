"""A request for consultation: its form as a strict model, its JSON Schema, and the reasons to refuse it.

One person and one purpose per request: the consultation is never systematic (deliberation 18/055, 2 and 9). The
purposes are rows of ``a036_purposes.csv``.
"""

import calendar
import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Self

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from dvz_assets.errors import DvzError
from dvz_assets.landing.insz import read_insz
from dvz_assets.months import BRUSSELS

MAX_BYTES = 64 * 1024
MALFORMED = "MALFORMED_REQUEST"
# asked about for what DVZ holds already: there is no application
RESIDENT = "resident"

DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
DATE_TIME = rf"{DATE[:-1]}T{CLOCK_TIME}:[0-5][0-9](\.[0-9]+)?(Z|[+-]{CLOCK_TIME})$"


def _day(value: object) -> date:
    return date.fromisoformat(_text_like(DATE, value))


def _moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(_text_like(DATE_TIME, value)).astimezone(BRUSSELS)
    except OverflowError:
        raise ValueError("a moment within the calendar") from None


def _text_like(pattern: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError("a text of the form that the schema gives")
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[date, BeforeValidator(_day), Field(json_schema_extra={"pattern": DATE})]
Moment = Annotated[datetime, BeforeValidator(_moment), Field(json_schema_extra={"pattern": DATE_TIME})]


class Request(BaseModel):
    """Question whether one person holds an attestation in a period (both days included)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="A036 consultation request")

    request_id: Text = Field(description="Identification of the request by the one who asks.")
    requester: Text = Field(description="Who asks, within DVZ.")
    purpose: Text = Field(description="Why it is asked; anything that is not in force is refused.")
    role: Text = Field(description="In which role the person is asked about; it has to fit the purpose.")
    application_reference: Text | None = Field(
        default=None,
        description=f"The application for residence that is examined; optional where the role is {RESIDENT}.",
    )
    insz: Text = Field(description="Identification number of the one person asked about.")
    period_start: Day = Field(description="First day asked about, YYYY-MM-DD, included.")
    period_end: Day = Field(description="Last day asked about, YYYY-MM-DD, included.")
    doubt: Annotated[str, Field(max_length=4000)] | None = Field(
        default=None, description="Why there is doubt; required for the purposes that need one."
    )
    requested_at: Moment = Field(description="When it is asked, with its offset from UTC.")

    @model_validator(mode="after")
    def _names_its_application(self) -> Self:
        if self.application_reference is None and self.role != RESIDENT:
            raise ValueError("an application")
        return self


def json_schema(purposes: pl.DataFrame) -> dict[str, Any]:
    """The published schema of a request, with the purposes and roles of ``a036_purposes``."""
    schema = Request.model_json_schema()
    for column in ("purpose", "role"):
        schema["properties"][column]["enum"] = purposes[column].unique().sort().to_list()
    without_application = {"properties": {"role": {"const": RESIDENT}}}
    with_application = {
        "required": ["application_reference"],
        "properties": {"application_reference": {"type": "string"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "anyOf": [without_application, with_application],
    }


def read_request(content: bytes) -> Request | None:
    """The request in a file; None when it does not fit the schema (purpose and role are judged afterwards).

    A key that stands there twice is not read one way or the other: such a file is none.
    """
    if len(content) > MAX_BYTES:
        return None
    try:
        return Request.model_validate(json.loads(content.decode("utf-8"), object_pairs_hook=_without_duplicates))
    except (ValidationError, ValueError, RecursionError):
        return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("every key once")
    return found


def purpose_in_force(request: Request, purposes: pl.DataFrame) -> dict[str, Any] | None:
    """The row of ``a036_purposes`` for the request, on the day in Brussels on which it is asked."""
    day = request.requested_at.date()
    of_day = purposes.filter(purpose=request.purpose).filter(
        pl.lit(day).is_between(pl.col("valid_from"), pl.col("valid_to"))
    )
    return next(of_day.iter_rows(named=True), None)


def refusal(request: Request | None, purposes: pl.DataFrame, max_months: int) -> str | None:
    """The first reason to refuse that the request alone gives, in this order; None when there is none."""
    if request is None:
        return MALFORMED
    purpose = purpose_in_force(request, purposes)
    if purpose is None:
        return "PURPOSE_NOT_IN_FORCE"
    if request.role != purpose["role"]:
        return "ROLE_DOES_NOT_FIT"
    if purpose["needs_doubt"] and not (request.doubt or "").strip():
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
