"""How the program ends: with the status and all of the words of its command, though it frees nothing first."""

import subprocess
import sys

import pytest

PROGRAM = "from dvz_assets.cli.main import program; program()"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--version"], 0, "dvz "),
        (["run", "--month", "2018-13"], 1, "INVALID_MONTH"),
        (["nonsense"], 2, "No such command"),
        (["explain", "--help"], 0, "--language"),
    ],
)
def test_a_command_ends_with_its_status_and_says_all(arguments: list[str], status: int, said: str) -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == status
    assert said in ran.stdout + ran.stderr


def test_what_nobody_foresaw_is_a_failure_and_is_shown() -> None:
    broken = PROGRAM.replace("; ", "; from dvz_assets.cli import main; main.app = None; ")
    ran = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "TypeError" in ran.stderr
