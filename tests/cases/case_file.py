"""Reads cases.yaml (one person per case) and puts all cases into one landing zone.

Beside the facts of a register row a person may have ``former_numbers`` (how many), replaced in the snapshots of
``replaced_in`` (a month, or one for each), which the deliveries of the same months tell, or those of ``told_in``. In
the snapshot of ``twice_in`` the person stands under the next number, too. A line with ``former: 2`` is printed under
the last number but two; one with ``times: 3`` stands in the statement three times, under references of its own. The
person stands in the snapshot of the month asked about, and of all months since ``register_from``;
``deceased_known_from`` is the first snapshot that has ``deceased_on``. ``corrections`` are all that this month says of
the person, under the number that the person had in ``month_sent``.
"""

from collections.abc import Iterable, Sequence
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
    """One named case: a person's facts and numbers, oldest first, statement lines, and what comes out at ``month``."""

    name: str
    month: Month
    numbers: tuple[str, ...]
    content: dict[str, Any]

    @property
    def insz(self) -> str:
        """The number that the person has at ``month``."""
        return self.numbers[-1]

    @property
    def expected(self) -> dict[str, Any]:
        """What the case says must come out."""
        expected: dict[str, Any] = self.content["expect"]
        return expected

    @property
    def replaced_in(self) -> list[Month]:
        """The months in which a number was replaced by the next one."""
        return self._months_of("replaced_in")

    @property
    def told_in(self) -> list[Month]:
        """The months whose deliveries tell that a number was replaced."""
        return self._months_of("told_in") or self.replaced_in

    def number_in(self, month: Month) -> str:
        """The number that the person had in a month."""
        return self.numbers[self._replaced_until(month)]

    def registered_numbers(self, month: Month) -> Sequence[str]:
        """The numbers under which the person stands in the snapshot of a month."""
        first = self._replaced_until(month)
        return self.numbers[first : first + (2 if month in self._months_of("twice_in") else 1)]

    def registered_in(self) -> list[Month]:
        """The months in whose snapshot the person stands."""
        person = self.content["person"]
        if not person.get("in_register", True):
            return []
        return Month.range(Month.parse(person.get("register_from", str(self.month))), self.month)

    def months(self) -> list[Month]:
        """Months that are delivered because of the case; without a gap where it tells of what happens over time."""
        lines = [Month.parse(line["statement"]) for line in self.content["lines"]]
        months = [self.month, *lines, *self.replaced_in, *self.told_in, *self.registered_in()]
        return Month.range(min(months), self.month) if "corrections" in self.expected else months

    def corrections(self) -> list[tuple[str, Month, str, str, str | None]]:
        """What ``month`` takes back: number sent, month sent, kind, reason, and present number of a replaced one."""
        return sorted(
            (
                self.number_in(Month.parse(each["month_sent"])),
                Month.parse(each["month_sent"]),
                each["kind"],
                each["reason"],
                self.insz if each["kind"] == "RENUMBERED" else None,
            )
            for each in self.expected["corrections"]
        )

    def _months_of(self, key: str) -> list[Month]:
        months = self.content["person"].get(key, [])
        return [Month.parse(month) for month in (months if isinstance(months, list) else [months])]

    def _replaced_until(self, month: Month) -> int:
        return sum(replaced <= month for replaced in self.replaced_in)


def load_cases() -> list[Case]:
    """All cases, each with numbers of its own."""
    return cases_of(yaml.safe_load(CASES_FILE.read_text("utf-8")))


def asked_months() -> list[Month]:
    """The months at which the named cases ask."""
    return sorted({case.month for case in load_cases()})


def cases_of(contents: Iterable[dict[str, Any]]) -> list[Case]:
    """Cases as a file has them, each with numbers of its own."""
    return [
        Case(
            each["name"],
            Month.parse(each["month"]),
            tuple(synthetic_insz(4 * n + step) for step in range(1 + each["person"].get("former_numbers", 0))),
            each,
        )
        for n, each in enumerate(contents)
    ]


def deliveries(cases: list[Case]) -> dict[Month, Delivery]:
    """One delivery for every month that a case needs, in order; what no case fills holds headers only."""
    zone = {month: Delivery() for month in sorted({month for case in cases for month in case.months()})}
    for case in cases:
        for month in case.registered_in():
            zone[month].persons += [_person(case, month, number) for number in case.registered_numbers(month)]
        for step, (replaced, told) in enumerate(zip(case.replaced_in, case.told_in, strict=True)):
            old, new = case.numbers[step : step + 2]
            pair = {"oud_insz": old, "nieuw_insz": new, "datum": _text(replaced.first_day)}
            zone[told].replacements.append(pair)
        for number, line in enumerate(case.content["lines"]):
            month = Month.parse(line["statement"])
            for time in range(line.get("times", 1)):
                zone[month].statement.append(_line(case, month, line, f"R{number}" + f"-{time}" * (time > 0)))
    return zone


def consecutive(months: Iterable[Month]) -> list[tuple[Month, Month]]:
    """Stretches of months without a gap, as first and last month."""
    stretches: list[tuple[Month, Month]] = []
    for month in sorted(months):
        if stretches and stretches[-1][1].next() == month:
            stretches[-1] = (stretches[-1][0], month)
        else:
            stretches.append((month, month))
    return stretches


def _person(case: Case, month: Month, number: str) -> Row:
    person = case.content["person"]
    facts = {column: _text(person[key]) for key, column in PERSON_KEYS.items() if key in person}
    if month < Month.parse(person.get("deceased_known_from", str(month))):
        del facts["overleden_op"]
    return {"insz": number, "naam": "NAAM", "voornamen": "Voornaam", **facts}


def _line(case: Case, month: Month, line: dict[str, Any], reference: str) -> Row:
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
        "referentie": reference,
        "eerste_dag": _text(line.get("first", month.first_day)),
        "laatste_dag": _text(line.get("last", month.last_day)),
    }
    return statement_line(case.numbers[-1 - line.get("former", 0)], month, **changes)


def _text(value: Any) -> str:
    return f"{value:%Y%m%d}" if isinstance(value, date) else str(value)


def comparable(value: Any) -> Any:
    """A value as the case writes it: amounts as decimals with two places, dates as text."""
    if isinstance(value, float | Decimal):
        return Decimal(str(value)).quantize(Decimal("0.01"))
    if isinstance(value, list | tuple):
        return [comparable(each) for each in value]
    return str(value) if isinstance(value, date) else value
