"""Runs pytest as each line that it reads says, and writes how that ended: ``-m tests.mutants.forks``.

A line has a limit in seconds, since a mutant may run in circles or wait for ever, and the arguments, as JSON.

Each time is a fork of this process, which has imported what takes long and never changes, and nothing of the project.
"""

import json
import os
import signal
import sys
from contextlib import suppress

import dagster  # noqa: F401
import duckdb  # noqa: F401
import great_expectations  # noqa: F401
import hypothesis  # noqa: F401
import polars  # noqa: F401
import pytest


def main() -> None:
    """Write 0 for tests that pass."""
    for line in sys.stdin:
        seconds, arguments = json.loads(line)
        process = os.fork()
        if process == 0:
            os.setsid()
            signal.alarm(seconds)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os._exit(pytest.main(arguments))
        _, status = os.waitpid(process, 0)
        with suppress(ProcessLookupError):  # what the tests have started and not ended
            os.killpg(process, signal.SIGKILL)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
