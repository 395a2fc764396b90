"""A sample of the mutants: each dies in the named cases, or is listed with the reason why nothing can see it."""

from pathlib import Path

from dvz_assets.flow.context import Flow
from tests.mutants.sql import equivalents, some_mutants, survivors

SAMPLE = 40


def test_a_sample_of_mutants_dies(cases_ran: Flow, tmp_path: Path) -> None:
    tried = [mutant for mutant in some_mutants(SAMPLE) if mutant.name not in equivalents()]
    assert [mutant.name for mutant in survivors([cases_ran], tried, tmp_path)] == []
