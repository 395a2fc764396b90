"""A sample of the mutants of all SQL files: each dies of the named cases, or of the tables drawn for month_measures.

Of those cases because other tests run them anyway, and of a few of their months: all takes hours (``make mutants``).
"""

from pathlib import Path

import yaml

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.mutants.sql import all_places, survivors

SAMPLE = Path(__file__).with_name("sample.yaml")
MONTHS = [Month.parse(month) for month in ("2017-09", "2018-04", "2018-09")]


def test_a_sample_of_mutants_dies(cases_ran: Flow, tmp_path: Path) -> None:
    names = yaml.safe_load(SAMPLE.read_text("utf-8"))
    made = {place.name: place for place in all_places()}
    assert [name for name in names if name not in made] == [], "no longer made: put others in their stead"
    assert len(set(names)) == 40
    tried = [made[name].mutant() for name in names]
    assert [mutant.name for mutant in survivors([cases_ran], tried, tmp_path, MONTHS)] == []
