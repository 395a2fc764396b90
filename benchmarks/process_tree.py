"""Memory and CPU time of a program together with the processes that it starts, looked at while they run.

The system tells a parent only about children that it has waited for, and of memory only the largest process. A local
Spark is a Java process that nobody waits for. Linux only: it reads /proc.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Self

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_TO_END = 60
TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """What the system tells about a process at one moment; ``begun`` tells it from a later one of the same number."""

    parent: int
    cpu_seconds: float
    begun: int
    resident_bytes: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process of a number; None when it has ended."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *fields = text.rpartition(")")[2].split()  # the name before it may hold anything
        if state in "ZX":
            return None
        number = dict(enumerate(map(int, fields), start=4))  # as proc(5) counts them
        return cls(number[4], (number[14] + number[15]) / TICK, number[22], number[24] * PAGE)


@dataclass(slots=True)
class Tree:
    """What was seen of a process and its descendants: the largest sum of resident memory, and all CPU time."""

    root: int
    largest_bytes: int = 0
    seen: dict[tuple[int, int], float] = field(default_factory=dict)

    @property
    def cpu_seconds(self) -> float:
        """CPU time of all processes up to the last look at each."""
        return sum(self.seen.values())

    def look(self) -> None:
        """Look at all that run now."""
        found = _descendants(self.root)
        self.largest_bytes = max(self.largest_bytes, sum(each.resident_bytes for each in found.values()))
        self.seen |= {(pid, each.begun): each.cpu_seconds for pid, each in found.items()}

    def wait(self) -> None:
        """Wait for the processes that outlive the first one: they still use its folder."""
        until = time.monotonic() + SECONDS_TO_END
        while time.monotonic() < until and any(map(_runs, self.seen)):
            time.sleep(SECONDS_BETWEEN_LOOKS)


@contextmanager
def watched(pid: int) -> Iterator[Tree]:
    """Look at a process and its descendants until the context ends."""
    tree, stop = Tree(pid), Event()

    def look_again() -> None:
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            tree.look()

    tree.look()
    watcher = Thread(target=look_again, daemon=True)
    watcher.start()
    try:
        yield tree
    finally:
        stop.set()
        watcher.join()
        tree.wait()


def _runs(key: tuple[int, int]) -> bool:
    pid, begun = key
    process = Process.of(pid)
    return process is not None and process.begun == begun


def _descendants(root: int) -> dict[int, Process]:
    """The process and all that it or its descendants started, whose parents still run."""
    running = {int(path.name): Process.of(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    processes = {pid: process for pid, process in running.items() if process is not None}
    found = {root: processes[root]} if root in processes else {}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {pid: each for pid, each in processes.items() if each.parent in found}
    return found
