"""Measures programs: wall clock, CPU time and peak memory of a child process, and what machine they ran on."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

from benchmarks.process_tree import watched

MEASURED_PACKAGES = ("dagster", "duckdb", "great-expectations", "polars")
MEMORY_BYTES = 1 << 28
SLOW_SECONDS = 120
RUNS_OF_SLOW = 3

# What is known of one run of a program, by name: see SECONDS and the others.
Figures = dict[str, float]
SECONDS, CPU_SECONDS, MEBIBYTES = "seconds", "cpu seconds", "MiB"


def measured(
    program: Sequence[str], folder: Path, environment: Mapping[str, str], *, with_children: bool = False
) -> Figures:
    """Run a program to its end; raises RuntimeError with the end of what it said when it fails.

    Wall clock, CPU time and largest resident memory. A child is never reported smaller than the process that started it
    has ever been: what needs much memory is done in a process of its own. ``with_children`` adds what the processes
    take that the program starts, by looking at them ten times a second.
    """
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(program, stdout=said, stderr=said, cwd=folder, env=environment)
        with watched(process.pid) if with_children else nullcontext() as tree:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            size = said.tell()
            said.seek(max(0, size - 2000))
            text = said.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(program)} ended with {process.returncode}: {text}")
    cpu_seconds, mebibytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    if tree is not None:
        cpu_seconds = max(cpu_seconds, tree.cpu_seconds)
        mebibytes = max(mebibytes, tree.largest_bytes / 1024**2)
    return {SECONDS: seconds, CPU_SECONDS: cpu_seconds, MEBIBYTES: mebibytes}


def interleaved(programs: Mapping[str, Callable[[], Figures]], repetitions: int) -> dict[str, list[Figures]]:
    """Run programs in turn, again and again, so that what else the machine does meets all of them.

    Where one takes longer than two minutes, three times are enough.
    """
    series: dict[str, list[Figures]] = {name: [] for name in programs}
    rounds = repetitions
    done = 0
    while done < rounds:
        for name, run in programs.items():
            series[name].append(run())
        done += 1
        if max(runs[-1][SECONDS] for runs in series.values()) > SLOW_SECONDS:
            rounds = min(repetitions, RUNS_OF_SLOW)
    return series


def machine() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GiB",
        "python": platform.python_version(),
        **{package: version(package) for package in MEASURED_PACKAGES},
    }


def disk_bytes_per_second(folder: Path) -> float:
    """How fast a file is read that the operating system has just been asked to forget."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(os.urandom(MEMORY_BYTES))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        begun = time.perf_counter()
        with Path(file.name).open("rb", buffering=0) as again:
            while again.read(1 << 22):
                pass
        return MEMORY_BYTES / (time.perf_counter() - begun)


def memory_bytes_per_second() -> float:
    """How fast one core reads memory and writes it elsewhere."""
    source = bytearray(MEMORY_BYTES)
    bytes(source)  # touch every page before the clock runs
    begun = time.perf_counter()
    bytes(source)
    return MEMORY_BYTES / (time.perf_counter() - begun)


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
