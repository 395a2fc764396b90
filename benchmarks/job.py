"""What the hand-written programs share: their command line, where they read and write, which readings they know.

No rules here. Only the standard library, so that it costs none of them anything to import. A month is written YYYY-MM.
Below its work folder a program keeps, as one Parquet file a month, its ``history`` of counted lines and the
``replacements`` of numbers, and writes ``decisions``, ``export`` and ``periods`` as the assets do.
"""

import argparse
import csv
import json
from calendar import monthrange
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "reference"
STATEMENTS_IN_TWELVE_MONTHS = 12
# What the programs take for given, by column of category_rules.csv; another reading of the law needs another program.
KNOWN_READINGS = {
    "living_wage_days_mode": {"CUMULATIVE"},
    "living_wage_window_months": {""},
    "assistance_before_months": {""},
    "assistance_month_mode": {"ANY_DAY"},
    "required_nationality": {"", "EU", "THIRD_COUNTRY"},
}
KNOWN_GROUNDS = {
    *("ASSISTANCE_4_MONTHS", "LIVING_WAGE_90_DAYS", "LIVING_WAGE_AFTER_ASSISTANCE", "SOCIAL_ASSISTANCE"),
}
STATEMENT = (
    *("wetgeving", "ocmw_nis", "jaarmaand", "dossier", "suffix", "insz", "referentie", "type_bedrag", "eerste_dag"),
    *("laatste_dag", "begrotingsartikel", "teken", "bedrag", "categorie", "naam", "hulptype", "hoedanigheidscode"),
)
PERSONS = (
    *("insz", "naam", "voornamen", "nationaliteit", "land_van_herkomst", "register", "verblijfsdocument"),
    *("document_geldig_tot", "verblijfsmotief", "motief_datum", "verblijf_sinds", "overleden_op"),
)


def plus(month: str, months: int) -> str:
    """The month so many months later; earlier when negative."""
    total = 12 * int(month[:4]) + int(month[5:]) - 1 + months
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def first_day(month: str) -> date:
    """First day of a month."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """Last day of a month."""
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


@dataclass(frozen=True)
class Job:
    """One month to compute, and the files around it."""

    landing: Path
    work: Path
    month: str

    def delivered(self, source: str, kind: str) -> Path:
        """A delivered file, CSV or Parquet."""
        return next((self.landing / source / self.month).glob(f"{kind}.*"))

    @property
    def reference_date(self) -> date:
        """Day of the register snapshot."""
        voucher = json.loads((self.landing / "register" / self.month / "voucher.json").read_bytes())
        return date.fromisoformat(voucher["snapshot_date"])

    def written(self, table: str) -> Path:
        """The file of this month in one of the program's own tables."""
        path = self.work / table / f"{self.month}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def earlier(self, table: str, *, since: str = "") -> list[Path]:
        """The files of earlier months in one of the program's own tables, in order."""
        return sorted(path for path in (self.work / table).glob("*.parquet") if since <= path.stem < self.month)

    @property
    def first_of_twelve(self) -> str:
        """The first of the twelve statements that end with this month."""
        return plus(self.month, 1 - STATEMENTS_IN_TWELVE_MONTHS)


# Opens a program with the reference tables of a folder; what it gives computes one month.
Program = Callable[[Path], AbstractContextManager[Callable[[Job], None]]]


def header(path: Path, separator: str) -> list[str]:
    """Column names of a CSV file, in its own order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter=separator))


def refuse_other_readings(reference: Path) -> None:
    """Raise ValueError when a rule asks for what the programs do not compute, so that no wrong row is ever measured."""
    path = reference / "category_rules.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for rule in csv.DictReader(file):
            of_rule = f"{path.name}, {rule['regime']} {rule['category']}: the benchmarks know"
            for column, known in KNOWN_READINGS.items():
                if rule[column] not in known:
                    raise ValueError(f"{of_rule} {column} {sorted(known)} alone; found {rule[column]!r}.")
            unknown = set(rule["grounds"].split(" ")) - KNOWN_GROUNDS
            if unknown:
                raise ValueError(f"{of_rule} the grounds {sorted(KNOWN_GROUNDS)} alone; found {sorted(unknown)}.")


def main(description: str, program: Program) -> None:
    """Command line of a program: one month, or a range in order."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--landing", type=Path, required=True, help="landing zone")
    parser.add_argument("--work", type=Path, required=True, help="folder of the program's own files")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="code tables and rules")
    parser.add_argument("--month", required=True, help="month, or first month of a range (YYYY-MM)")
    parser.add_argument("--to", help="last month of the range")
    asked = parser.parse_args()
    month = asked.month
    with program(asked.reference) as compute:
        while month <= (asked.to or asked.month):
            compute(Job(asked.landing, asked.work, month))
            month = plus(month, 1)
