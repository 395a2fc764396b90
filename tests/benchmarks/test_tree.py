"""Memory and CPU time of a program include those of a child that it does not wait for, as Spark's Java is."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measuring import CPU_SECONDS, MEBIBYTES, SECONDS, measured
from benchmarks.tree import Process, watched

MEBIBYTES_OF_CHILD = 200
# works for half a second with its memory, then waits for its parent to end and stays for a moment
CHILD = f"""
import os, sys, time
held = bytearray(b'x') * ({MEBIBYTES_OF_CHILD} << 20)
until = time.process_time() + 0.5
while time.process_time() < until:
    pass
os.close(1)
sys.stdin.read()
time.sleep(0.5)
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.read()
"""


def test_a_child_that_nobody_waits_for_is_measured(tmp_path: Path) -> None:
    program = [sys.executable, "-c", PARENT]
    alone, all_ = measured(program, tmp_path, {}), measured(program, tmp_path, {}, with_children=True)
    assert all_[MEBIBYTES] > MEBIBYTES_OF_CHILD
    assert all_[CPU_SECONDS] > alone[CPU_SECONDS]
    assert all_[CPU_SECONDS] > 0.4
    assert all_[SECONDS] > 0.4


def test_the_tree_holds_all_memory_and_ends_with_its_last_process() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT])
    with watched(parent.pid) as tree:
        parent.wait()
        time.sleep(0.2)
    assert len(tree.seen) > 1
    assert tree.largest_bytes > MEBIBYTES_OF_CHILD << 20
    assert not any(Process.of(pid) for pid, _ in tree.seen)


def test_a_process_that_has_ended_is_none() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert Process.of(ended.pid) is None
