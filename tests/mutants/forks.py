"""Runs pytest for each line that it reads, a file to record to (or ``-``) and its arguments, and writes how that ended.

Each time is a fork of this process (``-m tests.mutants.forks``), which has imported what takes long and never changes,
and nothing of the project. What is recorded are the lines of the project that ran.
"""

import os
import resource
import signal
import sys
from contextlib import suppress

import dagster  # noqa: F401
import duckdb  # noqa: F401
import great_expectations  # noqa: F401
import hypothesis  # noqa: F401
import polars  # noqa: F401
import pytest
from coverage import Coverage

SECONDS = 600  # of a processor: a mutant may run in circles


def tests_end(record: str, arguments: list[str]) -> int:
    """Exit status of pytest."""
    if record == "-":
        return pytest.main(arguments)
    lines = Coverage(data_file=record, include=["dvz_assets/*"])
    with lines.collect():
        status = pytest.main(arguments)
    lines.save()
    return status


def main() -> None:
    """Write 0 for tests that pass."""
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            signal.alarm(10 * SECONDS)  # and it may wait for ever
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            record, *arguments = line.split()
            os._exit(tests_end(record, arguments))
        _, status = os.waitpid(process, 0)
        with suppress(ProcessLookupError):  # what the tests have started and not ended
            os.killpg(process, signal.SIGKILL)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
