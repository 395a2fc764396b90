"""The machine in small: two sequences with every rule in them, one on an empty home and one on an upgraded one.

``make soak`` draws thousands; one that fails is a script like these.
"""

from collections.abc import Iterator

import pytest

from tests.any_order.driven import DrivenHome

FROM_NOTHING: list[tuple[str, dict[str, object]]] = [
    ("transmit", {"number": 0}),
    ("hold", {"number": 0, "chance": 1}),
    ("die", {"number": 0, "step": 30}),
    ("release", {"number": 0}),
    ("transmit", {"number": 0}),
    ("acknowledge", {"number": 0, "accepted": True}),
    ("back_up", {}),
    ("end_hold", {}),
    ("amend_tables", {}),
    ("deliver", {}),
    ("run_range", {"first": 0, "last": 1}),
    ("deliver_again", {"number": 0}),
    ("release", {"number": 1}),
    ("reject", {"number": 1}),
    ("restore", {}),
]
UPGRADED: list[tuple[str, dict[str, object]]] = [
    ("explain", {"number": 6, "chance": 1}),
    ("run_month", {"number": 7}),
    ("purge", {}),
    ("reject", {"number": 7}),
]


@pytest.fixture
def home() -> Iterator[DrivenHome]:
    driven = DrivenHome()
    yield driven
    driven.teardown()


def play(home: DrivenHome, steps: list[tuple[str, dict[str, object]]], *, upgraded: bool) -> None:
    home.begin(upgraded=upgraded)
    for rule, arguments in [("is_what_the_model_says", {}), *steps]:
        getattr(home, rule)(**arguments)
        home.is_what_the_model_says()


def test_a_home_from_nothing_is_what_the_model_says(home: DrivenHome) -> None:
    play(home, FROM_NOTHING, upgraded=False)


def test_an_upgraded_home_is_what_the_model_says(home: DrivenHome) -> None:
    play(home, UPGRADED, upgraded=True)
