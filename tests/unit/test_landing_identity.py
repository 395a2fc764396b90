"""Replacements of numbers: their row-level rules, and the map that follows every chain to its end.

Numbers are written as their serial here, so that a failure prints no number.
"""

import random

import polars as pl
import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.identity import identity_map
from dvz_assets.landing.replacement_rows import replacement_rejects, typed_replacements
from tests.cases.landing_writer import synthetic_insz
from tests.unit.landing_deliveries import Row, expect, frame_of, reasons, replacement_row

PLACE = "insz_replacements.csv, month 2018-05"
SERIAL = {int(synthetic_insz(serial)): serial for serial in range(1000)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (replacement_row(1, 2), None),
        (replacement_row(1, 2, oud_insz=""), "invalid_insz"),
        (replacement_row(1, 2, nieuw_insz=""), "invalid_insz"),
        (replacement_row(1, 2, nieuw_insz=synthetic_insz(2)[:-1]), "invalid_insz"),
        (replacement_row(1, 2, datum=""), "invalid_date"),
        (replacement_row(1, 2, datum="20180532"), "invalid_date"),
        (replacement_row(1, 2, datum="20300101"), None),
        (replacement_row(1, 2, oud_insz="", datum=""), "invalid_insz"),
    ],
)
def test_a_row_carries_its_reason(row: Row, reason: str | None) -> None:
    expect(reasons(replacement_rejects(frame_of("insz_replacements", [row]))), [reason])


def test_a_pair_may_come_twice() -> None:
    rows = [replacement_row(1, 2)] * 2
    expect(reasons(replacement_rejects(frame_of("insz_replacements", rows))), [None, None])


def pairs(*serials: tuple[int, int]) -> pl.DataFrame:
    rows = [replacement_row(old, new) for old, new in serials]
    return typed_replacements(frame_of("insz_replacements", rows))


def mapped(*serials: tuple[int, int], previous: pl.DataFrame | None = None) -> dict[int, tuple[int, int]]:
    """Old serial to new and present serial."""
    return as_serials(identity_map(previous, pairs(*serials), place=PLACE))


def as_serials(links: pl.DataFrame) -> dict[int, tuple[int, int]]:
    assert links.columns == ["old_insz", "new_insz", "present_insz"]
    serials = [tuple(SERIAL[number] for number in row) for row in links.rows()]
    assert len(serials) == len({old for old, _, _ in serials})
    return {old: (new, present) for old, new, present in serials}


def problem_of(*serials: tuple[int, int], previous: pl.DataFrame | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        identity_map(previous, pairs(*serials), place=PLACE)
    message = str(caught.value)
    assert not any(synthetic_insz(serial) in message for pair in serials for serial in pair)
    return caught.value


def test_a_chain_is_followed_to_its_end_in_whatever_order_it_comes() -> None:
    assert mapped((2, 3), (1, 2), (3, 4)) == {1: (2, 4), 2: (3, 4), 3: (4, 4)}


def test_two_old_numbers_may_lead_to_one_new_number() -> None:
    assert mapped((1, 3), (2, 3)) == {1: (3, 3), 2: (3, 3)}


def test_the_same_pair_twice_is_one_row() -> None:
    assert mapped((1, 2), (1, 2)) == {1: (2, 2)}
    previous = identity_map(None, pairs((1, 2)), place=PLACE)
    assert mapped((1, 2), previous=previous) == {1: (2, 2)}


def test_without_replacements_the_map_is_empty() -> None:
    assert mapped() == {}


def test_a_later_month_prolongs_the_chains_of_earlier_ones() -> None:
    previous = identity_map(None, pairs((2, 3), (7, 8)), place=PLACE)
    assert mapped((1, 2), (3, 4), previous=previous) == {1: (2, 4), 2: (3, 4), 3: (4, 4), 7: (8, 8)}
    assert as_serials(identity_map(previous, pairs(), place=PLACE)) == {2: (3, 3), 7: (8, 8)}


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 9, 64, 65, 900])
def test_a_chain_may_have_any_length(length: int) -> None:
    serials = [(number, number + 1) for number in range(length)]
    random.Random(length).shuffle(serials)
    assert {present for _, present in mapped(*serials).values()} == {length}


@pytest.mark.parametrize(
    ("serials", "lines"),
    [
        ([(1, 1)], "line 2"),
        ([(1, 2), (2, 1)], "line 2, 3"),
        ([(8, 9), (1, 2), (2, 3), (3, 1)], "line 3, 4, 5"),
        ([(1, 2), (2, 3), (3, 2)], "line 2, 3, 4"),
    ],
)
def test_a_cycle_is_an_error_that_names_its_lines(serials: list[tuple[int, int]], lines: str) -> None:
    problem = problem_of(*serials)
    assert (problem.place, problem.found) == (f"{PLACE}, {lines}", "numbers that replace each other in a circle")


def test_a_cycle_that_this_month_closes_is_an_error() -> None:
    previous = identity_map(None, pairs((1, 2), (2, 3)), place=PLACE)
    assert problem_of((8, 9), (3, 1), previous=previous).place == f"{PLACE}, line 3"


def test_two_new_numbers_for_one_old_number_are_an_error_that_names_the_lines() -> None:
    problem = problem_of((1, 2), (5, 6), (1, 3))
    assert (problem.place, problem.found) == (f"{PLACE}, line 2, 4", "two different new numbers for one")


def test_two_new_numbers_are_an_error_even_where_they_lead_to_the_same_person() -> None:
    assert problem_of((1, 2), (2, 3), (1, 3)).found == "two different new numbers for one"


def test_another_new_number_than_in_an_earlier_month_is_an_error() -> None:
    previous = identity_map(None, pairs((1, 2)), place=PLACE)
    assert problem_of((8, 9), (1, 3), previous=previous).place == f"{PLACE}, line 3"


def test_random_forests_lead_where_walking_leads() -> None:
    for seed in range(30):
        chance = random.Random(seed)
        onward = {number: chance.randrange(number + 1, 60) for number in range(50) if chance.random() < 0.6}
        walked = {}
        for number, new in onward.items():
            present = new
            while present in onward:
                present = onward[present]
            walked[number] = (new, present)
        serials = list(onward.items())
        chance.shuffle(serials)
        assert mapped(*serials) == walked
