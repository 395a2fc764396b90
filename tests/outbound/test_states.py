"""The state machine: which step may follow on which state, and what a later delivery does to an earlier one."""

from collections.abc import Sequence
from itertools import product

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.home.deliveries import VOUCHER_FILE
from dvz_assets.home.ledger import Entry, Event
from dvz_assets.months import Month
from dvz_assets.outbound.states import APPROVALS_REQUIRED, FOLLOWS, DeliveryState, State, states_of

MONTH = Month.parse("2018-05")
P, R, T = State.PREPARED, State.RELEASED, State.TRANSMITTED
A, F, J, X = State.ACKNOWLEDGED, State.REFUSED, State.REJECTED, State.REPLACED


def entry(number: int, event: str, sequence: int, required: int = 1) -> Entry:
    details = {"sequence": sequence, **({APPROVALS_REQUIRED: required} if event == Event.DELIVERED else {})}
    at = f"2018-06-10T06:{number:02d}:00+00:00"
    return Entry(number, at, event, "", month=str(MONTH), outputs={VOUCHER_FILE: "0" * 64}, details=details)


def states(steps: Sequence[tuple[str, int]], required: int = 1) -> list[State]:
    entries = [entry(number, event, sequence, required) for number, (event, sequence) in enumerate(steps)]
    return [each.state for each in states_of(entries)[MONTH]]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("DELIVERED", 1)], [P]),
        ([("DELIVERED", 1), ("MATERIALISED", 1)], [P]),
        ([("DELIVERED", 1), ("RELEASED", 1)], [R]),
        ([("DELIVERED", 1), ("REJECTED", 1)], [J]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("REJECTED", 1)], [J]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("TRANSMITTED", 1)], [T]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("TRANSMITTED", 1), ("ACKNOWLEDGED", 1)], [A]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("TRANSMITTED", 1), ("REFUSED", 1)], [F]),
        # not transmitted: replaced as soon as a later one is prepared
        ([("DELIVERED", 1), ("DELIVERED", 2)], [X, P]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("DELIVERED", 2)], [X, P]),
        ([("DELIVERED", 1), ("REJECTED", 1), ("DELIVERED", 2)], [X, P]),
        # transmitted: replaced when the later one is transmitted, and not before
        ([("DELIVERED", 1), ("RELEASED", 1), ("TRANSMITTED", 1), ("DELIVERED", 2)], [T, P]),
        ([("DELIVERED", 1), ("RELEASED", 1), ("TRANSMITTED", 1), ("REFUSED", 1), ("DELIVERED", 2)], [F, P]),
        (
            [*[(step, 1) for step in ("DELIVERED", "RELEASED", "TRANSMITTED")], ("DELIVERED", 2), ("RELEASED", 2)],
            [T, R],
        ),
        ([(step, number) for number in (1, 2) for step in ("DELIVERED", "RELEASED", "TRANSMITTED")], [X, T]),
        # a late answer to a replaced delivery changes nothing
        (
            [(step, number) for number in (1, 2) for step in ("DELIVERED", "RELEASED", "TRANSMITTED")]
            + [("REFUSED", 1)],
            [X, T],
        ),
    ],
)
def test_the_state_follows_from_the_entries(steps: list[tuple[str, int]], expected: list[State]) -> None:
    assert states(steps) == expected


def test_a_delivery_that_needs_no_approval_is_released_by_being_prepared() -> None:
    assert states([("DELIVERED", 1)], required=0) == [R]


def test_a_delivery_of_the_first_version_waits_for_a_release() -> None:
    """Its entry says nothing of approvals: nothing leaves by itself because the software is newer."""
    first = entry(1, Event.DELIVERED, 1)
    old = Entry(1, first.at, Event.DELIVERED, "", month="2018-05", outputs=first.outputs, details={"sequence": 1})
    assert [each.state for each in states_of([old])[MONTH]] == [P]


@pytest.mark.parametrize(("state", "step"), list(product(State, State)))
def test_a_step_is_refused_unless_it_may_follow(state: State, step: State) -> None:
    delivery = DeliveryState(MONTH, 1, "0" * 64, state)
    if step in FOLLOWS[state]:
        delivery.require(step)
    else:
        with pytest.raises(DvzError, match="WRONG_STATE"):
            delivery.require(step)


def test_nothing_follows_on_what_was_refused_rejected_or_replaced_but_a_later_delivery() -> None:
    assert all(FOLLOWS[state] <= {State.REPLACED} for state in (State.REFUSED, State.REJECTED, State.REPLACED))
    assert [state for state, steps in FOLLOWS.items() if State.TRANSMITTED in steps] == [State.RELEASED]
