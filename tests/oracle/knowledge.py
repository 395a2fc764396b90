"""What is known at a month: the accepted rows of the deliveries up to it, by person, and the tables."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from tests.oracle import landing as deliveries
from tests.oracle.landing import Line, Reference, Reject, Row, valid_on


@dataclass(frozen=True)
class Knowledge:
    """Everything that the rules may look at when they decide a month."""

    month: str
    regime: str
    reference_date: date
    reference: Reference
    pairs: dict[str, str]
    lines: list[Line]
    register: dict[str, Row]
    rejects: list[Reject]

    @cached_property
    def lines_by_person(self) -> dict[str, list[Line]]:
        """The lines of all statements, under the present number of the person."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(self.present_number(line.insz), []).append(line)
        return found

    def present_number(self, insz: str) -> str:
        """Section 2: a number taken to the end of its chain."""
        while insz in self.pairs:
            insz = self.pairs[insz]
        return insz

    def lines_of(self, insz: str) -> list[Line]:
        """All lines of the person who holds a number now."""
        return self.lines_by_person.get(insz, [])

    def rule(self, category: str | None) -> Row | None:
        """The rule of a category in the regime of the month."""
        rules = self.reference["category_rules"]
        return next((row for row in rules if (row["regime"], row["category"]) == (self.regime, category)), None)

    def motive(self, person: Row) -> Row | None:
        """The row of the person's residence motive that is valid on the reference date."""
        return valid_on(self.reference["residence_motives"], self.reference_date, code=person["verblijfsmotief"])

    def authorises(self, column: str, category: str | None) -> bool:
        """Whether export_fields lists a column for a category of the regime; an empty one means all of them."""
        return any(
            (row["regime"], row["column"]) == (self.regime, column) and row["category"] in ("", category)
            for row in self.reference["export_fields"]
        )

    def has_free_movement(self, nationality: str) -> bool:
        """EU, EEA or Swiss national on the reference date; an unknown code is a third country."""
        codes = [row["iso2"] for row in self.reference["countries"] if row["nis_code"] == nationality]
        return any(valid_on(self.reference["free_movement"], self.reference_date, iso2=code) for code in codes)


def known_by_month(landing: Path, reference_folder: Path) -> dict[str, Knowledge]:
    """What is known at each delivered month, in order."""
    reference = deliveries.read_reference(reference_folder)
    pairs: dict[str, str] = {}
    lines: list[Line] = []
    known = {}
    for month in deliveries.delivered_months(landing):
        new_pairs, pair_rejects = deliveries.replacements(landing, month)
        new_lines, line_rejects = deliveries.statement(landing, month, reference)
        pairs, lines = {**pairs, **dict(new_pairs)}, [*lines, *new_lines]
        register, person_rejects = deliveries.persons(landing, month, reference, pairs)
        known[month] = Knowledge(
            month,
            regime_of(reference, month)["regime"],
            deliveries.snapshot_date(landing, month),
            reference,
            pairs,
            lines,
            register,
            [*line_rejects, *pair_rejects, *person_rejects],
        )
    return known


def regime_of(reference: Reference, month: str) -> Row:
    """The row of the regime in force in a month."""
    return next(row for row in reference["regimes"] if row["first_month"] <= month <= (row["last_month"] or "9999-12"))


def months_earlier(month: str, months: int) -> str:
    """The month so many months earlier."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def first_day(month: str) -> date:
    """The first day of a month."""
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    """The last day of a month."""
    return first_day(months_earlier(month, -1)) - timedelta(days=1)
