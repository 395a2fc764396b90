"""Many sequences of steps: ``python -m tests.any_order.soak SEQUENCES [STEPS]``.

One that fails is shrunk, and kept as a script below ``build/any-order``.
"""

import contextlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.any_order.driven import DrivenHome, tried

STEPS = 20
KEPT = Path(__file__).parents[2] / "build" / "any-order"


def main(arguments: Sequence[str]) -> None:
    """Try that many sequences; exit status 1, with the script that fails, when the model is contradicted."""
    sequences, steps = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else STEPS
    wanted = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    said = io.StringIO()
    problem = ""
    try:
        with contextlib.redirect_stdout(said):
            run_state_machine_as_test(DrivenHome, settings=wanted)
    except Exception as error:
        problem = "\n".join([*getattr(error, "__notes__", ()), f"{type(error).__name__}: {error}"])
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / "failing.txt").write_text(f"{said.getvalue()}\n{problem}\n", "utf-8")
    sys.stdout.write(
        f"any order: {tried['sequences']} sequences, {tried['steps']} steps, {1 if problem else 0} violations\n"
    )
    if problem:
        sys.stdout.write(f"{problem}\nkept in {KEPT.relative_to(KEPT.parents[1])}/failing.txt\n")
    sys.exit(1 if problem else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
