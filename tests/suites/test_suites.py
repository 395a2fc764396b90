"""The suites work, and a moment of each finds nothing."""

import random
from pathlib import Path

import pytest

from tests.suites.fuzzing import run_suite
from tests.suites.readers import SUITES
from tests.suites.strict import Refused, strict_csv


@pytest.mark.parametrize("name", SUITES)
def test_a_moment_of_a_suite_finds_nothing(name: str, tmp_path: Path) -> None:
    tried, problems = run_suite(SUITES[name], tmp_path, seconds=0.5, seed=3)
    assert tried > 0
    assert problems == {}


def test_what_goes_wrong_is_found() -> None:
    """An attempt that fails, or says that it has failed, is one of the problems."""

    def fails(chance: random.Random, folder: Path) -> str | None:
        if chance.random() < 0.5:
            raise ValueError
        return "wrong"

    tried, problems = run_suite(fails, Path(), seconds=0, seed=1)
    assert (tried, len(problems)) == (1, 1)


def test_the_strict_reader_names_the_first_line_that_is_wrong() -> None:
    assert strict_csv(b'a;b\n1;2\n1;2"2\n"1";2\n"', ["a", "b"]) == Refused(3)
    assert strict_csv(b"a;b\n1;2\r\n", ["a", "b"]) == [(2, ["1", "2"])]
