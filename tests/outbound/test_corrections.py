"""Whoever received a signal that turns out wrong is told of it once, and nobody is named who was never sent.

Month A was sent and has left, month S was sent and has not, month B learns that signals of both do not hold, C follows.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.flow.appeals import copy_for_appeals
from dvz_assets.flow.assets import ASSETS
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.flow.records import record_month
from dvz_assets.flow.staleness import stale_months
from dvz_assets.flow.steps import run_step
from dvz_assets.home.deliveries import CORRECTIONS_FILE, Voucher, sent_files, written_deliveries
from dvz_assets.months import Month
from dvz_assets.outbound.acknowledgements import take_in
from dvz_assets.outbound.holds import Reason
from dvz_assets.outbound.release import reject, release
from dvz_assets.outbound.states import State, states_of_month
from dvz_assets.outbound.transmission import transmit
from dvz_assets.questions.access import everything_sent_about
from dvz_assets.questions.explain.explanation import explain
from dvz_assets.questions.outgoing import corrections_of, what_to_release
from dvz_assets.report.content import content_of
from dvz_assets.settings import Settings
from tests.cases.case_file import Case, deliveries
from tests.cases.landing_writer import synthetic_insz, write_landing
from tests.integration.running import redeliver
from tests.outbound.prepared import answer

A, S, B, C = Month.range(Month.parse("2018-02"), Month.parse("2018-05"))
HEADER = "insz;month_sent;kind;reason;insz_now\n"


def person(
    serial: int, *sent_in: Month, recovered_in: Month | None = None, again_in: Month | None = None, **facts: Any
) -> Case:
    """Somebody with assistance in some months, for each of which a citizen of the Union is sent.

    That of ``again_in`` is never recovered.
    """
    former = facts.get("former_numbers", 0)
    lines: list[dict[str, Any]] = []
    for month in (*sent_in, *([] if again_in is None else [again_in])):
        lines.append({"statement": str(month), "help": "101", "amount": 28000, "former": former})
        if recovered_in is not None and month != again_in:
            taken_back = {"sign": "-", "type": 3, "first": month.first_day, "last": month.last_day}
            lines.append({"statement": str(recovered_in), "help": "101", "amount": 28000, **taken_back})
    known = {"nationality": "124", "register": "VR", "document": "E", "motive": "4.2.1"}
    content = {
        "person": {**known, "residence_since": date(2016, 11, 15), "register_from": str(A), **facts},
        "lines": lines,
        "expect": {"corrections": []},
    }
    numbers = tuple(synthetic_insz(4 * serial + step) for step in range(1 + former))
    return Case(f"person {serial}", C, numbers, content)


RECOVERED = person(0, A, recovered_in=B)
RENUMBERED = person(1, A, former_numbers=1, replaced_in=str(B))
DEAD = person(2, A, deceased_on=A.first_day, deceased_known_from=str(B))
UNHEARD = person(3, S, recovered_in=B, again_in=B)
NEITHER = person(4, B)
TWICE_RECOVERED = person(5, A, S, recovered_in=B)
LATE_RENUMBERED = person(6, A, B, former_numbers=1, replaced_in=str(C))
PERSONS = [RECOVERED, RENUMBERED, DEAD, UNHEARD, NEITHER, TWICE_RECOVERED, LATE_RENUMBERED]
OF_A = [
    f"{RECOVERED.numbers[0]};201802;WITHDRAWN;AID_RECOVERED;\n",
    f"{RENUMBERED.numbers[0]};201802;RENUMBERED;NUMBER_REPLACED;{RENUMBERED.numbers[1]}\n",
    f"{DEAD.numbers[0]};201802;WITHDRAWN;DECEASED;\n",
    f"{TWICE_RECOVERED.numbers[0]};201802;WITHDRAWN;AID_RECOVERED;\n",
]
OF_S = [
    f"{UNHEARD.numbers[0]};201803;WITHDRAWN;AID_RECOVERED;\n",
    f"{TWICE_RECOVERED.numbers[0]};201803;WITHDRAWN;AID_RECOVERED;\n",
]
OF_B = [f"{LATE_RENUMBERED.numbers[0]};201804;RENUMBERED;NUMBER_REPLACED;{LATE_RENUMBERED.numbers[1]}\n"]


def named(texts: Iterable[str]) -> list[str]:
    """Texts with names for numbers: a test that fails prints no number of a person."""
    names = {number: f"{case.name}, number {n}" for case in PERSONS for n, number in enumerate(case.numbers)}
    return [re.sub(r"\d{11}", lambda found: names.get(found[0], "somebody else"), text) for text in texts]


def compute(flow: Flow, *months: Month) -> None:
    for month in months:
        for asset in ASSETS:
            run_step(flow, asset, month)
        record_month(flow, month, "run")


def deliver(flow: Flow, *months: Month) -> None:
    """Run months again of which nothing has changed but what has left."""
    for month in months:
        run_step(flow, "delivery", month)
        record_month(flow, month, "run")


def leave(flow: Flow, month: Month) -> None:
    if states_of_month(flow.ledger, month)[-1].state is State.PREPARED:
        release(flow.settings, flow.ledger, month, None, None)
    transmit(flow.settings, flow.ledger, month, None)


def told(flow: Flow, month: Month) -> list[str]:
    """The file of the last delivery of a month, line by line, as it goes out, but for the numbers."""
    files = sent_files(flow.settings.home, month, last(flow, month).sequence)
    header, *rows = files[CORRECTIONS_FILE].decode().splitlines(keepends=True)
    assert header == HEADER
    return named(rows)


def last(flow: Flow, month: Month) -> Voucher:
    return written_deliveries(flow.storage, month)[-1]


def of(folder: Path) -> Flow:
    return Flow(Settings(landing=folder / "landing", home=folder / "home", outbox=str(folder / "outbox")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A has left, S and B are prepared; C is delivered and has not run."""
    folder = tmp_path_factory.mktemp("corrections")
    write_landing(folder / "landing", deliveries(PERSONS))
    flow = of(folder)
    compute(flow, A, S)
    shutil.copytree(folder, before_anything_left(folder))
    leave(flow, A)
    compute(flow, B)
    return folder


def before_anything_left(folder: Path) -> Path:
    """The same, A and S prepared and B not run."""
    return folder.with_name(f"{folder.name}-before")


@pytest.fixture
def flow(folder: Path, tmp_path: Path) -> Flow:
    shutil.copytree(folder, tmp_path / "own")
    return of(tmp_path / "own")


def another_result(flow: Flow, month: Month) -> None:
    """Deliver a month again without anybody who would be sent in it."""
    redeliver(
        flow.settings.landing / "novaprima" / str(month),
        "statement.csv",
        lambda lines: [line for line in lines if NEITHER.insz not in line],
    )


def test_the_file_tells_of_the_signals_that_have_left_as_the_contract_has_it(flow: Flow) -> None:
    assert told(flow, A) == told(flow, S) == []
    assert told(flow, B) == named(OF_A)
    said = flow.lake.scan("corrections", B).collect()
    assert said.height == len(OF_A) + len(OF_S)  # that of S is known, and not told
    file = last(flow, B).files[-1]
    content = "".join([HEADER, *OF_A]).encode()
    assert (file.name, file.rows, file.sha256) == (CORRECTIONS_FILE, len(OF_A), hashlib.sha256(content).hexdigest())
    assert last(flow, B).control_totals.corrections == len(OF_A)
    assert flow.lake.scan("delivery", B).collect()["corrections"].to_list() == [len(OF_A)]


def test_what_was_told_is_not_told_again(flow: Flow) -> None:
    leave(flow, B)
    deliver(flow, B)
    assert last(flow, B).sequence == 1  # the same result
    compute(flow, C)
    assert told(flow, C) == named(OF_B)
    another_result(flow, B)
    compute(flow, B)
    assert (last(flow, B).sequence, last(flow, B).replaces, told(flow, B)) == (2, 1, [])
    leave(flow, B)
    deliver(flow, B, C)
    assert (last(flow, B).sequence, last(flow, C).sequence) == (2, 1)


def take_back(flow: Flow) -> None:
    reject(flow.settings, flow.ledger, B, None, "desk 1")


def refuse(flow: Flow) -> None:
    leave(flow, B)
    answer(flow.settings.landing, last(flow, B), status="REFUSED", reason="not readable")
    assert not take_in(flow.settings, flow.ledger).problems


def replace(flow: Flow) -> None:
    another_result(flow, B)
    for asset in ASSETS:
        run_step(flow, asset, B)


@pytest.mark.parametrize("before", [replace, take_back, refuse])
def test_what_nobody_has_taken_in_is_told_by_the_delivery_that_follows(
    flow: Flow, before: Callable[[Flow], None]
) -> None:
    """One that was replaced before it left, rejected by the desk, or refused by the receiver."""
    before(flow)
    deliver(flow, B)
    assert (last(flow, B).sequence, told(flow, B)) == (2, named(OF_A))
    leave(flow, B)
    deliver(flow, B)
    assert last(flow, B).sequence == 2


def test_a_signal_that_leaves_later_is_told_of_by_the_next_delivery(flow: Flow) -> None:
    leave(flow, B)
    leave(flow, S)
    compute(flow, C)
    assert told(flow, C) == named(OF_S + OF_B)
    leave(flow, C)
    deliver(flow, S, B, C)
    assert [last(flow, month).sequence for month in (S, B, C)] == [1, 1, 1]
    assert stale_months(flow) == []  # what leaves changes no result


def test_a_signal_that_has_not_left_is_not_told_of_because_a_later_one_of_the_person_has(folder: Path) -> None:
    flow = of(before_anything_left(folder))
    leave(flow, S)
    compute(flow, B)
    assert told(flow, B) == named(OF_S)


def test_a_new_row_makes_a_new_delivery(flow: Flow) -> None:
    leave(flow, S)
    deliver(flow, B)
    assert (last(flow, B).sequence, told(flow, B)) == (2, named(sorted(OF_A + OF_S)))


def test_a_month_that_is_computed_again_knows_nothing_of_later_ones(flow: Flow) -> None:
    before = flow.lake.scan("corrections", B).collect()
    compute(flow, C)
    run_step(flow, "corrections", B)
    assert flow.lake.scan("corrections", B).collect().equals(before), "another row"


def test_of_two_deliveries_that_tell_the_same_only_one_leaves(flow: Flow) -> None:
    """Both were prepared before either had left."""
    compute(flow, C)
    assert told(flow, C) == named(OF_A)
    leave(flow, B)
    with pytest.raises(DvzError, match="CORRECTION_TOLD_BEFORE"):
        leave(flow, C)
    deliver(flow, C)
    assert (last(flow, C).sequence, told(flow, C)) == (2, named(OF_B))
    leave(flow, C)


def test_which_number_took_the_place_of_another_is_told_once_whatever_month_it_was_sent_for(flow: Flow) -> None:
    """A month that is told of it later, in a delivery that is made again, looks back on another last month."""
    leave(flow, B)
    compute(flow, C)
    leave(flow, C)
    old, new = LATE_RENUMBERED.numbers
    register = flow.settings.landing / "register" / str(B)
    redeliver(register, "persons.csv", lambda lines: [line.replace(old, new) for line in lines])
    redeliver(register, "insz_replacements.csv", lambda lines: [*lines, f"{old};{new};{B.first_day:%Y%m%d}"])
    compute(flow, B)
    renumbered = flow.lake.scan("corrections", B).filter(insz=LATE_RENUMBERED.numbers[0]).collect()
    is_one_row = renumbered.rows(named=True) == [
        {**renumbered.row(0, named=True), "month_sent": A.first_day, "insz_now": LATE_RENUMBERED.insz}
    ]
    assert is_one_row
    assert (last(flow, B).sequence, told(flow, B)) == (2, [])


@pytest.mark.parametrize("person_", [RENUMBERED, LATE_RENUMBERED], ids=lambda case: case.name)
def test_what_is_copied_for_an_appeal_is_of_that_person_alone_under_every_number(flow: Flow, person_: Case) -> None:
    """Others have changed their number, too."""
    compute(flow, C)
    hold = flow.holds.add(person_.insz, Reason.APPEAL, C, None, "desk 1")
    copy_for_appeals(flow, A)
    copy = json.loads((flow.holds.copies(hold) / f"{A}.json").read_text("utf-8"))
    own = named([person_.numbers[0]])
    assert named(row["insz"] for row in copy["deliveries"]["0001"]["dvz_export.csv"]) == own
    assert named(row["insz"] for row in copy["decisions"]) == own


def test_whoever_asks_is_told_when_and_why_a_signal_was_taken_back(flow: Flow) -> None:
    for person_, kind, reason, insz_now in (
        (RECOVERED, "WITHDRAWN", "AID_RECOVERED", None),
        (DEAD, "WITHDRAWN", "DECEASED", None),
        (RENUMBERED, "RENUMBERED", "NUMBER_REPLACED", RENUMBERED.insz),
    ):
        (said,) = explain(flow, A, person_.numbers[0]).corrections
        found = (said.month, said.kind, said.reason, named([said.insz_now or ""]), said.deliveries)
        assert found == (str(B), kind, reason, named([insz_now or ""]), (f"{B}/0001",))
        is_all = everything_sent_about(flow, person_.insz).corrections == (said,)
        assert is_all
    (said,) = explain(flow, S, UNHEARD.insz).corrections
    assert (said.month, said.deliveries) == (str(B), ())
    assert len(explain(flow, S, RECOVERED.insz).corrections) == 0  # nobody was sent then


def test_the_desk_and_analysts_see_counts_which_are_protected(flow: Flow) -> None:
    reasons = {("WITHDRAWN", "AID_RECOVERED"), ("WITHDRAWN", "DECEASED"), ("RENUMBERED", "NUMBER_REPLACED")}
    shown = what_to_release(flow, B, None)["corrections"]
    assert {(row["kind"], row["reason"], row["persons"]) for row in shown} == {(*each, None) for each in reasons}
    lines = [";".join(value or "" for value in row.values()) + "\n" for row in corrections_of(flow, B, None)]
    assert named(lines) == named(OF_A)
    publish(flow, PUBLISHED_DATABASES["analytics_database"])
    assert {tuple(row.values()) for row in content_of(flow, B, []).corrections} == {(*each, None) for each in reasons}
    assert content_of(flow, A, []).corrections == []


def test_a_person_put_on_the_list_after_the_run_does_not_leave(flow: Flow) -> None:
    """Whatever was released."""
    flow.holds.add(UNHEARD.insz, Reason.OBJECTION, S, None, "desk 1")
    with pytest.raises(DvzError, match="PERSON_WITHHELD"):
        leave(flow, S)
    compute(flow, S)
    leave(flow, S)
    assert states_of_month(flow.ledger, S)[-1].state is State.TRANSMITTED
