"""Cuts the power of a site at many moments, starts the software on what is left, and tells what is wrong.

A program: ``python -m tests.powercut.laboratory WORK CUTS LOOKS SEED PERSONS [ACTION ...]``. Prints one JSON object.
After each cut: what was acknowledged is there, nothing that can be read is partial, and the action that was cut off,
done again, leaves what it would have left. Of as many more cuts as ``LOOKS`` says only the files are looked at.
Cuts come in rounds through all actions, so that what was stopped (SIGINT or SIGTERM) has tried something of everything.
"""

import contextlib
import gc
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dvz_assets.audit.great_expectations_engine
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher
from dvz_assets.report import templates
from tests.crash.laboratory import COMPARED, in_a_process, rows_hash
from tests.powercut.disk import Disk, Loss, digest
from tests.powercut.recording import Operation, operations, record
from tests.powercut.site import Site

CHECKOUT = Path(__file__).parents[2]
LEDGER = "home/ledger/ledger.jsonl"
SURE_WHEN_DONE = ("outbox/",)  # a file there counts when the ledger says so
KEYS = ("home/restricted/ledger.key", "home/restricted/signing.key")
PROMISED = (
    *(f"home/{folder}/" for folder in COMPARED),
    "home/ledger/",
    "home/restricted/",
    "home/dagster/dagster.yaml",
)
# two cuts after the same operation that leave the same files are one
TRIES_FOR_ANOTHER_STATE = 4
# a run has most of what can go wrong
SHARES = {"month": 2, "re-delivery": 2}
ROUND = 50
# written as they happen; names and synchronisation decide more often what is left
WEIGHTS = {"write": 1, "copy": 1, "truncate": 3}
SHOWN_EVERY = 25
WEIGHT_OF_DAGSTER = 0.1  # nine tenths of all writes are of its databases

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """A state that a cut leaves: during which action, after which operation, and what had been acknowledged."""

    action: str
    after: str
    loss: Loss
    left: Files
    acknowledged: Files
    runs: int


class Laboratory:
    """A recording of all actions, and what each of them leaves when nothing disturbs it."""

    def __init__(self, site: Site, persons: int, actions: Sequence[str]) -> None:
        self.site, self.actions = site, list(actions or site.actions)
        # whatever computes does so in a process of its own: one that has threads must not be forked
        assert in_a_process(lambda: site.prepare(persons)) == 0
        site.disk.mkdir()
        trace = site.work / "trace"
        record([sys.executable, "-m", "tests.powercut.site", str(site.work), *self.actions], trace, CHECKOUT)
        self.operations = list(operations(trace, site.work, CHECKOUT))
        trace.unlink()
        written = _visible(self._on_disk())
        self.expected: dict[str, Files] = {}
        self.states: dict[str, list[str]] = {}
        # every content that a path has had as a whole, numbered
        self.contents: dict[str, dict[bytes, int]] = {}
        self.changes = 0
        disk = Disk(site.disk)
        for operation, marks in self._replayed(disk):
            self.changes += operation.kind != "sync"
            if operation.kind in ("rename", "link"):
                self._remember(disk)
            for mark in marks:
                self._remember(disk)
                if mark.startswith("done: "):
                    action = mark.removeprefix("done: ")
                    self._put_back(disk.files())
                    self.expected[action] = _visible(disk.files())
                    self.states[action] = self._asked(self.site.states)
        self._import_what_a_run_needs()
        assert list(self.expected) == self.actions, "every action was recorded"
        assert _visible(disk.files()) == written, "every write was recorded"

    def tried(self, cuts: int, chance: random.Random) -> Iterator[tuple[Cut, list[str]]]:
        """Cut the power that often, at moments spread over all actions, and tell what is wrong after each."""
        seen: set[tuple[str, int]] = set()
        tried = before = 0
        while tried < cuts:
            for cut in self.cuts(min(ROUND, cuts - tried), chance, seen):
                yield cut, self._after(cut)
            if len(seen) == before:
                return  # all has been seen
            tried = before = len(seen)

    def cuts(self, cuts: int, chance: random.Random, seen: set[tuple[str, int]]) -> Iterator[Cut]:
        """States that cuts leave, at moments spread over all actions; each state once, and none that was ``seen``."""
        moments = self._moments(cuts, chance)
        disk, waiting = Disk(self.site.disk), iter(self.actions)
        action = next(waiting)
        acknowledged: dict[str, bytes] = {}
        losses, number, runs = list(Loss), 0, 0
        for position, (operation, marks) in enumerate(self._replayed(disk)):
            for mark in marks:
                sure = SURE_WHEN_DONE if not mark.startswith("done: ") and "entered" not in mark else ()
                before = (
                    {name: content for name, content in acknowledged.items() if name.startswith(sure)} if sure else {}
                )
                now = _visible(disk.files())
                acknowledged = before | {name: now[name] for name in now if not (sure and name.startswith(sure))}
                if mark == f"done: {action}":
                    runs += action in SHARES
                    action = next(waiting, action)
            for _ in range(moments[position]):
                for _ in range(TRIES_FOR_ANOTHER_STATE):
                    loss = losses[number % len(losses)]
                    number += 1
                    left = disk.after_cut(loss, chance)
                    state = (action, digest(left))
                    if state not in seen:
                        seen.add(state)
                        after = f"{operation.kind} {Path(operation.path).name}"
                        there = {
                            name: acknowledged[name] for name in acknowledged.keys() & _visible(disk.files()).keys()
                        }
                        yield Cut(action, after, loss, left, there, runs)
                        break

    def _moments(self, cuts: int, chance: random.Random) -> Counter[int]:
        """After which operations: any of them, and of names and synchronisation more often than of writes."""
        by_action: list[list[int]] = [[] for _ in self.actions]
        current = 0
        for position, operation in enumerate(self.operations):
            if operation.path == str(self.site.marks):
                current += operation.content.startswith(b"done: ")
            elif operation.path.startswith(str(self.site.disk)):
                by_action[current].append(position)
        whole = sum(SHARES.get(action, 1) for action in self.actions)
        chosen: Counter[int] = Counter()
        for action, inside in zip(self.actions, by_action, strict=True):
            weights = [self._weight(self.operations[position]) for position in inside]
            chosen.update(chance.choices(inside, weights, k=max(1, cuts * SHARES.get(action, 1) // whole)))
        return chosen

    def _weight(self, operation: Operation) -> float:
        of_dagster = operation.path.startswith(str(self.site.home / "dagster"))
        return WEIGHTS.get(operation.kind, 4) * (WEIGHT_OF_DAGSTER if of_dagster else 1)

    def missing_or_partial(self, cut: Cut) -> list[str]:
        """What of the acknowledged is not there, and what can be read and is not whole; nothing is started."""
        problems = [
            f"lost: {name}"
            for name, content in cut.acknowledged.items()
            if not self._is_there(name, content, cut.left.get(name))
        ]
        problems += [
            f"partial: {name}"
            for name, content in _visible(cut.left).items()
            if name != LEDGER
            and content not in self.contents.get(name, ())
            # without its voucher nothing in an outbox is a delivery
            and (not name.startswith("outbox/") or f"{name.rpartition('/')[0]}/{VOUCHER_FILE}" in cut.left)
        ]
        return problems

    def _after(self, cut: Cut) -> list[str]:
        problems = self.missing_or_partial(cut)
        self._put_back(cut.left)
        problems += self._told(cut.runs)
        if in_a_process(lambda: self.site.do([cut.action])) != 0:
            problems.append(f"'{cut.action}' fails when it is done again")
        problems += self._differences(_visible(self._on_disk()), self.expected[cut.action])
        runs = cut.runs + (cut.action in SHARES)
        return problems + [f"then: {problem}" for problem in self._told(runs, self.states[cut.action])]

    def _told(self, runs: int, states: list[str] | None = None) -> list[str]:
        """What the software says of the site, and whether Dagster knows of the runs that ended well."""
        site = self.site
        told: list[Any] | None = self._asked(lambda: [site.problems(), site.runs_that_ended_well(), site.states()])
        if told is None:
            return ["the software does not start"]
        problems: list[str] = told[0]
        return [
            *problems,
            *([] if told[1] >= runs else [f"Dagster has lost {runs - told[1]} runs"]),
            *([] if states in (None, told[2]) else ["a delivery is not in the state in which it should be"]),
        ]

    def _asked(self, question: Callable[[], Any]) -> Any:
        """The answer of a process of its own; None when it fails."""
        answer = self.site.work / "answer"
        asked = in_a_process(lambda: _write(answer, json.dumps(question())))
        return json.loads(answer.read_text("utf-8")) if asked == 0 else None

    def _is_there(self, name: str, acknowledged: bytes, left: bytes | None) -> bool:
        """Whether a file is what was acknowledged, or what it became later."""
        if left is None or name == LEDGER:
            return left is not None and left.startswith(acknowledged)
        versions = self.contents[name]
        return versions.get(left, len(versions)) >= versions[acknowledged]

    @staticmethod
    def _differences(found: Files, expected: Files) -> list[str]:
        """The ledger and keys have other bytes: an action that was cut off has left its beginning there.

        Where keys were made after the cut, what is published bears other codes than it would have borne.
        """
        own = ["home/ledger/", "home/restricted/"]
        if any(found.get(name) != expected.get(name) for name in KEYS):
            own.append("home/published/")
        return [
            f"then differs: {name}"
            for name in sorted(found.keys() | expected.keys())
            if not name.startswith(tuple(own))
            and found.get(name) != expected.get(name)
            and _content(name, found.get(name)) != _content(name, expected.get(name))
        ]

    def _replayed(self, disk: Disk) -> Iterator[tuple[Operation, list[str]]]:
        """Carry out the recorded operations; with each, the marks that it wrote."""
        marks = str(self.site.marks)
        for operation in self.operations:
            if operation.path == marks:
                yield operation, operation.content.decode().splitlines()
            else:
                disk.do(operation)
                yield operation, []

    def _remember(self, disk: Disk) -> None:
        for name, content in _visible(disk.files()).items():
            versions = self.contents.setdefault(name, {})
            versions.setdefault(content, len(versions))

    def _import_what_a_run_needs(self) -> None:
        """Once, before the forks: much is imported when it is first used, which takes longer than the run itself."""
        self._put_back({})
        imported: list[str] = self._asked(lambda: self.site.imported_by(self.actions[0]))
        for name in imported:
            if name not in sys.modules:
                with contextlib.suppress(Exception):  # a module that makes others as it is used
                    importlib.import_module(name)
        for template in Path(templates.__file__).parent.glob("*.html.j2"):
            templates.html_template(template.name)  # compiled
        gc.freeze()

    def _on_disk(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.site.disk)): path.read_bytes()
            for path in sorted(self.site.disk.rglob("*"))
            if path.is_file()
        }

    def _put_back(self, files: Files) -> None:
        shutil.rmtree(self.site.disk, ignore_errors=True)
        self.site.disk.mkdir()
        for name, content in files.items():
            path = self.site.disk / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(0o600)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def _visible(files: Files) -> dict[str, bytes]:
    """What readers look at: no folders, and no file that is being built."""
    return {
        name: content
        for name, content in files.items()
        if not name.endswith("/")
        and (name.startswith(PROMISED) or name.startswith("outbox/"))
        and not any(part.startswith(".") for part in name.split("/"))
        and not name.startswith("home/restricted/spill/")
    }


def _content(name: str, content: bytes | None) -> str | None:
    """What a file says; of a voucher without its proof of the ledger, which may have more entries after a cut.

    Of a published file it is that of its rows, as in tests/crash.
    """
    if content is not None and name.endswith(f"/{VOUCHER_FILE}"):
        return Voucher.from_bytes(content).content_sha256
    if content is not None and name.endswith(".duckdb"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return rows_hash(Path(file.name))
    return None if content is None else hashlib.sha256(content).hexdigest()


def main(arguments: Sequence[str]) -> None:
    """Cut the power as often as the arguments say and print what came of it."""
    work, cuts, looks, seed, persons, *actions = arguments
    laboratory = Laboratory(Site(Path(work)), int(persons), actions)
    tried: Counter[str] = Counter()
    problems: dict[str, list[str]] = {}
    looked = 0
    for cut in laboratory.cuts(int(looks), random.Random(int(seed) + 1), set()):
        looked += 1
        if found := laboratory.missing_or_partial(cut):
            problems[f"look {looked}, {cut.action}, after {cut.after}: {cut.loss}"] = found
    sys.stderr.write(f"{laboratory.changes} changes recorded, {looked} states looked at, {len(problems)} violations\n")
    stopped: list[int] = []
    for signalled in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signalled, lambda number, _: stopped.append(number))
    for number, (cut, found) in enumerate(laboratory.tried(int(cuts), random.Random(int(seed))), start=1):
        tried[cut.action] += 1
        if number % SHOWN_EVERY == 0:
            sys.stderr.write(f"{number} cuts, {len(problems)} violations\n")
        if found:
            problems[f"{number}, {cut.action}, after {cut.after}: {cut.loss}"] = found
            sys.stderr.write(f"{number}, {cut.action}, after {cut.after}: {cut.loss}: {found}\n")
        if stopped:
            break
    sys.stdout.write(
        json.dumps({"operations": laboratory.changes, "looked": looked, "tried": tried, "problems": problems})
    )


if __name__ == "__main__":
    os.umask(0o077)
    assert dvz_assets.audit.great_expectations_engine  # imported once, before the forks
    main(sys.argv[1:])
