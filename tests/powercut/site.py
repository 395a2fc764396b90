"""What is done on the site whose power is cut: a home and an outbox, from nothing to an acknowledged delivery.

A program: ``python -m tests.powercut.site WORK ACTION ...`` does the actions one after the other and writes a mark
wherever something was acknowledged: to whoever asked for an action, or, at a named write step, to the step after it.
"""

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow import delivery
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import published_problems
from dvz_assets.generate import generate
from dvz_assets.home import ledger, write_steps
from dvz_assets.home.keys import private_key
from dvz_assets.home.ledger import Event
from dvz_assets.home.logged_deliveries import differences
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.orchestration.launch import run_months
from dvz_assets.outbound.acknowledgements import take_in
from dvz_assets.outbound.holds import Reason
from dvz_assets.outbound.release import release
from dvz_assets.outbound.states import delivery_states
from dvz_assets.outbound.transmission import transmit
from dvz_assets.project_files import reference_folder
from dvz_assets.settings import Approver, Settings
from tests.integration.running import redeliver
from tests.outbound.prepared import key_pair, sha256

MONTH = Month.parse("2018-05")
APPROVERS = ("desk", "legal")
SYNTHETIC = "40010100100"


class Site:
    """Everything below one folder; ``landing`` and the keys of the approvers are on a disk of their own."""

    def __init__(self, work: Path) -> None:
        self.work, self.disk, self.marks = work, work / "disk", work / "marks"
        self.home, self.outbox = self.disk / "home", self.disk / "outbox"
        self.actions: Mapping[str, Callable[[], None]] = {
            "month": lambda: self._run("landing"),
            "re-delivery": lambda: self._run("landing-again"),
            "release": self._release,
            "transmission": self._transmit,
            "acknowledgement": self._acknowledge,
            "hold": self._hold,
            "entry of the ledger": self._enter,
        }

    def prepare(self, persons: int) -> None:
        """Make the landing zone, the same with a delivery of the statement that came again, and the keys."""
        for name in APPROVERS:
            key_pair(self.work, name)
        landing = self.work / "landing"
        reference = reference_folder()
        generate(landing, seed=5, persons=persons, months=1, start=str(MONTH), file_format="csv", reference=reference)
        again = self.work / "landing-again"
        shutil.copytree(landing, again)
        redeliver(again / "novaprima" / str(MONTH), "statement.csv", lambda lines: lines[: len(lines) * 3 // 4])

    def settings(self, landing: str = "landing-again") -> Settings:
        approvers = tuple(Approver(function=name, key=str(self.work / f"{name}.pem")) for name in APPROVERS)
        return Settings(
            home=self.home,
            landing=self.work / landing,
            threads=1,
            approvals_required=2,
            approvers=approvers,
            outbox=str(self.outbox),
        )

    def do(self, actions: Sequence[str]) -> None:
        """Do actions, with a mark after each of them and at each write step."""
        with self.marks.open("a", buffering=1) as marks:
            write_steps.listener = lambda step: print(step, file=marks)
            for name in actions:
                self.actions[name]()
                print(f"done: {name}", file=marks)

    def imported_by(self, action: str) -> list[str]:
        """Names of all modules that there are after an action."""
        self.do([action])
        return list(sys.modules)

    def problems(self) -> list[str]:
        """What ``dvz status`` and ``dvz ledger verify`` would tell, before anything is run again."""
        flow = Flow(self.settings())
        return [f"ledger: {problem}" for problem in flow.ledger.verify()] + published_problems(flow)

    def runs_that_ended_well(self) -> int:
        """How many runs Dagster knows that ended well; raises RuntimeError when one of its databases is damaged."""
        with open_instance(self.home) as instance:
            for database in sorted((self.home / "dagster").rglob("*.db")):
                with contextlib.closing(sqlite3.connect(database)) as connection:
                    if (found := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                        raise RuntimeError(f"{database.name}: {found}")
            return len(instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS])))

    def states(self) -> list[str]:
        """What became of the deliveries, with who has approved them."""
        found = delivery_states(Flow(self.settings()).ledger).get(MONTH, ())
        return [f"{each.name} {each.state} {sorted(one.function for one in each.approvals)}" for each in found]

    def _run(self, landing: str) -> None:
        # files are compared byte by byte, and a delivery bears a time
        delivery.now = ledger.now = lambda: datetime(2020, 1, 1, tzinfo=UTC)
        flow = Flow(self.settings(landing))
        with open_instance(flow.settings.work) as instance:
            failure = run_months(flow, instance, [MONTH])
        if failure is not None:
            raise RuntimeError(failure.message)
        if unrecorded := [*flow.ledger.verify(), *differences(flow.storage, flow.ledger)]:
            raise RuntimeError("; ".join(unrecorded))

    def _release(self) -> None:
        for name in APPROVERS:
            with contextlib.suppress(DvzError):  # what was approved, or released, before the cut
                release(*self._outbound, MONTH, None, private_key(self.work / f"{name}.key"))

    def _transmit(self) -> None:
        with contextlib.suppress(DvzError):  # what has left before the cut
            transmit(*self._outbound, MONTH, None)

    def _acknowledge(self) -> None:
        settings, log = self._outbound
        sent = delivery_states(log)[MONTH][-1]
        answer = settings.landing / "acknowledgements" / str(MONTH) / f"{sent.number}.json"
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text(
            f'{{"month": "{MONTH}", "sequence": {sent.sequence}, "status": "ACCEPTED", '
            f'"voucher_sha256": "{sent.voucher_sha256}", "received_at": "2020-01-01T09:30:00+02:00"}}'
        )
        assert not take_in(settings, log).problems
        answer.unlink()

    def _hold(self) -> None:
        Flow(self.settings()).holds.add(SYNTHETIC, Reason.APPEAL, MONTH, None, "desk 1")

    def _enter(self) -> None:
        settings, log = self._outbound
        log.append(Event.SHOWN, month=MONTH, outputs={"page": sha256(str(settings.home.name).encode())})

    @property
    def _outbound(self) -> tuple[Settings, ledger.Ledger]:
        settings = self.settings()
        return settings, ledger.Ledger(settings)


if __name__ == "__main__":
    os.umask(0o077)
    Site(Path(sys.argv[1])).do(sys.argv[2:])
