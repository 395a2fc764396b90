"""Tries one attempt after another for some seconds; each has a seed of its own, so that it can be tried again alone."""

import random
import time
from pathlib import Path

from tests.suites.readers import Attempt


def run_suite(attempt: Attempt, folder: Path, seconds: float, seed: int) -> tuple[int, dict[int, str]]:
    """How many were tried, and what was wrong with which; at least one is tried."""
    problems: dict[int, str] = {}
    until, number = time.monotonic() + seconds, 0
    while number == 0 or time.monotonic() < until:
        try:
            problem = attempt(random.Random(seed * 10**9 + number), folder)
        except Exception as error:  # what a reader should have said in its own words
            problem = f"{type(error).__name__}, which is no error of ours"
        if problem is not None:
            problems[number] = problem
        number += 1
    return number, problems
