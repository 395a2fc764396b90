"""Reads other_reading.yaml: a reading of the law that is not ours, and cases of what is taken back under it."""

from pathlib import Path
from typing import Any

import yaml

from dvz_assets.project_files import reference_folder
from tests.cases.case_file import Case, cases_of
from tests.oracle.landing import read_reference
from tests.properties.readings import Reading

FILE = Path(__file__).with_name("other_reading.yaml")


def load_other_cases() -> list[Case]:
    """All cases of this reading, each with numbers of its own."""
    return cases_of(_content()["cases"])


def other_reading() -> Reading:
    """The rules of this reading, in the place of those of the note."""
    changed = _content()["rules"]
    return Reading(
        category_rules=[
            {**row, **{name: str(value) for name, value in changed.get(row["category"], {}).items()}}
            if row["regime"] == "NOTE_2014"
            else row
            for row in read_reference(reference_folder())["category_rules"]
        ]
    )


def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return content
