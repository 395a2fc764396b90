"""Mutants of the Python, made by Cosmic Ray: ``python -m tests.mutants.python [SAMPLE] [PART…]``; each is printed.

Each runs against the tests that reach its statement, in a copy of the checkout, in a process of its own. What is
stopped (SIGINT or SIGTERM) tells of those that it has tried.
"""

import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec
from coverage import CoverageData

CHECKOUT = Path(__file__).parents[2]
# nothing here may need a disk
IN_MEMORY = Path("/dev/shm")
TESTS = {
    "landing": (
        "tests/unit/test_landing_*.py",
        *("tests/unit/test_layouts.py", "tests/integration/test_layouts.py"),
        "tests/integration/test_bad_deliveries.py",
    ),
    "a036": ("tests/a036/test_*.py",),
    "outbound/corrections.py": (
        *("tests/outbound/test_corrections.py", "tests/outbound/test_transmission.py"),
        "tests/outbound/test_way_out.py",
    ),
    "outbound/release.py": ("tests/outbound/test_release.py", "tests/outbound/test_way_out.py"),
    "flow": (
        *("tests/unit/test_declared_reads.py", "tests/unit/test_fingerprints.py"),
        *("tests/integration/test_staleness.py", "tests/integration/test_retention.py"),
        *("tests/integration/test_write_audit_publish.py", "tests/integration/test_drift.py"),
        *("tests/integration/test_bad_deliveries.py", "tests/integration/test_backfills.py"),
        *("tests/integration/test_state.py", "tests/integration/test_accountability.py"),
        *("tests/integration/test_automation.py", "tests/outbound/test_way_out.py"),
        *("tests/outbound/test_corrections.py", "tests/integration/test_layouts.py"),
        *("tests/integration/test_same_bytes.py", "tests/integration/test_home.py"),
        *("tests/object_store/test_home.py", "tests/cases/test_named_cases.py"),
    ),
}
# ``|`` stands in types, which nothing evaluates; ``is`` for ``==`` asks how Python keeps its values; of the operators
# that can stand for an arithmetic one, three say what all say
LEFT_OUT = re.compile(r"BitOr|_(FloorDiv|Mod|Pow|RShift|LShift|BitAnd|BitXor)$|Eq_Is")


@dataclass(frozen=True)
class Reached:
    """What one file of tests reaches of the project: lines of each module; and the seconds that it takes."""

    tests: str
    seconds: float
    lines: dict[str, frozenset[int]]


class Tests:
    """The tests, in a process that has imported what is slow to import."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forks = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def pass_in(self, files: Sequence[str], record: str = "-") -> bool:
        """Whether all tests of these files pass, with the code as it stands."""
        assert self._forks.stdin is not None and self._forks.stdout is not None
        self._forks.stdin.write(" ".join([record, "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *files]) + "\n")
        self._forks.stdin.flush()
        return self._forks.stdout.readline() == "0\n"

    @cache  # noqa: B019
    def reached(self, file: str) -> Reached:
        """Run the tests of one file as the code is, and record what they reach."""
        record = self._folder / file.replace("/", ".")
        began = time.monotonic()
        assert self.pass_in([file], str(record)), f"tests of {file} fail as it is"
        seconds = time.monotonic() - began
        data = CoverageData(str(record))
        data.read()
        return Reached(file, seconds, {name: frozenset(data.lines(name) or ()) for name in data.measured_files()})

    def that_reach(self, part: str, mutation: MutationSpec) -> list[str]:
        """Files of tests that reach the statement, or the head of the compound statement, of a mutation.

        The fast ones first: the first test that fails ends a mutant. All of them where none reaches it in its own
        process: it may run in one that a test starts.
        """
        files = sorted(str(path) for pattern in TESTS[part] for path in Path().glob(pattern))
        place = frozenset(statement(mutation.module_path, mutation.start_pos[0]))
        reached = sorted(map(self.reached, files), key=lambda each: each.seconds)
        return [
            each.tests
            for each in reached
            if each.lines.get(str(mutation.module_path.absolute()), place - place) & place
        ]

    def see(self, mutation: MutationSpec, files: Sequence[str]) -> bool:
        """Whether one of the tests of these files fails with a mutation."""
        operator = get_operator(mutation.operator_name)(**mutation.operator_args)
        with use_mutation(mutation.module_path, operator, mutation.occurrence):
            return not self.pass_in(files)


def statement(module: Path, line: int) -> range:
    """Lines of the innermost statement that a line belongs to, without its body."""
    found = range(line, line + 1)
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):  # outer ones come first
        if isinstance(node, ast.stmt) and node.end_lineno is not None:
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            end = body[0].lineno if body and body[0].lineno > first else node.end_lineno + 1
            if first <= line < end:
                found = range(first, end)
    return found


def mutants(folder: Path, part: str) -> Iterator[tuple[str, MutationSpec]]:
    """All mutants of a part of TESTS, with its name."""
    with use_db(str(folder / part.replace("/", ".")), WorkDB.Mode.create) as db:
        init(sorted(find_modules([Path("dvz_assets", part)])), db, {})
        for item in db.work_items:
            yield from ((part, each) for each in item.mutations if not LEFT_OUT.search(each.operator_name))


def copied(folder: Path) -> Path:
    """What git knows of the checkout, as it is in the work tree."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0")[:-1]:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, copy)
    return folder


def tried(tests: Tests, chosen: Sequence[tuple[str, MutationSpec]]) -> Iterator[tuple[str, bool]]:
    """Part of each mutant, and whether it dies, until all are tried or somebody stops it."""
    try:
        for part, mutation in chosen:
            seen = tests.see(mutation, tests.that_reach(part, mutation))
            place = f"{mutation.module_path}:{mutation.start_pos[0]}, {mutation.definition_name}"
            sys.stdout.write(
                f"  {'dies' if seen else 'survives'}: {mutation.operator_name}, {mutation.occurrence}, at {place}\n"
            )
            sys.stdout.flush()
            yield part, seen
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")


def main(arguments: Sequence[str]) -> None:
    """Try all, or a sample; exit status 1 when fewer than nine of ten die."""
    sample = [int(argument) for argument in arguments if argument.isdecimal()]
    parts = [argument for argument in arguments if not argument.isdecimal()] or list(TESTS)
    if IN_MEMORY.is_dir():
        os.environ["TMPDIR"] = str(IN_MEMORY)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(copied(folder / "checkout"))
        os.environ["PYTHONPATH"] = str(Path.cwd())
        made = [each for part in parts for each in mutants(folder, part)]
        chosen = random.Random(1).sample(made, *sample) if sample else made
        ends = Counter(tried(Tests(folder), chosen))
    for part in parts:
        dead, alive = ends[part, True], ends[part, False]
        sys.stdout.write(
            f"{part}: {[each for each, _ in made].count(part)} mutants, {dead + alive} tried, {dead} die\n"
        )
    rate = sum(number for (_, seen), number in ends.items() if seen) / max(1, ends.total())
    sys.stdout.write(f"{len(made)} mutants, {ends.total()} tried, {rate:.1%} die\n")
    sys.exit(0 if rate >= 0.9 else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
