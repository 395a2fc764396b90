"""Many sequences of steps: ``python -m tests.any_order.soak SEQUENCES [STEPS [SEED]]``.

One that fails is shrunk, and kept as a script below ``build/any-order``. A soak that is stopped (SIGINT or SIGTERM)
tells of what it has tried.
"""

import contextlib
import io
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.any_order.driven import DrivenHome, taken, tried
from tests.any_order.remembered import remembered

STEPS = 20
# a death here takes nothing that was not synchronised, so that no disk need be asked to
IN_MEMORY = Path("/dev/shm")
KEPT = Path(__file__).parents[2] / "build" / "any-order"


def main(arguments: Sequence[str]) -> None:
    """Try that many sequences; exit status 1, with the script that fails, when the model is contradicted."""
    numbers = [int(argument) for argument in arguments]
    sequences, steps, chance = (*numbers, *(STEPS, random.randrange(2**32))[len(numbers) - 1 :])
    wanted = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    said, partitions = io.StringIO(), Counter[str]()
    problem = ""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with (
            tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as tempfile.tempdir,
            contextlib.redirect_stdout(said),
            remembered(partitions),
        ):
            run_state_machine_as_test(seed(chance)(DrivenHome), settings=wanted)
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")
    except (Exception, pytest.fail.Exception) as error:
        problem = "\n".join([*getattr(error, "__notes__", ()), f"{type(error).__name__}: {error}"])
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / "failing.txt").write_text(f"{said.getvalue()}\n{problem}\n", "utf-8")
    sys.stdout.write(
        f"any order: {tried['sequences']} sequences, {tried['steps']} steps, {1 if problem else 0} violations"
        f" (seed {chance})\n"
        f"candidates: {', '.join(f'{count} {name}' for name, count in partitions.most_common())}\n"
        f"steps that had something to do: {', '.join(f'{rule} {count}' for rule, count in taken.most_common())}\n"
    )
    if problem:
        sys.stdout.write(f"{problem}\nkept in {KEPT.relative_to(KEPT.parents[1])}/failing.txt\n")
    sys.exit(1 if problem else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
