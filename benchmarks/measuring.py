"""Measures programs: wall clock, CPU time and peak memory of a child process, and what machine they ran on."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

MEASURED_PACKAGES = ("dagster", "duckdb", "great-expectations", "pandas", "polars")
MEMORY_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a program: seconds of wall clock and of CPU, and its largest resident memory in MiB."""

    seconds: float
    cpu_seconds: float
    mebibytes: float


def measured(program: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run a program to its end; raises RuntimeError with the end of what it said when it fails."""
    with tempfile.TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(program, stdout=said, stderr=said, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(program)} ended with {process.returncode}: {said.read()[-2000:].decode()}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(runs: Sequence[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        statistics.median(run.mebibytes for run in runs),
    )


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
