"""A test that fails shows what it compared, without the number of a person."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cases.landing_writer import synthetic_insz

CHECKOUT = Path(__file__).parents[2]
FAILING = """
from tests.cases.landing_writer import synthetic_insz

def test_rows():
    print("printed", synthetic_insz(1))
    assert [synthetic_insz(1), "WITHHELD"] == [synthetic_insz(1), "SENT"]
"""


def without_the_options_of_this_run() -> dict[str, str]:
    """With its folder of temporary files, for one, the pytest that is started would empty it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def test_a_test_that_fails_shows_no_number_of_a_person(tmp_path: Path) -> None:
    failing = tmp_path / "test_failing.py"
    failing.write_text(FAILING, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(failing)],
        cwd=CHECKOUT,
        env=without_the_options_of_this_run(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "printed [number]" in said
    assert "WITHHELD" in said
    assert synthetic_insz(1) not in said
