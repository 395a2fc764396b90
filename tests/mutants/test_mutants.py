"""A sample of the mutants of one file: each dies, or is listed with the reason why nothing can see it.

Of that file because its tables are drawn and need no home: all others take an hour (``make mutants``).
"""

from pathlib import Path

from tests.mutants.sql import equivalents, some_mutants, survivors

SAMPLE = 40


def test_a_sample_of_mutants_dies(tmp_path: Path) -> None:
    tried = [each for each in some_mutants(SAMPLE, "month_measures") if each.name not in equivalents()]
    assert [mutant.name for mutant in survivors([], tried, tmp_path)] == []
