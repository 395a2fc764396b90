"""What was sent about a person, in words: each column by its name, each code by its label, amounts and days as read."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from dvz_assets.reference import Reference
from dvz_assets.words.texts import day, euro, listed, say, word

AMOUNTS = ("aid_amount_granted", "aid_amount_12m", "amount_reimbursed_12m")
CODES = {"quality_code": "quality_code", "residence_capacity": "capacity"}


def country(nis_code: str, reference: Reference) -> str:
    """Name of a country by its NIS code; the code where the tables do not hold it, or no language is spoken."""
    found = reference.tables["countries"].filter(nis_code=nis_code)["iso2"].to_list()
    name = word("country", found[0]) if found else nis_code
    return nis_code if found and name == found[0] else name


def field_in_words(column: str, value: str, reference: Reference) -> str:
    """The value of one column, as files and rows have it, in the language spoken."""
    if column == "country_of_origin":
        return country(value, reference)
    if column == "aid_natures":
        return listed([word("aid_kind", kind.strip()) for kind in value.split(",")])
    if column in AMOUNTS:
        return euro(int(Decimal(value) * 100))
    return word(CODES[column], value) if column in CODES else value


def period_in_words(period: Mapping[str, str | None]) -> str:
    """One period of aid: its kind, where the regime tells it, first and last day."""
    first, last = (_day(period[name]) for name in ("period_start", "period_end"))
    kind = period.get("aid_kind")
    if kind:
        return say("{kind}: {first} to {last}", kind=word("aid_kind", kind), first=first, last=last)
    return say("{first} to {last}", first=first, last=last)


def _day(text: str | None) -> str:
    """A day of a file (YYYYMMDD) or of a row (ISO)."""
    return day(date.fromisoformat(text) if text else None)
