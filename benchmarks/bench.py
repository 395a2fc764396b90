"""Runs the comparison and prints its table: ``make bench``, or ``make bench-quick`` at a tenth of the size.

What was measured is written after each group, so that a run that was stopped goes on where it was; the results of a run
that has come to its end are in benchmarks/results/, and those of the full one in docs/performance.md.

    python -m benchmarks.bench [--quick] [--only GROUP] [--work DIR]
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks.cache import PIPELINE, ROOT, code_hash
from benchmarks.comparisons import rows_of
from benchmarks.groups import GROUPS, OTHER_SCALE, groups_of, left_out
from benchmarks.measuring import machine
from benchmarks.page import RESULTS, write_page
from benchmarks.reasons import reasons_for
from benchmarks.results import Group, Results
from benchmarks.scales import FULL, QUICK, Scale
from benchmarks.table import terminal_table

errors = Console(stderr=True, highlight=False)
output = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def measure(scale: Scale, work: Path, folder: Path, only: str | None = None) -> Results:
    """Measure all groups of a scale, or one of them again, and write the results to ``folder``."""
    work.mkdir(parents=True, exist_ok=True)
    target, unfinished = folder / f"{scale.name}.json", work / f"{scale.name}.unfinished.json"
    if only is None:
        results = _begun(scale, unfinished)
        for name in groups_of(scale):
            if name not in results.groups:
                results.groups[name] = _measured(name, scale, work)
                results.write(unfinished)
        results.write(target)
        unfinished.unlink()
        return results
    results = Results.read(target) if target.exists() else Results(scale.name, machine())
    if results.machine != machine():
        raise SystemExit(f"{target.name} was measured on another machine or with other versions: measure all groups.")
    results.groups[only] = _measured(only, scale, work)
    results.write(target)
    return results


def _begun(scale: Scale, unfinished: Path) -> Results:
    """What a stopped run has measured, of this code on this machine."""
    begun = Results.read(unfinished) if unfinished.exists() else Results(scale.name, machine())
    if begun.machine != machine():
        return Results(scale.name, machine())
    code = code_hash(PIPELINE)
    groups = {name: group for name, group in begun.groups.items() if group.code == code and not group.failed}
    return Results(scale.name, begun.machine, groups)


def _measured(name: str, scale: Scale, work: Path) -> Group:
    """A group; one that fails says why and does not keep the others from being measured."""
    begun = time.perf_counter()
    errors.print(f"{name} ...")
    try:
        group = GROUPS[name](scale, work)
    except RuntimeError as error:
        errors.print(f"{name} did not come to its end: {error}", markup=False)
        return Group(code_hash(PIPELINE), failed=True)
    errors.print(
        f"{name}: {time.perf_counter() - begun:.0f} s, deliveries and history included where they were missing"
    )
    return group


def main(arguments: list[str]) -> int:
    """Measure, print, write; 1 when something did not come to its end."""
    parser = argparse.ArgumentParser(description="The pipeline, and hand-written programs that do the same job.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, in less than two minutes")
    parser.add_argument("--only", choices=list(GROUPS), help="measure one group again, into the results there are")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "bench", help="deliveries, homes and histories")
    asked = parser.parse_args(arguments)
    scale = QUICK if asked.quick else FULL
    missing = left_out(scale)
    if asked.only in missing:
        parser.error(f"{asked.only} is left out: {missing[asked.only]}")
    if not asked.only:
        for name, why in missing.items():
            if why != OTHER_SCALE:  # which the scale says itself
                errors.print(f"{name} is left out: {why}")
    results = measure(scale, asked.work.resolve(), RESULTS, asked.only)
    show(results, scale)
    if scale is FULL:
        write_page(results, scale)
    return 1 if any(group.failed for group in results.groups.values()) else 0


def show(results: Results, scale: Scale) -> None:
    """Print the table, and why goals are not met."""
    rows = rows_of(results, scale)
    output.print(", ".join(f"{name} {value}" for name, value in results.machine.items()))
    output.print(terminal_table(rows))
    if scale.left_out:
        output.print(scale.left_out)
    for reason in reasons_for(rows):
        output.print(f"Not met. {reason}", markup=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
