"""The hand-written programs in every month of the named cases: part of ``make bench``, which compares with them."""

from pathlib import Path

import pytest

from dvz_assets.flow.context import Flow
from tests.benchmarks.test_same_rows import PROGRAMS, differences


@pytest.mark.parametrize("program", PROGRAMS)
def test_rows_of_the_named_cases(program: str, cases_ran: Flow, tmp_path: Path) -> None:
    """Both sides of every threshold and date of rules.md."""
    assert differences(cases_ran, PROGRAMS[program], tmp_path, cases_ran.lake.months("decisions")) == []
