"""Reads other_reading.yaml: a reading of the law that is not ours, and cases under it."""

from pathlib import Path
from typing import Any

import yaml

from dvz_assets.project_files import reference_folder
from tests.cases.case_file import Case, cases_of
from tests.oracle.landing import read_reference
from tests.properties.readings import Reading

NOTE = "NOTE_2014"
FILE = Path(__file__).with_name("other_reading.yaml")


def load_other_cases() -> list[Case]:
    """All cases of this reading, each with numbers of its own."""
    return cases_of(_content()["cases"])


def other_reading() -> Reading:
    """The tables of this reading: other rules of the note, how far it looks back, what is valid on one day."""
    content, given = _content(), read_reference(reference_folder())
    rules = {category: {name: str(each) for name, each in rule.items()} for category, rule in content["rules"].items()}
    months = {"correction_months": str(content["correction_months"])}
    codes, day = content["one_day"], str(content["one_day"]["day"])
    return Reading(
        category_rules=[
            {**row, **rules.get(row["category"], {})} if row["regime"] == NOTE else row
            for row in given["category_rules"]
        ],
        regimes=[{**row, **months} if row["regime"] == NOTE else row for row in given["regimes"]],
        residence_documents=[
            {**row, "valid_from": day, "valid_to": day} if row["code"] == codes["residence_documents"] else row
            for row in given["residence_documents"]
        ],
        free_movement=[
            {**row, "valid_from": day, "valid_to": day} if row["iso2"] == codes["free_movement"] else row
            for row in given["free_movement"]
        ],
    )


def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return content
