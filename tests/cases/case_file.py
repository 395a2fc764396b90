"""Reads cases.yaml (its README in prose: one person per case) and puts all cases into one landing zone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from dvz_assets.months import Month
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz

CASES_FILE = Path(__file__).with_name("cases.yaml")
PERSON_KEYS = {
    "nationality": "nationaliteit",
    "country_of_origin": "land_van_herkomst",
    "register": "register",
    "document": "verblijfsdocument",
    "document_until": "document_geldig_tot",
    "motive": "verblijfsmotief",
    "residence_since": "verblijf_sinds",
    "deceased_on": "overleden_op",
}


@dataclass(frozen=True)
class Case:
    """One named case: a person's facts, statement lines, and what must come out at ``month``."""

    name: str
    month: Month
    insz: str
    former_insz: str
    content: dict[str, Any]

    @property
    def expected(self) -> dict[str, Any]:
        """What the case says must come out."""
        expected: dict[str, Any] = self.content["expect"]
        return expected

    def months(self) -> list[Month]:
        """Months in which something of the case is delivered."""
        lines = [Month.parse(line["statement"]) for line in self.content["lines"]]
        replaced = self.content["person"].get("replaced_in")
        return [self.month, *lines, *([Month.parse(replaced)] if replaced else [])]


def load_cases() -> list[Case]:
    """All cases, each with numbers of its own."""
    contents = yaml.safe_load(CASES_FILE.read_text("utf-8"))
    return [
        Case(each["name"], Month.parse(each["month"]), synthetic_insz(2 * n), synthetic_insz(2 * n + 1), each)
        for n, each in enumerate(contents)
    ]


def deliveries(cases: list[Case]) -> dict[Month, Delivery]:
    """One delivery for every month from the first to the last that a case needs; empty ones hold headers only."""
    months = [month for case in cases for month in case.months()]
    zone = {month: Delivery() for month in Month.range(min(months), max(months))}
    for case in cases:
        person = case.content["person"]
        if person.get("in_register", True):
            zone[case.month].persons.append(_person(case))
        if "replaced_in" in person:
            month = Month.parse(person["replaced_in"])
            pair = {"oud_insz": case.former_insz, "nieuw_insz": case.insz, "datum": _text(month.first_day)}
            zone[month].replacements.append(pair)
        for number, line in enumerate(case.content["lines"]):
            month = Month.parse(line["statement"])
            zone[month].statement.append(_line(case, month, line, number))
    return zone


def _person(case: Case) -> Row:
    facts = {
        column: _text(case.content["person"][key])
        for key, column in PERSON_KEYS.items()
        if key in case.content["person"]
    }
    return {"insz": case.insz, "naam": "NAAM", "voornamen": "Voornaam", **facts}


def _line(case: Case, month: Month, line: dict[str, Any], number: int) -> Row:
    law_2 = "help" in line
    changes = {
        "wetgeving": "2" if law_2 else "1",
        "begrotingsartikel": "PH_201" if law_2 else str(line.get("article", "105")),
        "hulptype": str(line.get("help", "")),
        "teken": line.get("sign", "+"),
        "type_bedrag": str(line.get("type", 1)),
        "bedrag": str(line.get("amount", 89270)),
        "ocmw_nis": str(line.get("ocmw", 11002)),
        "hoedanigheidscode": str(line.get("quality_code", "")),
        "referentie": f"R{number}",
        "eerste_dag": _text(line.get("first", month.first_day)),
        "laatste_dag": _text(line.get("last", month.last_day)),
    }
    return statement_line(case.former_insz if line.get("former") else case.insz, month, **changes)


def _text(value: Any) -> str:
    return f"{value:%Y%m%d}" if isinstance(value, date) else str(value)


def comparable(value: Any) -> Any:
    """A value as the case writes it: amounts as decimals with two places, dates as text."""
    if isinstance(value, float | Decimal):
        return Decimal(str(value)).quantize(Decimal("0.01"))
    if isinstance(value, list | tuple):
        return [comparable(each) for each in value]
    return str(value) if isinstance(value, date) else value
