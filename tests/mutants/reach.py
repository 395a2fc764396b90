"""Which lines of the project each test reaches, by coverage.py: a plugin of pytest (``-p tests.mutants.reach``).

It writes into the file that REACH names. What is reached while a module is imported, or while a fixture is made that
tests share, belongs to no test alone, and is written as reached by ``""``; what a process reaches that a test starts is
not seen.
"""

import json
import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

PROJECT = Path("dvz_assets").absolute()
ALL_TESTS = ""

_coverage = Coverage(data_file=None, source=[str(PROJECT)])
_seconds: dict[str, float] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin before anything of the project is imported."""
    _coverage.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what is reached for one test, with the fixtures that are its own."""
    for made in Path(os.environ["REACH"]).parent.glob("t/*.made"):  # `made_once`, too, is for each test that asks
        made.unlink()
    began = time.monotonic()
    _coverage.switch_context(item.nodeid)
    result = yield
    _coverage.switch_context(ALL_TESTS)
    _seconds[item.nodeid] = time.monotonic() - began
    return result


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Note what a shared fixture reaches for all tests."""
    if fixturedef.scope == "function":
        return (yield)
    _coverage.switch_context(ALL_TESTS)
    result = yield
    _coverage.switch_context(os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0])
    return result


def pytest_unconfigure() -> None:
    """Write it."""
    _coverage.stop()
    data = _coverage.get_data()
    tests = {
        Path(module).relative_to(PROJECT.parent).as_posix(): data.contexts_by_lineno(module)
        for module in data.measured_files()
    }
    Path(os.environ["REACH"]).write_text(json.dumps({"seconds": _seconds, "tests": tests}), "utf-8")
