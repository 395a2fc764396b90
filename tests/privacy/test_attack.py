"""Whoever has all that was ever shown of a home learns no small count and nobody's amount from it.

Two versions of a month and two settings are attacked with all that is known about sums. What the contract fixes, funnel
and summary, can bound a count where hardly anybody is behind a total; nothing else that is shown may bound it further.
"""

from collections.abc import Callable
from decimal import Decimal

import duckdb
import pytest
from hypothesis import assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dvz_assets.flow.checks import shown_counts
from dvz_assets.flow.context import Flow
from dvz_assets.flow.publishing import PUBLISHED_DATABASES, publish
from dvz_assets.months import Month
from dvz_assets.tables.protection import Protection
from tests.conftest import LAST_MONTH
from tests.privacy.attack import Attack, values_behind
from tests.privacy.knowledge import Shown, narrowed

DEFAULT = Protection(threshold=8, base=5, percent=10)
ANALYTICS = PUBLISHED_DATABASES["analytics_database"]


def test_nothing_beside_the_tables_of_the_contract_narrows_a_hidden_count(ran_until: Callable[[str], Flow]) -> None:
    """Nor does it tell what it hides itself, such as persons with aid by category, or register rows dropped."""
    alone, everything = narrowed(ran_until(LAST_MONTH), Month.parse(LAST_MONTH))
    assert alone
    assert {name: everything[name] for name in alone} == alone
    others = {name: values for name, values in everything.items() if name not in alone}
    assert any("CAPACITY" in name for name in others)
    assert {name: values for name, values in others.items() if len(values) < DEFAULT.threshold - 2} == {}


def test_other_settings_give_back_nothing_that_they_hide_too(ran_until: Callable[[str], Flow]) -> None:
    """Published once under the defaults and once more strictly: what both hide is as hidden as it was."""
    flow, month = ran_until(LAST_MONTH), Month.parse(LAST_MONTH)
    attack, before = Attack(), Attack()
    shown = Shown(flow, month)
    for each in (attack, before):
        shown.tell_contract(each, flow.protection)
    strict = Flow(flow.settings.model_copy(update={"small_cell_threshold": 16, "rounding_base": 10}))
    publish(strict, ANALYTICS)
    Shown(strict, month).tell_contract(attack, strict.protection)
    assert not attack.contradicted_by(shown.truth())
    found = attack.candidates()
    assert {name: found[name] for name in before.candidates()} == before.candidates()


def test_the_file_holds_what_the_rule_says_and_the_desk_what_is_so(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(LAST_MONTH)
    home = flow.settings.home / "published"
    with duckdb.connect(str(home / "dvz.duckdb"), read_only=True) as desk:
        exact = desk.execute("FROM control.funnel ORDER BY month, step_order").fetchall()
        rejects = desk.execute("FROM control.rejects ORDER BY ALL").fetchall()
        held = "control.decision, unnest(grounds) AS held (ground) GROUP BY ALL ORDER BY ALL"
        cells = desk.execute(f"SELECT month, category, ground, count(*) FROM {held}").fetchall()
        overview = desk.execute("SELECT month, selection_one, sent FROM control.overview ORDER BY month").fetchall()
    with duckdb.connect(str(home / "analytics.duckdb"), read_only=True) as analysts:
        shown = analysts.execute("FROM funnel ORDER BY month, step_order").fetchall()
        assert rejects == analysts.execute("FROM rejects ORDER BY ALL").fetchall()
        summary = analysts.execute(
            "SELECT month, category, ground, persons FROM monthly_summary ORDER BY ALL"
        ).fetchall()
        seen = analysts.execute("SELECT month, selection_one, sent FROM month_overview ORDER BY month").fetchall()
    assert [row[3] for row in exact if row[0] == exact[0][0]] == list(range(21))
    assert shown == [(*row[:4], DEFAULT.count(row[4]), DEFAULT.count(row[4]) is None) for row in exact]
    assert summary == [(*row[:3], DEFAULT.count(row[3])) for row in cells]
    assert seen == [(month, DEFAULT.count(selected), DEFAULT.count(sent)) for month, selected, sent in overview]
    steps = {(row[0], row[2]): row[4] for row in exact}
    assert overview == [(m, steps[m, "SELECTION_ONE"], steps[m, "SENT"]) for m in sorted({row[0] for row in exact})]


def test_a_total_that_would_give_a_count_back_is_seen_by_the_attacker() -> None:
    """The attack works: an exact total beside one hidden count leaves one value."""
    exact, attack = Protection(1, 1, 0), Attack()
    attack.see("small", {("a",): 1}, DEFAULT.count(3), DEFAULT)
    attack.see("large", {("b",): 1}, 12, exact)
    attack.see("total", {("a",): 1, ("b",): 1}, 15, exact)
    assert attack.candidates() == {"small": {3}}


@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 20))
def test_counts_are_hidden_or_near(count: int, threshold: int, base: int) -> None:
    protection = Protection(threshold, base, 10)
    shown = protection.count(count)
    assert (shown is None) == (0 < count < threshold)
    assert count in values_behind(shown, protection)
    if shown is not None:
        assert shown % base == 0
        assert abs(shown - count) <= base // 2


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
@example([3, 30])
@example([7, 0, 30, 12])
@hypothesis_settings(max_examples=40, deadline=None)
def test_who_knows_the_sum_of_a_dimension_learns_no_small_count_of_it(counts: list[int]) -> None:
    attack, shown = Attack(), DEFAULT.parts(counts)
    assume(any(shown))  # where all of it is hidden, there is nothing left to hide
    attack.know({(place,): 1 for place in range(len(counts))}, sum(counts), sum(counts))
    for place, (count, each) in enumerate(zip(counts, shown, strict=True)):
        assert each in (None, DEFAULT.count(count))
        if each is None and count >= DEFAULT.threshold:
            attack.know({(place,): 1}, DEFAULT.threshold)
        else:
            attack.see(str(place), {(place,): 1}, each, DEFAULT)
    assert all(len(values) == DEFAULT.threshold - 1 for values in attack.candidates().values())


def test_what_was_accepted_and_what_was_dropped_is_shown_together_or_not(flow: Flow) -> None:
    """Rows received are exact: each of both would tell the other."""
    counts = {"delivered": 100, "rejected: no": 2, "kept": 93, "dropped": 5}
    assert shown_counts(flow, counts) == {**counts, "kept": None, "dropped": None}
    counts = {**counts, "kept": 78, "dropped": 20}
    assert shown_counts(flow, counts) == {**counts, "kept": 80, "dropped": 20}


amounts = st.lists(st.integers(1, 2_000_000), min_size=8, max_size=30)


@given(amounts, st.integers(0, 29))
@example([100_000] * 9, 0)
@example([1] * 8 + [1_000_000, 1_000_000, 1_000_000], 8)
@hypothesis_settings(max_examples=300)
def test_two_versions_that_differ_by_a_person_do_not_tell_the_amount(cents: list[int], place: int) -> None:
    """Even who knows to which round numbers both are rounded is left with more than ten per cent around it."""
    assume(place < len(cents))
    person, others = cents[place], cents[:place] + cents[place + 1 :]
    shown, without = DEFAULT.amount(cents), DEFAULT.amount(others)
    assume(shown is not None and without is not None)
    assert shown is not None
    assert without is not None
    slack = (step_of(cents) + step_of(others)) / 2
    least, most = max(0, shown - without - slack), shown - without + slack
    assert least <= person <= most
    assert not (least >= 0.9 * person and most <= 1.1 * person)


def step_of(cents: list[int]) -> int:
    """To what a sum of these is rounded: 1, 2 or 5 times a power of ten."""
    steps = (digit * int(10**power) for power in range(12) for digit in (1, 2, 5))
    return next(step for step in steps if step >= max(map(abs, cents)))


@given(amounts)
@example([1_000_000, 900_000, *[1] * 10])
def test_whoever_has_the_second_amount_does_not_know_the_first(cents: list[int]) -> None:
    shown = DEFAULT.amount(cents)
    first, _, *rest = sorted(cents, reverse=True)
    if shown is not None:
        # at most so much can the first one be, as far as the second one can tell
        assert sum(rest) + first >= first * Decimal("1.1")


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        ([], None),
        ([100] * 7, None),
        ([None] * 20, None),
        ([100] * 7 + [None], None),
        ([100] * 8, 800),
        ([100_000, 100_000, *[1] * 8], None),
        ([100_000, 100_000, *[2_000] * 6], 200_000),
    ],
)
def test_an_amount_is_shown_where_its_count_is_and_nobody_has_most_of_it(
    cents: list[int | None], shown: int | None
) -> None:
    assert DEFAULT.amount(cents) == shown


def test_what_came_and_what_went_is_shown_together_or_not() -> None:
    assert DEFAULT.together({"added": 3, "removed": 0}) == {"added": None, "removed": None}
    assert DEFAULT.together({"added": 9, "removed": 0}) == {"added": 10, "removed": 0}
    assert DEFAULT.total([3, 20]) is None
    assert DEFAULT.total([9, 20, 0]) == 30
    assert DEFAULT.total([8, 8, 8]) == 30, "the sum of what is shown, which tells nothing new"
