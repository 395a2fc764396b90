"""Lets a process die at every named step of a hold, a release, a transmission and an acknowledgement, and goes on.

A program: ``python -m tests.outbound.laboratory WORK``. After each death it looks whether anything looks complete that
is not, does the same again, and compares with what an undisturbed process leaves. Prints one JSON object.
"""

import contextlib
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dvz_assets.errors import DvzError
from dvz_assets.home import write_steps
from dvz_assets.home.keys import private_key
from dvz_assets.home.ledger import Ledger
from dvz_assets.months import Month
from dvz_assets.outbound.acknowledgements import take_in
from dvz_assets.outbound.holds import Holds, Reason
from dvz_assets.outbound.release import release
from dvz_assets.outbound.states import delivery_states
from dvz_assets.outbound.transmission import transmit
from dvz_assets.settings import Approver, Settings
from tests.crash.laboratory import die_at, in_a_process
from tests.outbound.prepared import FILES, MONTH, answer, key_pair, prepare, sha256

SYNTHETIC = "40010100100"
VOUCHER = "voucher.json"


class Laboratory:
    """One home for each step of the way, in which everything before it was done undisturbed."""

    def __init__(self, work: Path) -> None:
        self.work, self.home, self.outbox = work, work / "home", work / "outbox"
        for name in ("desk", "legal"):
            key_pair(work, name)
        self.actions: dict[str, Callable[[], None]] = {
            "hold": self._hold,
            "end of hold": self._end_hold,
            "release": self._release,
            "transmission": self._transmit,
            "acknowledgement": self._acknowledge,
        }

    @property
    def settings(self) -> Settings:
        approvers = tuple(Approver(function=name, key=str(self.work / f"{name}.pem")) for name in ("desk", "legal"))
        return Settings(
            home=self.home,
            landing=self.work / "landing",
            approvals_required=2,
            approvers=approvers,
            outbox=str(self.outbox),
        )

    def tried(self) -> dict[str, list[str]]:
        """What is wrong after a death at each step, by action and step."""
        found: dict[str, list[str]] = {}
        self._in_a_process(lambda: answer(self.work / "landing", prepare(self.settings)))
        for name, action in self.actions.items():
            before, after, steps_file = self.work / "before", self.work / "after", self.work / "steps"
            self._store(before)
            self._in_a_process(lambda action=action, file=steps_file: self._recorded(action, file))  # type: ignore[misc]
            self._store(after)
            expected = self._seen()
            for step in dict.fromkeys(steps_file.read_text().splitlines()):
                self._restore(before)
                status = in_a_process(lambda action=action, step=step: self._dying(action, step))  # type: ignore[misc]
                problems = [] if os.WIFSIGNALED(status) else ["the step was not reached"]
                problems += self._looks_complete()
                if in_a_process(action) != 0:
                    problems.append("could not be done again")
                seen = self._seen()
                problems += [f"{what} differs" for what in expected if expected[what] != seen[what]]
                found[f"{name}: {step}"] = problems
            self._restore(after)
        return found

    def _hold(self) -> None:
        Holds(self.settings, Ledger(self.settings)).add(SYNTHETIC, Reason.APPEAL, MONTH, None, "desk 1")

    def _end_hold(self) -> None:
        holds = Holds(self.settings, Ledger(self.settings))
        holds.end(holds.all()[0].name, Month.parse("2018-06"), "desk 2")

    def _release(self) -> None:
        for name in ("desk", "legal"):
            key: Ed25519PrivateKey = private_key(self.work / f"{name}.key")
            with contextlib.suppress(DvzError):  # what was approved, or released, before the death
                release(self.settings, Ledger(self.settings), MONTH, None, key)

    def _transmit(self) -> None:
        with contextlib.suppress(DvzError):  # what has left before the death
            transmit(self.settings, Ledger(self.settings), MONTH, None)

    def _acknowledge(self) -> None:
        assert not take_in(self.settings, Ledger(self.settings)).problems

    def _seen(self) -> dict[str, Any]:
        ledger = Ledger(self.settings)
        delivery = delivery_states(ledger)[MONTH][-1]
        holds = Holds(self.settings, ledger).all()
        return {
            "state": delivery.state,
            "approvals": sorted(each.function for each in delivery.approvals),
            "entries": Counter(entry.event for entry in ledger.entries()),
            "ledger": ledger.verify(),
            "holds": [(each.reason, each.first_month, each.last_month, each.is_open) for each in holds],
            "outbox": {
                str(path.relative_to(self.outbox)): sha256(path.read_bytes())
                for path in sorted(self.outbox.rglob("*"))
                if path.is_file()
            },
        }

    def _looks_complete(self) -> list[str]:
        """A voucher in the outbox says that the files are there."""
        return [
            f"{name} is not what the voucher there says"
            for voucher in self.outbox.glob(f"*/*/{VOUCHER}")
            for name, content in FILES.items()
            if (voucher.parent / name).read_bytes() != content
        ]

    def _dying(self, action: Callable[[], None], step: str) -> None:
        die_at(step)
        action()

    def _recorded(self, action: Callable[[], None], file: Path) -> None:
        with file.open("w") as steps:
            write_steps.listener = lambda step: print(step, file=steps, flush=True)
            action()

    def _in_a_process(self, work: Callable[[], Any]) -> None:
        if in_a_process(work) != 0:
            raise SystemExit("the undisturbed action failed")

    def _store(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for each in (self.home, self.outbox):
            each.mkdir(exist_ok=True)
            shutil.copytree(each, folder / each.name)

    def _restore(self, folder: Path) -> None:
        for each in (self.home, self.outbox):
            shutil.rmtree(each)
            shutil.copytree(folder / each.name, each)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Laboratory(Path(sys.argv[1])).tried()))
