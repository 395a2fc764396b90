"""Locks between processes of one home: who holds one is the only writer of what it names."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(home: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` of ``home``; waits for another holder. The operating system frees it when we die."""
    path = home / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
