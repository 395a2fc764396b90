"""Mutants of the Python, made by Cosmic Ray: ``python -m tests.mutants.python [SAMPLE]``; survivors are printed.

Each runs against the tests that reach its package, in a copy of the checkout, in processes of their own.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

CHECKOUT = Path(__file__).parents[2]
# the cheap ones first: the first test that fails ends a mutant
REACHED = {
    "landing": (
        "tests/unit/test_landing_*.py",
        "tests/unit/test_layouts.py",
        "tests/integration/test_bad_deliveries.py",
    ),
    "flow": (
        *("tests/unit/test_declared_reads.py", "tests/unit/test_fingerprints.py", "tests/cases/test_named_cases.py"),
        *("tests/integration/test_staleness.py", "tests/integration/test_retention.py"),
        *("tests/integration/test_write_audit_publish.py", "tests/integration/test_drift.py"),
        *("tests/integration/test_bad_deliveries.py", "tests/outbound/test_way_out.py"),
    ),
    "a036": ("tests/a036",),
    "outbound/corrections.py": ("tests/outbound/test_corrections.py", "tests/outbound/test_way_out.py"),
    "outbound/release.py": ("tests/outbound/test_release.py", "tests/outbound/test_way_out.py"),
}
# of ``|`` nearly all stand in types, which nothing evaluates
LEFT_OUT = "BitOr"
SECONDS = 900


def mutants(session: Path) -> Iterator[tuple[str, MutationSpec]]:
    """All mutants, with the part of REACHED to which they belong."""
    for number, part in enumerate(REACHED):
        with use_db(f"{session}-{number}", WorkDB.Mode.create) as db:
            init(sorted(find_modules([Path("dvz_assets", part)])), db, {})
            yield from ((part, mutation) for item in db.work_items for mutation in item.mutations)


def dies(part: str, mutation: MutationSpec) -> bool:
    """Whether a test fails, or none ends."""
    tests = [str(path) for pattern in REACHED[part] for path in sorted(Path().glob(pattern))]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    return mutate_and_test([mutation], " ".join(command), SECONDS).test_outcome is not TestOutcome.SURVIVED


def main(arguments: Sequence[str]) -> None:
    """Try all, or a sample; exit status 1 when fewer than nine of ten die."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        for name in names.split("\0")[:-1]:
            copy = Path(folder, "checkout", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy)
        os.chdir(Path(folder, "checkout"))
        os.environ["PYTHONPATH"] = str(Path.cwd())
        tried = [each for each in mutants(Path(folder, "session")) if LEFT_OUT not in each[1].operator_name]
        made = len(tried)
        if arguments:
            tried = random.Random(1).sample(tried, int(arguments[0]))
        killed: Counter[str] = Counter()
        for part, mutation in tried:
            if dies(part, mutation):
                killed[part] += 1
            else:
                place = f"{mutation.module_path}:{mutation.start_pos[0]}, {mutation.definition_name}"
                sys.stdout.write(f"  survives: {mutation.operator_name} at {place}\n")
                sys.stdout.flush()
    for part, number in Counter(part for part, _ in tried).items():
        sys.stdout.write(f"{part:24} {number:5} mutants, {killed[part]:5} die\n")
    sys.stdout.write(f"{made} mutants, {len(tried)} tried, {killed.total() / len(tried):.0%} die\n")
    sys.exit(0 if killed.total() >= 0.9 * len(tried) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
