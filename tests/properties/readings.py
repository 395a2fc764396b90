"""Random readings of the law as folders of reference tables: every column of category_rules that a test or ground uses.

Some rules stay as they are in ``reference/``, and so do most codes; others change on a day of a snapshot. What makes
no table (a ground without its number, a number that no ground uses) is not drawn: the reader of the tables refuses it.
"""

import csv
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from dvz_assets.project_files import reference_folder
from tests.cases.outcomes import GROUNDS
from tests.oracle.landing import Row, read_reference
from tests.properties.populations import LandingZone, landing_zones, snapshots

# what a column means when it is left alone
PLAIN_READING = {
    "counts_assistance_employment": "false",
    "living_wage_days_mode": "CUMULATIVE",
    "living_wage_window_months": "",
    "assistance_before_months": "",
    "assistance_month_mode": "ANY_DAY",
    "required_nationality": "",
    "requires_recognised_right": "false",
    "requires_limited_stay": "false",
    "excludes_permanent_card": "false",
    "max_residence_years_eu_national": "",
    "max_residence_years_third_country": "",
}
FLAG = ("true", "false", "false", "false")
YEARS = ("", "", "", "1", "5")
CHOICES = {
    "counts_assistance_employment": ("true", "false"),
    "living_wage_days_mode": ("CUMULATIVE", "CONSECUTIVE", "CONSECUTIVE"),
    "living_wage_window_months": ("", "1", "2", "3"),
    "assistance_month_mode": ("ANY_DAY", "WHOLE_MONTH", "WHOLE_MONTH"),
    "required_nationality": ("", "", "", "EU", "THIRD_COUNTRY"),
    "requires_recognised_right": FLAG,
    "requires_limited_stay": FLAG,
    "excludes_permanent_card": FLAG,
    "max_residence_years_eu_national": YEARS,
    "max_residence_years_third_country": YEARS,
}
NUMBERS = {
    "min_living_wage_days": ("LIVING_WAGE_90_DAYS", ("1", "30", "31", "60", "60", "90")),
    "assistance_before_months": ("LIVING_WAGE_AFTER_ASSISTANCE", ("", "1", "1", "2")),
    "min_assistance_months": ("ASSISTANCE_4_MONTHS", ("1", "2", "3", "4")),
}
# a ground that stands alone shows what its parameters do, which another one may hide
SOME_GROUNDS = [(ground,) for ground in GROUNDS] + list(combinations(GROUNDS, 2))
FIELDS = ("country_of_origin", "quality_code", "aid_periods")


# what the codes of dated tables may mean from some day on; nothing: the code is gone
MEANINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "residence_documents": {"residence_right": ("LIMITED", "LIMITED", "PERMANENT", "EU_RIGHT", "NONE")},
    "residence_motives": {
        "category": ("EU_FAMILY", "TCN_FAMILY_ART10", "TCN_STUDENT", "BE_FAMILY"),
        "capacity": ("EMPLOYEE", "JOB_SEEKER"),
    },
    "free_movement": {},
}


class Reading(dict[str, list[Row]]):
    """The tables in which a reading differs from the given ones; their rows are too many to be printed whole."""

    def __repr__(self) -> str:
        """What a rule asks, by regime and category, in the order of ``NUMBERS`` and ``CHOICES``."""
        asked = ("grounds", *NUMBERS, *CHOICES)
        rules = [[row["regime"], row["category"], *(row[name] for name in asked)] for row in self["category_rules"]]
        return "\n".join(["Reading", *(" | ".join(rule) for rule in rules)])


@st.composite
def zones_and_readings(draw: st.DrawFn) -> tuple[LandingZone, Reading]:
    """A landing zone, and a reading of the law that changes with its snapshots."""
    zone = draw(landing_zones())
    return zone, draw(readings(zone))


@st.composite
def readings(draw: st.DrawFn, zone: LandingZone) -> Reading:
    """The tables that hold a reading: rules, fields by category, how far corrections look back, and what codes mean.

    On a day of a snapshot of the zone, or the day after, a code may begin to mean something else; on the last day of a
    month, or the day after, the living wage may.
    """
    chance = Random(draw(st.integers(0, 2**32)))
    given = read_reference(reference_folder())
    rules = [_rule(chance, row) if chance.random() < 0.7 else row for row in given["category_rules"]]
    regimes = [{**row, "correction_months": chance.choice(("", "1", "3", "12", "12"))} for row in given["regimes"]]
    # some fields that are sent of one category alone
    only = {(row["regime"], field): row["category"] for row in chance.sample(rules, 4) for field in FIELDS}
    fields = [
        {**row, "category": only.get((row["regime"], row["column"]), row["category"])} for row in given["export_fields"]
    ]
    codes = {
        table: [part for row in given[table] for part in _changed(chance, row, snapshots(zone), meaning)]
        for table, meaning in MEANINGS.items()
    }
    known = {row["valid_from"] for row in given["living_wage_amounts"]}
    begins = {f"{month.last_day + timedelta(days=chance.randint(0, 1))}" for month in zone} - known
    amounts = [{**given["living_wage_amounts"][0], "valid_from": day, **_amounts(chance)} for day in sorted(begins)]
    codes["living_wage_amounts"] = [*given["living_wage_amounts"], *amounts]
    return Reading(category_rules=rules, regimes=regimes, export_fields=fields, **codes)


def _changed(chance: Random, row: Row, days: Sequence[date], meaning: dict[str, tuple[str, ...]]) -> Iterator[Row]:
    """A row as it is, or up to a day, or from a day on, with another one for the other days."""
    day = chance.choice(days) - timedelta(days=chance.randint(0, 1))
    if chance.random() < 0.7 or not row["valid_from"] <= f"{day}" < (row["valid_to"] or "9999"):
        yield row
        return
    until, since = {**row, "valid_to": f"{day}"}, {**row, "valid_from": f"{day + timedelta(days=1)}"}
    if not meaning:
        yield chance.choice((until, since))
        return
    yield until
    yield {**since, **{name: chance.choice(values) for name, values in meaning.items()}}


def _amounts(chance: Random) -> Row:
    return {f"category_{number}": f"{chance.randint(1, 300)}.00" for number in (1, 2, 3)}


def _rule(chance: Random, row: Row) -> Row:
    grounds = chance.choice(SOME_GROUNDS)
    numbers = {name: chance.choice(each) if ground in grounds else "" for name, (ground, each) in NUMBERS.items()}
    return {
        **row,
        "grounds": " ".join(grounds),
        **{name: chance.choice(each) for name, each in CHOICES.items()},
        **numbers,
    }


def write_reading(folder: Path, reading: Reading) -> Path:
    """A folder of reference tables with those of a reading in the place of the given ones."""
    shutil.copytree(reference_folder(), folder)
    for name, rows in reading.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder
