"""Mutants of the Python, made by Cosmic Ray: ``python -m tests.mutants.python [SAMPLE]``; each is printed.

Each runs against the tests that reach its package, in a copy of the checkout, in a process of its own.
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
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec

CHECKOUT = Path(__file__).parents[2]
# the cheap ones first: the first test that fails ends a mutant
REACHED = {
    "landing": (
        "tests/unit/test_landing_*.py",
        "tests/unit/test_layouts.py",
        "tests/integration/test_bad_deliveries.py",
    ),
    "a036": ("tests/a036",),
    "outbound/corrections.py": ("tests/outbound/test_corrections.py", "tests/outbound/test_way_out.py"),
    "outbound/release.py": ("tests/outbound/test_release.py", "tests/outbound/test_way_out.py"),
    "flow": (
        *("tests/unit/test_declared_reads.py", "tests/unit/test_fingerprints.py", "tests/cases/test_named_cases.py"),
        *("tests/integration/test_staleness.py", "tests/integration/test_retention.py"),
        *("tests/integration/test_write_audit_publish.py", "tests/integration/test_drift.py"),
        *("tests/integration/test_bad_deliveries.py", "tests/outbound/test_way_out.py"),
    ),
}
# of ``|`` nearly all stand in types, which nothing evaluates
LEFT_OUT = "BitOr"


class Tests:
    """The tests of each part, in a process that has imported what is slow to import."""

    def __init__(self) -> None:
        self._forks = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def pass_in(self, part: str) -> bool:
        """Whether they all pass, with the code as it stands."""
        assert self._forks.stdin is not None and self._forks.stdout is not None
        tests = [str(path) for pattern in REACHED[part] for path in sorted(Path().glob(pattern))]
        self._forks.stdin.write(" ".join(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]) + "\n")
        self._forks.stdin.flush()
        return self._forks.stdout.readline() == "0\n"

    def see(self, part: str, mutation: MutationSpec) -> bool:
        """Whether one of them fails with a mutation."""
        operator = get_operator(mutation.operator_name)(**mutation.operator_args)
        with use_mutation(mutation.module_path, operator, mutation.occurrence):
            return not self.pass_in(part)


def mutants(session: Path) -> Iterator[tuple[str, MutationSpec]]:
    """All mutants, with the part of REACHED to which they belong."""
    for number, part in enumerate(REACHED):
        with use_db(f"{session}-{number}", WorkDB.Mode.create) as db:
            init(sorted(find_modules([Path("dvz_assets", part)])), db, {})
            yield from ((part, mutation) for item in db.work_items for mutation in item.mutations)


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
        tests, killed, last = Tests(), Counter[str](), ""
        for part, mutation in sorted(tried, key=lambda each: list(REACHED).index(each[0])):
            assert part == last or tests.pass_in(part), f"tests of {part} fail as it is"
            last, seen = part, tests.see(part, mutation)
            killed[part] += seen
            place = f"{mutation.module_path}:{mutation.start_pos[0]}, {mutation.definition_name}"
            sys.stdout.write(f"  {'dies' if seen else 'survives'}: {mutation.operator_name} at {place}\n")
            sys.stdout.flush()
    for part, number in Counter(part for part, _ in tried).items():
        sys.stdout.write(f"{part:24} {number:5} mutants, {killed[part]:5} die\n")
    sys.stdout.write(f"{made} mutants, {len(tried)} tried, {killed.total() / len(tried):.0%} die\n")
    sys.exit(0 if killed.total() >= 0.9 * len(tried) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
