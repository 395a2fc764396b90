"""Runs months in processes of their own, lets them die, runs them again, and compares all files.

A program: ``python -m tests.crash.laboratory WORK LANDING (at STEP ... | [steps K N] [random COUNT SEED])``. It imports
everything once and forks for every run, and it touches neither Polars nor DuckDB itself, so that the forks are clean.
Where an object store serves the work folder, ``SERVED_AS`` is its address there, and homes are addressed in the store.
Prints one JSON object: what was tried, and in which of it files differed or something was left over.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

import dvz_assets.audit.great_expectations_engine
from dvz_assets.flow import delivery
from dvz_assets.flow.context import Flow
from dvz_assets.home import ledger, write_steps
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher
from dvz_assets.home.logged_deliveries import differences as differences_from_ledger
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.orchestration.launch import run_months
from dvz_assets.settings import Settings

COMPARED = ("lake", "quarantine", "checks", "deliveries", "published", "reference")
BEFORE, AFTER = Month.parse("2018-05"), Month.parse("2018-06")


def run(landing: Path, home: Path, months: list[Month]) -> None:
    """Run the months; the time of a delivery is fixed, so that files can be compared byte by byte."""
    # the steps of a delivery are published with the times of their entries
    delivery.now = ledger.now = lambda: datetime(2020, 1, 1, tzinfo=UTC)
    place = f"{os.environ['SERVED_AS']}/{home.name}" if "SERVED_AS" in os.environ else home
    flow = Flow(Settings.load(landing=landing, home=place, threads=1))
    with open_instance(flow.settings.work) as instance:
        failure = run_months(flow, instance, months)
    if failure is not None:
        raise RuntimeError(failure.message)
    unrecorded = [*flow.ledger.verify(), *differences_from_ledger(flow.storage, flow.ledger)]
    if unrecorded:
        raise RuntimeError("; ".join(unrecorded))


def in_a_process(work: Callable[[], None], *, seconds: float | None = None) -> int:
    """Status of a forked process that does the work; after ``seconds`` it is killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.umask(0o077)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def die_at(step: str) -> None:
    """Let this process die, without a chance to clean up, when it reaches a write step."""

    def listen(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    write_steps.listener = listen


def files(home: Path) -> dict[str, str]:
    """Hash of every file that the flow wrote; Dagster's own state is its own."""
    return {
        str(path.relative_to(home)): content_hash(path)
        for folder in COMPARED
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    }


def content_hash(path: Path) -> str:
    """Hash of a file; of a voucher without its proof of the ledger, which has an entry more after a death.

    Of a published file it is that of its rows: the engine samples long texts to compress them, and not always alike.
    """
    content = path.read_bytes()
    with contextlib.suppress(duckdb.Error):  # one that is being copied
        if path.suffix == ".duckdb" and not path.name.startswith("."):
            return rows_hash(path)
    with contextlib.suppress(ValueError):  # a voucher that is being written
        if path.name == VOUCHER_FILE and path.parts[-4] == "deliveries":
            return Voucher.from_bytes(content).content_sha256
    return hashlib.sha256(content).hexdigest()


def rows_hash(path: Path) -> str:
    """Hash of all rows of a database, in their order."""
    digest = hashlib.sha256()
    with duckdb.connect(str(path), read_only=True, config={"threads": 1}) as connection:  # this process forks
        tables = "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
        for schema, table in connection.sql(tables).fetchall():
            digest.update(repr((schema, table, connection.sql(f'FROM {schema}."{table}"').fetchall())).encode())
    return digest.hexdigest()


def differences(home: Path, expected: dict[str, str]) -> list[str]:
    """Files that differ from those of an undisturbed run, are missing, or were left over."""
    found = files(home)
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


class Laboratory:
    """A landing zone, a home in which the first month ran, and what an undisturbed second month gives."""

    def __init__(self, work: Path, landing: Path) -> None:
        self.work, self.landing = work, landing
        self.base, self.undisturbed = work / "base", work / "undisturbed"
        steps_file = work / "steps"

        def record_steps() -> None:
            with steps_file.open("w") as file:
                write_steps.listener = lambda step: print(step, file=file)
                run(landing, self.undisturbed, [AFTER])

        self._must(lambda: run(landing, self.base, [BEFORE]))
        shutil.copytree(self.base, self.undisturbed)
        self._must(record_steps)
        self.steps = list(dict.fromkeys(steps_file.read_text().splitlines()))
        self.before, self.expected = files(self.base), files(self.undisturbed)

    def kill_at(self, step: str) -> list[str]:
        """Die at a step, look at what stands, run again; what is wrong."""
        home = self._fresh_home()

        def work() -> None:
            die_at(step)
            run(self.landing, home, [AFTER])

        status = in_a_process(work)
        problems = [] if os.WIFSIGNALED(status) else [f"did not reach '{step}'"]
        return problems + self._after_death(home)

    def kill_after(self, seconds: float) -> list[str]:
        """Die at some moment; what is wrong."""
        home = self._fresh_home()
        in_a_process(lambda: run(self.landing, home, [AFTER]), seconds=seconds)
        return self._after_death(home)

    def _after_death(self, home: Path) -> list[str]:
        # what can be read is what was or what should be, never something between
        partial = [
            name
            for name, value in files(home).items()
            if not any(part.startswith(".") for part in Path(name).parts)
            and value not in (self.before.get(name), self.expected.get(name))
        ]
        again = in_a_process(lambda: run(self.landing, home, [AFTER]))
        different = differences(home, self.expected)
        shutil.rmtree(home)
        return [
            *(f"partial: {name}" for name in partial),
            *([] if again == 0 else ["the next run failed"]),
            *(f"differs: {name}" for name in different),
        ]

    def _fresh_home(self) -> Path:
        home = self.work / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.base, home)
        return home

    def _must(self, work: Callable[[], None]) -> None:
        if in_a_process(work) != 0:
            raise SystemExit("the undisturbed run failed")


def chosen(laboratory: Laboratory, arguments: list[str]) -> tuple[list[str], list[float]]:
    """Steps at which a run is to die (from one on, every so many), and moments (so many, by chance)."""
    steps: list[str] = []
    moments: list[float] = []
    for place in range(0, len(arguments), 3):
        kind, one, other = arguments[place : place + 3]
        if kind == "steps":
            steps += laboratory.steps[int(one) :: int(other)]
        else:
            chance = random.Random(int(other))
            moments += [chance.uniform(0.05, 3.0) for _ in range(int(one))]
    return steps, moments


def main(arguments: list[str]) -> None:
    """Run the experiment that the arguments name and print what came of it."""
    work, landing, kind, *rest = arguments
    laboratory = Laboratory(Path(work), Path(landing))
    steps, moments = (rest, []) if kind == "at" else chosen(laboratory, [kind, *rest])
    tried = {step: laboratory.kill_at(step) for step in steps}
    tried |= {f"{moment:.6f} s": laboratory.kill_after(moment) for moment in moments}
    problems = {what: found for what, found in tried.items() if found}
    print(json.dumps({"steps": laboratory.steps, "tried": list(tried), "problems": problems}))


if __name__ == "__main__":
    assert dvz_assets.audit.great_expectations_engine  # imported once, before the forks
    main(sys.argv[1:])
