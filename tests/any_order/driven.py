"""The state machine: what may be done to a home, and how it is compared with the model.

A home begins empty, or as a released version left it. The model knows what was received, which tables and holds are in
force, with what each month was computed, and what became of each delivery. What a month must hold is said by the slow
reading of the rules (``tests/oracle``), and by memory: what was computed from the same is the same, whatever happened
between.
"""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, wraps
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import SecretStr

from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.flow.records import record_month, record_start
from dvz_assets.flow.retention import due, purge
from dvz_assets.flow.staleness import stale_months
from dvz_assets.flow.steps import WRITERS, run_steps
from dvz_assets.home import write_steps
from dvz_assets.home.logged_deliveries import differences as differences_from_ledger
from dvz_assets.months import Month
from dvz_assets.outbound.acknowledgements import take_in
from dvz_assets.outbound.holds import Reason
from dvz_assets.outbound.release import reject, release
from dvz_assets.outbound.states import State, states_of_month
from dvz_assets.outbound.transmission import transmit
from dvz_assets.questions.explain.explanation import explain
from dvz_assets.settings import Approver, Settings
from tests.any_order.beginnings import FROZEN, MONTHS, frozen, landing, stricter_tables
from tests.any_order.model import Computed, Content, Delivery, Model
from tests.integration.running import redeliver
from tests.oracle.knowledge import known_by_month
from tests.oracle.rules import judge_everybody
from tests.outbound.prepared import answer, key_pair
from tests.properties.running import rows
from tests.properties.test_against_the_rules import differences

PLACES = ("site", "landing")
months = st.integers(0, 6)  # of those that the home has, counted around
persons = st.integers(0, 2)  # few, so that sequences meet


class Died(BaseException):
    """The end of a process, as far as one can end without ending."""


# what was seen for the same inputs, in all sequences of this process
seen: dict[Computed, Content] = {}
# sequences, and steps after which the model was asked
tried: Counter[str] = Counter()
# how often each rule had something to do
taken: Counter[str] = Counter()


def counted(step: Callable[..., bool | None]) -> Callable[..., None]:
    """Count a rule; one that says False had nothing to do, or was refused."""

    @wraps(step)
    def count(home: "DrivenHome", **drawn: Any) -> None:
        home.did_something = step(home, **drawn) is not False
        taken[step.__name__] += home.did_something

    return count


class DrivenHome(RuleBasedStateMachine):
    """One home, one outbox and one landing zone."""

    # the first month of a home that begins from nothing, computed once in a process
    begun: ClassVar[tuple[Path, Model] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="dvz-driven-"))
        self.model = Model()
        self.backup: Model | None = None
        self.key, _, _ = key_pair(self.folder, "desk")
        self.months = MONTHS
        self.did_something = False
        self.signing_key: str | None = None

    def teardown(self) -> None:
        write_steps.listener = lambda step: None
        tried["sequences"] += 1
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def flow(self) -> Flow:
        reference = {"reference": stricter_tables()} if self.model.stricter_tables else {}
        return Flow(self._settings.model_copy(update=reference))

    @cached_property
    def _settings(self) -> Settings:
        return Settings(
            landing=self.folder / "landing",
            home=self.folder / "site" / "home",
            outbox=str(self.folder / "site" / "outbox"),
            threads=1,
            signing_key=None if self.signing_key is None else SecretStr(self.signing_key),
            max_reject_share=Decimal("0.2"),
            approvals_required=1,
            approvers=(Approver(function="desk", key=str(self.folder / "desk.pem")),),
        )

    @initialize(upgraded=st.booleans())
    @counted
    def begin(self, upgraded: bool) -> None:
        """The first month was delivered and run; or an earlier version has run some, and today's goes on."""
        if upgraded:
            self._upgrade()
        elif self.begun is not None:
            self._restore(*self.begun)
        else:
            (self.folder / "landing").mkdir()
            (self.folder / "site").mkdir()
            self._deliver(MONTHS[0])
            self._compute([MONTHS[0]])
            folder = Path(tempfile.mkdtemp(prefix="dvz-driven-"))
            DrivenHome.begun = folder, self._copied(folder)

    def _upgrade(self) -> None:
        told = json.loads((FROZEN / "expected.json").read_text("utf-8"))
        shutil.copytree(frozen() / "landing", self.folder / "landing")
        shutil.copytree(frozen() / "home", self.folder / "site" / "home")
        self.signing_key = str(frozen() / "keys" / "signing.pem")
        made = [Month.parse(month) for month in told["months"]]
        self.months = [Month.parse(told["purged"]), *made, Month.parse(told["next"])]
        model = self.model
        model.statements = dict.fromkeys(self.months, 1)
        model.read = dict.fromkeys(self.months[:-1], 1)
        model.purged, model.made_before = {self.months[0]}, set(made)
        model.computed = {month: model.inputs(month) for month in made}
        model.states = {month: [each.state for each in states_of_month(self.flow.ledger, month)] for month in made}
        # which had no corrections
        model.deliveries = {month: [Delivery(_numbers_of(rows(self.flow, "dvz_export", month)))] for month in made}

    @precondition(lambda self: len(self.model.statements) < len(self.months))
    @rule()
    @counted
    def deliver(self) -> None:
        """The next month comes."""
        self._deliver(self.months[len(self.model.statements)])

    @rule(number=months)
    @counted
    def deliver_again(self, number: int) -> bool:
        """A statement comes again, with some lines less."""
        month = self._month(number)
        if self.model.statements.get(month, 3) == 3:
            return False
        folder = self.folder / "landing" / "novaprima" / str(month)
        redeliver(folder, "statement.csv", lambda lines: lines[: max(2, len(lines) * 4 // 5)])
        self.model.statements[month] += 1
        return True

    @rule(number=months)
    @counted
    def run_month(self, number: int) -> bool:
        """A month is run, if it was delivered and those before it were run."""
        month = self._month(number)
        return self._can_run(month) and self._compute([month])

    @rule(first=months, last=months)
    @counted
    def run_range(self, first: int, last: int) -> bool:
        """Consecutive months are run."""
        begin, end = sorted((self._month(first), self._month(last)))
        wanted = [month for month in self.months if begin <= month <= end]
        is_there = all(month in self.model.statements and month not in self.model.purged for month in wanted)
        return bool(wanted) and is_there and self._can_run(wanted[0]) and self._compute(wanted)

    @rule()
    @counted
    def run_stale(self) -> bool:
        """What is stale is run, and then nothing is."""
        stale = [each.month for each in stale_months(self.flow)]
        assert not [month for month in stale if month in self.model.purged]
        for month in stale:
            self._compute([month])
        assert stale_months(self.flow) == []
        return bool(stale)

    @rule()
    @counted
    def amend_tables(self) -> None:
        """The rules become stricter, or what they were."""
        self.model.stricter_tables = not self.model.stricter_tables

    @rule(number=months, chance=persons)
    @counted
    def hold(self, number: int, chance: int) -> bool:
        """Somebody who is sent is withheld."""
        month = self._month(number)
        sent = rows(self.flow, "dvz_export", month) if month in self.model.computed else []
        if not sent:
            return False
        insz = str(Random(chance).choice(sent)["insz"])
        name = self.flow.holds.add(insz, Reason.RESTRICTION, month, None, "desk 1").name
        self.model.holds[name] = (insz, month)
        return True

    @precondition(lambda self: bool(self.model.holds))
    @rule()
    @counted
    def end_hold(self) -> None:
        """A hold is ended for all months."""
        name = min(self.model.holds)
        self.flow.holds.end(name, None, "desk 2")
        del self.model.holds[name]

    @rule()
    @counted
    def act(self) -> bool:
        """Desk and receiver do what comes next: Hypothesis takes the first of the simplest rules most often."""
        steps = {State.TRANSMITTED: self._accept, State.RELEASED: self._transmit, State.PREPARED: self._release}
        for state, step in steps.items():
            for month, states in self.model.states.items():
                if states[-1:] == [state] and month not in self.model.purged:
                    return step(month)
        return False

    @rule(number=months)
    @counted
    def release(self, number: int) -> bool:
        return self._release(self._month(number))

    def _release(self, month: Month) -> bool:
        return self._step(
            month,
            {State.PREPARED},
            State.RELEASED,
            lambda flow: release(flow.settings, flow.ledger, month, None, self.key),
        )

    @rule(number=months)
    @counted
    def reject(self, number: int) -> bool:
        month = self._month(number)
        return self._step(
            month,
            {State.PREPARED, State.RELEASED},
            State.REJECTED,
            lambda flow: reject(flow.settings, flow.ledger, month, None, "desk 3"),
        )

    @rule(number=months)
    @counted
    def transmit(self, number: int) -> bool:
        return self._transmit(self._month(number))

    def _transmit(self, month: Month) -> bool:
        before = self.model.states.get(month, [])
        if before[-1:] == [State.RELEASED] and month not in self.model.purged:
            reasons = {"PERSON_WITHHELD": self.model.has_withheld, "CORRECTION_TOLD_BEFORE": self.model.has_told_before}
            for code, is_refused in reasons.items():
                if is_refused(month):
                    with pytest.raises(DvzError, match=code):
                        transmit(self.flow.settings, self.flow.ledger, month, None)
                    return False
        left = self._step(
            month, {State.RELEASED}, State.TRANSMITTED, lambda flow: transmit(flow.settings, flow.ledger, month, None)
        )
        if left:
            self.model.transmit(month)
        return left

    @rule(number=months, accepted=st.booleans())
    @counted
    def acknowledge(self, number: int, accepted: bool) -> bool:
        """The receiver answers."""
        return self._answer(self._month(number), accepted=accepted)

    def _accept(self, month: Month) -> bool:
        return self._answer(month, accepted=True)

    def _answer(self, month: Month, *, accepted: bool) -> bool:
        states = self.model.states.get(month, [])
        if not states or states[-1] is not State.TRANSMITTED or month in self.model.purged:
            return False
        last = states_of_month(self.flow.ledger, month)[-1]
        changes = {} if accepted else {"status": "REFUSED", "reason": "not readable"}
        voucher = _Answered(str(month), last.sequence, last.number, last.voucher_sha256)
        answer(self.folder / "landing", voucher, **changes)  # type: ignore[arg-type]
        assert not take_in(self.flow.settings, self.flow.ledger).problems
        self.model.answer(month, accepted=accepted)
        return True

    @rule(number=months, chance=persons)
    @counted
    def explain(self, number: int, chance: int) -> bool:
        """What is explained is what was decided, whoever has been put on the list of persons withheld since."""
        month = self._month(number)
        if month not in self.model.computed:
            return False
        decided, listed = rows(self.flow, "decisions", month), {insz for insz, _ in self.model.holds.values()}
        chosen = Random(chance)
        person = chosen.choice(
            chosen.choice([decided, [row for row in decided if str(row["insz"]) in listed]]) or decided
        )
        explanation = explain(self.flow, month, str(person["insz"]))
        assert explanation.found == explanation.recorded
        return True

    @rule(number=months, step=st.integers(0, 80))
    @counted
    def die(self, number: int, step: int) -> bool:
        """A run dies at a write step; the next one puts it right."""
        month = self._month(number)
        if not self._can_run(month):
            return False
        left = [step]

        def count(_: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Died

        write_steps.listener = count
        try:
            self._steps([month])
        except Died:
            pass
        finally:
            write_steps.listener = lambda step: None
        return self._compute([month])

    @rule()
    @counted
    def back_up(self) -> None:
        """The home, the outbox, the landing zone and what the model knows of them."""
        copy = self.folder / "backup"
        shutil.rmtree(copy, ignore_errors=True)
        self.backup = self._copied(copy)

    @precondition(lambda self: self.backup is not None)
    @rule()
    @counted
    def restore(self) -> None:
        """All is as it was when it was copied."""
        assert self.backup is not None
        for name in PLACES:
            shutil.rmtree(self.folder / name)
        self._restore(self.folder / "backup", self.backup)

    @precondition(lambda self: len(self.model.computed) > 1)
    @rule()
    @counted
    def purge(self) -> None:
        """The results of the first month that has any are older than they may be, and go; it is never run again."""
        gone = min(self.model.computed)
        kept = next(number for number in range(1000) if Month.current().minus(number) == gone.next())
        flow = Flow(self._settings.model_copy(update={"retention_months": kept}))
        purge(flow)
        assert due(flow) == []
        self.model.forget(gone)

    @invariant()
    def is_what_the_model_says(self) -> None:
        """Looked at after every step."""
        tried["steps"] += 1
        flow, model = self.flow, self.model
        if not model.statements:
            return
        assert flow.ledger.verify() == []
        assert differences_from_ledger(flow.storage, flow.ledger) == []
        assert set(flow.lake.months("decisions")) == set(model.computed)
        for month, states in model.states.items():
            assert [each.state for each in states_of_month(flow.ledger, month)] == states, month
        if not self.did_something:
            return
        stale = {each.month for each in stale_months(flow)}
        changed = {month for month, inputs in model.computed.items() if model.inputs(month) != inputs}
        assert changed <= stale, "a month whose inputs are others is stale"

    def _copied(self, copy: Path) -> Model:
        for name in PLACES:
            shutil.copytree(self.folder / name, copy / name)
        return deepcopy(self.model)

    def _restore(self, copy: Path, model: Model) -> None:
        for name in PLACES:
            shutil.copytree(copy / name, self.folder / name)
        self.model = deepcopy(model)

    def _deliver(self, month: Month) -> None:
        for source in ("novaprima", "register"):
            shutil.copytree(landing() / source / str(month), self.folder / "landing" / source / str(month))
        self.model.statements[month] = 1

    def _month(self, number: int) -> Month:
        return self.months[number % len(self.months)]

    def _can_run(self, month: Month) -> bool:
        earlier = all(each in self.model.computed or each in self.model.purged for each in self.months if each < month)
        return month in self.model.statements and earlier and month not in self.model.purged

    def _steps(self, wanted: list[Month]) -> None:
        flow = self.flow
        record_start(flow, wanted, "driven")
        for asset in WRITERS:
            for month, _ in run_steps(flow, asset, wanted):
                if asset == "delivery":
                    record_month(flow, month, "driven")

    def _compute(self, wanted: list[Month]) -> bool:
        self._steps(wanted)
        for month in wanted:
            self.model.read[month] = self.model.statements[month]
        for month in wanted:
            inputs = self.model.inputs(month)
            self.model.computed[month] = inputs
            content = self._content(month)
            if inputs not in seen:
                seen[inputs] = content
                self._compare_with_the_rules(month)
            assert seen[inputs] == content, "the same was read, and something else came of it"
            self._delivered(month, content)
        return True

    def _content(self, month: Month) -> Content:
        return tuple(rows(self.flow, asset, month) for asset in ("decisions", "dvz_export", "dvz_export_periods"))

    def _compare_with_the_rules(self, month: Month) -> None:
        if any(self.model.read[each] != self.model.statements[each] for each in self.months if each < month):
            return  # the slow reading knows what lies in the landing zone, which was not read yet
        known = known_by_month(self.folder / "landing", self.flow.settings.reference)
        expected = judge_everybody(known[str(month)], "nationality", self.model.withheld(month))
        assert differences(self.flow, month, expected) == []

    def _delivered(self, month: Month, content: Content) -> None:
        said = self._said(month)
        prepared = Delivery(_numbers_of(content[1]), self.model.to_tell(said), content[1:])
        if month in self.model.made_before:
            self._delivered_after_an_upgrade(month, prepared)
        else:
            self.model.prepare(month, prepared, said)

    def _delivered_after_an_upgrade(self, month: Month, prepared: Delivery) -> None:
        """Whether its content is another is for tests/frozen; what has left stays, and what is new is prepared."""
        states, deliveries = self.model.states[month], self.model.deliveries[month]
        self.model.made_before.remove(month)
        found = [each.state for each in states_of_month(self.flow.ledger, month)]
        if found != states:
            assert found[-1] is State.PREPARED
            assert len(found) == len(states) + 1
            states[:] = found
            deliveries.append(prepared)
        else:
            deliveries[-1] = replace(deliveries[-1], rows=prepared.rows)

    def _said(self, month: Month) -> list[dict[str, Any]]:
        """All corrections that a delivery of a month could tell: those of this and earlier months."""
        flow = self.flow
        if not flow.reference_of(month).correction_months(month):
            return []
        until = [each for each in flow.lake.months("corrections") if each <= month]
        return [row for each in until for row in rows(flow, "corrections", each)]

    def _step(self, month: Month, before: set[State], after: State, do: Callable[[Flow], object]) -> bool:
        states = self.model.states.get(month, [])
        if not states or month in self.model.purged:
            return False
        if states[-1] in before:
            do(self.flow)
            states[-1] = after
            return True
        with pytest.raises(DvzError) as refused:
            do(self.flow)
        assert refused.value.code in ("WRONG_STATE", "NO_DELIVERY")
        return False


def _numbers_of(export: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(str(row["insz"]) for row in export)


@dataclass(frozen=True)
class _Answered:
    """Of a voucher, what an answer names."""

    month: str
    sequence: int
    number: str
    sha256: str
