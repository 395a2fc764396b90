"""Runs all suites for so many seconds each, and prints how many files were tried: ``make suites``.

python -m tests.suites [--seconds 60] [--seed 1]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.suites.fuzzing import run_suite
from tests.suites.readers import SUITES


def main(arguments: list[str]) -> int:
    """Run the suites; 1 when one found something."""
    parser = argparse.ArgumentParser(description="Random files against strict readers.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    failed = False
    for name, attempt in SUITES.items():
        with tempfile.TemporaryDirectory() as folder:
            tried, problems = run_suite(attempt, Path(folder), asked.seconds, asked.seed)
        failed |= bool(problems)
        sys.stdout.write(f"{name}: {tried} files, {len(problems)} of them wrong\n")
        for number, problem in list(problems.items())[:10]:
            sys.stdout.write(f"    number {number}: {problem}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
