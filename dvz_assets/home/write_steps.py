"""Named write steps: the moments between which a crash may happen, and must do no harm.

Whatever writes says so here with a name. Nobody listens in production; the crash tests let the process die at each.
"""

from collections.abc import Callable


def _nobody(_step: str) -> None:
    """The default listener."""


listener: Callable[[str], None] = _nobody


def reached(step: str) -> None:
    """Something was written, or moved into place."""
    listener(step)
