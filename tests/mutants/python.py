"""Mutants of the Python, made by Cosmic Ray: ``python -m tests.mutants.python [SAMPLE [SEED]] [PART…]``.

Each runs against the tests of its module that reach its line (`reach.py`), in a copy of the checkout, in a process of
its own, and is printed. What is stopped (SIGINT or SIGTERM) tells of those that it has tried.
"""

import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from math import ceil
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import mutate_code, use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec

from tests.mutants.reach import ALL_TESTS

CHECKOUT = Path(__file__).parents[2]
# nothing here may need a disk
IN_MEMORY = Path("/dev/shm")
PARTS = ("landing", "a036", "outbound/corrections.py", "outbound/release.py", "flow")
# by the first with which the name of a module begins; the fast tests come first: one that fails ends a mutant
TESTS = {
    "landing": "unit/test_landing_*.py unit/test_layouts.py integration/test_layouts.py"
    " integration/test_bad_deliveries.py",
    "a036": "a036/test_*.py",
    "outbound/corrections": "outbound/test_corrections.py outbound/test_transmission.py outbound/test_way_out.py",
    "outbound/release": "outbound/test_release.py outbound/test_way_out.py",
    "flow/appeals": "outbound/test_corrections.py outbound/test_way_out.py",
    "flow/assets": "unit/test_assets.py unit/test_declared_reads.py integration/test_steps.py"
    " integration/test_backfills.py integration/test_staleness.py integration/test_relations.py",
    "flow/checks": "unit/test_checks.py integration/test_write_audit_publish.py integration/test_drift.py"
    " integration/test_state.py privacy/test_attack.py",
    "flow/cleaned": "integration/test_minimisation.py integration/test_settings_of_the_rules.py"
    " integration/test_bad_deliveries.py cases/test_named_cases.py",
    "flow/code_fingerprints": "unit/test_fingerprints.py",
    "flow/context": "unit/test_context.py integration/test_same_bytes.py integration/test_reproduction.py"
    " object_store/test_home.py",
    "flow/declared_reads": "unit/test_declared_reads.py",
    "flow/delivery": "integration/test_same_bytes.py integration/test_formula_names.py outbound/test_corrections.py"
    " outbound/test_way_out.py",
    "flow/drift": "integration/test_drift.py",
    "flow/month_facts": "integration/test_drift.py integration/test_relations.py integration/test_same_bytes.py"
    " cases/test_named_cases.py",
    "flow/old_partitions": "integration/test_relations.py integration/test_reproduction.py",
    "flow/one_delivery": "integration/test_torn_deliveries.py integration/test_accountability.py",
    "flow/publish": "integration/test_home.py integration/test_write_audit_publish.py integration/test_sidecars.py"
    " integration/test_state.py integration/test_steps.py integration/test_retention.py a036/test_consultation.py"
    " outbound/test_way_out.py",
    "flow/raw": "integration/test_layouts.py integration/test_torn_deliveries.py integration/test_bad_deliveries.py",
    "flow/relational": "integration/test_steps.py integration/test_same_bytes.py",
    "flow/records": "outbound/test_way_out.py integration/test_accountability.py",
    "flow/retention": "integration/test_retention.py outbound/test_way_out.py",
    "flow/runnable_months": "unit/test_runnable_months.py integration/test_backfills.py"
    " integration/test_settings_of_the_rules.py",
    "flow/signals": "unit/test_signals.py outbound/test_corrections.py integration/test_same_bytes.py"
    " cases/test_named_cases.py",
    "flow/sql_files": "unit/test_declared_reads.py integration/test_relations.py integration/test_same_bytes.py",
    "flow/steps": "integration/test_steps.py integration/test_backfills.py integration/test_write_audit_publish.py",
    "flow/trouble": "unit/test_trouble.py integration/test_machine_trouble.py",
    "flow/versions": "unit/test_context.py integration/test_reproduction.py",
    "flow/views": "integration/test_relations.py integration/test_same_bytes.py outbound/test_corrections.py",
    "flow/visible": "unit/test_fingerprints.py integration/test_staleness.py cases/test_named_cases.py",
    "flow": "integration/test_same_bytes.py integration/test_staleness.py outbound/test_corrections.py"
    " cases/test_named_cases.py",
}
# ``|`` stands in types, which nothing evaluates; ``is`` for ``==`` asks how Python keeps its values; of the operators
# that can stand for an arithmetic one, three say what all say
LEFT_OUT = re.compile(r"BitOr|_(FloorDiv|Mod|Pow|RShift|LShift|BitAnd|BitXor)$|Eq_Is")


class Tests:
    """The tests of each module that reach a line, in a process that has imported what is slow to import."""

    def __init__(self, folder: Path) -> None:
        self._reach = folder / "reach.json"
        self._forks = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"REACH": str(self._reach)},
            text=True,
        )

    def see(self, mutation: MutationSpec) -> bool:
        """Whether one of those that reach its line fails with a mutation."""
        tests = self.of(mutation.module_path, mutation.start_pos[0])
        operator = get_operator(mutation.operator_name)(**mutation.operator_args)
        with use_mutation(mutation.module_path, operator, mutation.occurrence):
            return not self._pass(tests, 60 + 5 * self._seconds(tests))

    @cache  # noqa: B019
    def of(self, module: Path, line: int) -> tuple[str, ...]:
        """Tests of a module that reach a line of it, the fast ones first.

        All of a file where it cannot be known, and of all files where none is known to.
        """
        name = module.relative_to("dvz_assets").as_posix()
        patterns = next(tests for prefix, tests in TESTS.items() if name.startswith(prefix)).split()
        files = [str(path) for pattern in patterns for path in sorted(Path("tests").glob(pattern))]
        one_by_one: dict[str, float] = {}
        whole: list[str] = []
        for file in files:
            seconds, reached = self._measured(file)
            tests = reached.get(str(module), {}).get(str(line), [])
            if ALL_TESTS in tests:
                whole.append(file)
            else:
                one_by_one |= {test: seconds[test] for test in tests}
        return (*sorted(one_by_one, key=one_by_one.__getitem__), *whole) or tuple(files)

    def _seconds(self, tests: Sequence[str]) -> int:
        """Of all of the files that some tests are in, since the first of them makes the fixtures that they share."""
        return ceil(sum(sum(self._measured(file)[0].values()) for file in {test.split("::")[0] for test in tests}))

    @cache  # noqa: B019
    def _measured(self, file: str) -> tuple[dict[str, float], dict[str, dict[str, list[str]]]]:
        """Seconds of each test of a file, and the tests that reach each line of each module."""
        assert self._pass([file, "-p", "tests.mutants.reach"], 1200), f"{file} fails as the code is"
        measured = json.loads(self._reach.read_text("utf-8"))
        return measured["seconds"], measured["tests"]

    def _pass(self, arguments: Sequence[str], seconds: int) -> bool:
        """Whether all tests pass within some seconds, with the code as it stands."""
        assert self._forks.stdin is not None and self._forks.stdout is not None
        here = self._reach.with_name("t")
        line = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={here}", *arguments]
        self._forks.stdin.write(json.dumps([seconds, line]) + "\n")
        self._forks.stdin.flush()
        return self._forks.stdout.readline() == "0\n"


def mutants(folder: Path, part: str) -> Iterator[tuple[str, MutationSpec]]:
    """All mutants of a part, with its name."""
    with use_db(str(folder / part.replace("/", ".")), WorkDB.Mode.create) as db:
        init(sorted(find_modules([Path("dvz_assets", part)])), db, {})
        for item in db.work_items:
            yield from ((part, each) for each in item.mutations if not LEFT_OUT.search(each.operator_name))


def says_something(mutation: MutationSpec) -> bool:
    """Whether it is Python, and another program: the star of a signature is no operator."""
    code = mutation.module_path.read_text("utf-8")
    line, column = mutation.start_pos
    if code.splitlines()[line - 1].startswith("*,", column):
        return False
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    try:
        ast.parse(mutate_code(code, operator, mutation.occurrence) or "")
    except SyntaxError:
        return False
    return True


def copied(folder: Path) -> Path:
    """What git knows of the checkout, as it is in the work tree."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0")[:-1]:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, copy)
    return folder


def tried(tests: Tests, chosen: Iterable[tuple[str, MutationSpec]]) -> Iterator[tuple[str, bool]]:
    """Part of each mutant, and whether it dies, until all are tried or somebody stops it."""
    try:
        for part, mutation in chosen:
            seen = tests.see(mutation)
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
    sample, seed = ([int(argument) for argument in arguments if argument.isdecimal()] + [0, 1])[:2]
    parts = [argument for argument in arguments if not argument.isdecimal()] or list(PARTS)
    if IN_MEMORY.is_dir():
        os.environ["TMPDIR"] = str(IN_MEMORY)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(copied(folder / "checkout"))
        os.environ["PYTHONPATH"] = str(Path.cwd())
        made = [each for part in parts for each in mutants(folder, part)]
        random.Random(seed).shuffle(made)  # what is stopped has tried a sample
        chosen = (each for each in made if says_something(each[1]))
        ends = Counter(tried(Tests(folder), islice(chosen, sample or None)))
    for part in parts:
        dead, alive = ends[part, True], ends[part, False]
        sys.stdout.write(f"{part}: {dead + alive} tried, {dead} die\n")
    rate = sum(number for (_, seen), number in ends.items() if seen) / max(1, ends.total())
    sys.stdout.write(f"{ends.total()} tried, {rate:.1%} die\n")
    sys.exit(0 if rate >= 0.9 else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
