"""Answers of the receiver: strictly read, taken in once; what does not fit changes nothing and is told."""

import json
import os
from pathlib import Path

import pytest

from dvz_assets.home.deliveries import Voucher
from dvz_assets.home.ledger import Ledger
from dvz_assets.outbound.acknowledgements import take_in
from dvz_assets.outbound.states import State, find
from dvz_assets.outbound.transmission import transmit
from dvz_assets.settings import Settings
from tests.outbound.prepared import MONTH, answer, prepare


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", landing=tmp_path / "landing")


@pytest.fixture
def sent(settings: Settings) -> Voucher:
    """A delivery that has left."""
    voucher = prepare(settings)
    transmit(settings, Ledger(settings), MONTH, None, done_by_hand=True)
    return voucher


def problems(settings: Settings) -> list[str]:
    return [problem.code for problem in take_in(settings, Ledger(settings)).problems]


@pytest.mark.parametrize(
    ("said", "state"),
    [({}, State.ACKNOWLEDGED), ({"status": "REFUSED", "reason": "not readable"}, State.REFUSED)],
)
def test_an_answer_is_taken_in_once(settings: Settings, sent: Voucher, said: dict[str, str], state: State) -> None:
    path = answer(settings.landing, sent, **said)
    ledger = Ledger(settings)
    assert [each.state for each in take_in(settings, ledger).deliveries] == [state]
    entries = len(list(ledger.entries()))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))  # the same answer, written otherwise
    again = take_in(settings, ledger)
    assert (again.deliveries, again.problems, len(list(ledger.entries()))) == ((), (), entries)


def test_the_text_of_a_refusal_does_not_go_into_the_ledger(settings: Settings, sent: Voucher) -> None:
    answer(settings.landing, sent, status="REFUSED", reason="the row of 40010100123")
    take_in(settings, Ledger(settings))
    assert b"40010100123" not in b"".join(path.read_bytes() for path in Ledger(settings).folder.iterdir())


def test_a_second_and_different_answer_is_an_error_that_changes_nothing(settings: Settings, sent: Voucher) -> None:
    answer(settings.landing, sent)
    take_in(settings, Ledger(settings))
    answer(settings.landing, sent, status="REFUSED", reason="on second thoughts")
    assert problems(settings) == ["SECOND_ANSWER"]
    assert find(Ledger(settings), MONTH).state is State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"voucher_sha256": "0" * 64}, "ANSWER_TO_ANOTHER_DELIVERY"),
        ({"voucher_sha256": "short"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"month": "2018-06"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"sequence": 2}, "INVALID_ACKNOWLEDGEMENT"),
        ({"sequence": "1"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"status": "MAYBE"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"status": "REFUSED"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"reason": "accepted for a reason"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"received_at": "2018-06-10T09:30:00"}, "INVALID_ACKNOWLEDGEMENT"),
        ({"status": None}, "INVALID_ACKNOWLEDGEMENT"),
        ({"40010100123": "extra"}, "INVALID_ACKNOWLEDGEMENT"),
    ],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    settings: Settings, sent: Voucher, said: dict[str, str | int], code: str
) -> None:
    answer(settings.landing, sent, **said)
    taken = take_in(settings, Ledger(settings))
    assert [problem.code for problem in taken.problems] == [code]
    assert "40010100123" not in str(taken.problems)
    assert find(Ledger(settings), MONTH).state is State.TRANSMITTED


def test_a_key_that_stands_twice_is_refused(settings: Settings, sent: Voucher) -> None:
    path = answer(settings.landing, sent)
    path.write_text(path.read_text().replace('"status"', '"status": "REFUSED", "status"'))
    assert problems(settings) == ["INVALID_ACKNOWLEDGEMENT"]


def test_one_wrong_answer_does_not_hold_up_the_others(settings: Settings, sent: Voucher) -> None:
    answer(settings.landing, sent)
    folder = settings.landing / "acknowledgements" / str(MONTH)
    (folder / "0002.json").write_text("{")
    (folder / "40010100123.json").write_bytes((folder / "0001.json").read_bytes())
    taken = take_in(settings, Ledger(settings))
    assert [each.state for each in taken.deliveries] == [State.ACKNOWLEDGED]
    assert len(taken.problems) == 2
    assert "40010100123" not in "".join(map(str, taken.problems))


def test_what_is_no_file_is_told_and_holds_nobody_up(settings: Settings, sent: Voucher) -> None:
    """A pipe would be waited for, a link leads elsewhere, a sparse file is larger than the machine."""
    path = answer(settings.landing, sent)
    os.mkfifo(path.with_name("0002.json"))
    path.with_name("0003.json").mkdir()
    path.with_name("0004.json").symlink_to(path)
    path.with_name("40010100123.json").touch()
    os.truncate(path.with_name("40010100123.json"), 40 * 10**9)
    path.parent.with_name("2018-06").symlink_to(path.parent)
    taken = take_in(settings, Ledger(settings))
    assert [each.state for each in taken.deliveries] == [State.ACKNOWLEDGED]
    assert [problem.code for problem in taken.problems] == ["INVALID_ACKNOWLEDGEMENT"] * 5
    assert "40010100123" not in "".join(map(str, taken.problems))


def test_an_answer_to_what_never_left_or_is_unknown_is_an_error(settings: Settings) -> None:
    voucher = prepare(settings)
    answer(settings.landing, voucher)
    answer(settings.landing, voucher.model_copy(update={"sequence": 7}))
    assert sorted(problems(settings)) == ["NOT_TRANSMITTED", "NO_DELIVERY"]
    # once it has left, the same file is taken in
    transmit(settings, Ledger(settings), MONTH, None, done_by_hand=True)
    assert [each.state for each in take_in(settings, Ledger(settings)).deliveries] == [State.ACKNOWLEDGED]


def test_a_late_answer_to_a_replaced_delivery_is_recorded_and_changes_nothing_else(
    settings: Settings, sent: Voucher
) -> None:
    prepare(settings, sequence=2)
    transmit(settings, Ledger(settings), MONTH, 2, done_by_hand=True)
    answer(settings.landing, sent)
    taken = take_in(settings, Ledger(settings))
    assert [(each.state, State.ACKNOWLEDGED in each.times) for each in taken.deliveries] == [(State.REPLACED, True)]
    assert find(Ledger(settings), MONTH, 2).state is State.TRANSMITTED
