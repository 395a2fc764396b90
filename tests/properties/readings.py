"""Random readings of the law as folders of reference tables: every column of category_rules that a test or ground uses.

Half of the rules stay as they are in ``reference/``. What makes no table (a ground without its number, a number that no
ground uses) is not drawn: the reader of the tables refuses it.
"""

import csv
import shutil
from pathlib import Path

from hypothesis import strategies as st

from dvz_assets.project_files import reference_folder
from tests.cases.outcomes import GROUNDS
from tests.oracle.landing import Reference, Row, read_reference

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
FLAG = st.sampled_from(("true", "false", "false"))
YEARS = st.sampled_from(("", "", "", "1", "5"))
CHOICES = {
    "counts_assistance_employment": st.booleans().map({True: "true", False: "false"}.__getitem__),
    "living_wage_days_mode": st.sampled_from(("CUMULATIVE", "CONSECUTIVE", "CONSECUTIVE")),
    "living_wage_window_months": st.sampled_from(("", "1", "2", "3")),
    "assistance_month_mode": st.sampled_from(("ANY_DAY", "WHOLE_MONTH", "WHOLE_MONTH")),
    "required_nationality": st.sampled_from(("", "", "EU", "THIRD_COUNTRY")),
    "requires_recognised_right": FLAG,
    "requires_limited_stay": FLAG,
    "excludes_permanent_card": FLAG,
    "max_residence_years_eu_national": YEARS,
    "max_residence_years_third_country": YEARS,
}
NUMBERS = {
    "min_living_wage_days": ("LIVING_WAGE_90_DAYS", st.sampled_from(("1", "30", "31", "60", "90"))),
    "assistance_before_months": ("LIVING_WAGE_AFTER_ASSISTANCE", st.sampled_from(("", "1", "2"))),
    "min_assistance_months": ("ASSISTANCE_4_MONTHS", st.sampled_from(("1", "2", "3", "4"))),
}
FIELDS = st.sampled_from(("country_of_origin", "aid_amount_granted", "aid_periods"))


@st.composite
def readings(draw: st.DrawFn) -> Reference:
    """The tables that hold a reading: rules, fields by category, and how far corrections look back."""
    given = read_reference(reference_folder())
    rules: list[Row] = [draw(_rule(row)) if draw(st.booleans()) else row for row in given["category_rules"]]
    back = st.sampled_from(("", "1", "3", "12", "12"))
    regimes: list[Row] = [{**row, "correction_months": draw(back)} for row in given["regimes"]]
    # one field that is sent of one category alone
    only, field = draw(st.sampled_from(rules)), draw(FIELDS)
    fields: list[Row] = [
        {**row, "category": only["category"]} if (row["regime"], row["column"]) == (only["regime"], field) else row
        for row in given["export_fields"]
    ]
    return {"category_rules": rules, "regimes": regimes, "export_fields": fields}


@st.composite
def _rule(draw: st.DrawFn, row: Row) -> Row:
    grounds = draw(st.lists(st.sampled_from(GROUNDS), min_size=1, unique=True))
    numbers = {column: draw(choice) if ground in grounds else "" for column, (ground, choice) in NUMBERS.items()}
    return {**row, "grounds": " ".join(grounds), **{name: draw(each) for name, each in CHOICES.items()}, **numbers}


def write_reading(folder: Path, reading: Reference) -> Path:
    """A folder of reference tables with those of a reading in the place of the given ones."""
    shutil.copytree(reference_folder(), folder)
    for name, rows in reading.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder
