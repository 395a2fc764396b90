"""Nobody can compute a suppressed cell of ``monthly_summary`` from what the analysts' file shows.

The attacker knows the rule, the threshold, all that is shown and the number of persons sent (funnel), and enumerates
every table that would be shown in the same way.
"""

import itertools
from collections.abc import Sequence

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from dvz_assets.project_files import sql_folder

THRESHOLD = 4
# two categories whose grounds overlap, and one with a single ground
CELLS = (("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"), ("C", "3"))
Person = tuple[str, tuple[str, ...]]

persons = st.lists(
    st.sampled_from([("A", ("1",)), ("A", ("2",)), ("A", ("1", "2")), ("B", ("1",)), ("B", ("1", "2")), ("C", ("3",))]),
    max_size=30,
)


def summary(sent: Sequence[Person], rounding_base: int = 1) -> dict[tuple[str, str], int | None]:
    """What the table shows of a month with these persons."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE decisions "
            "(month DATE, regime VARCHAR, insz VARCHAR, category VARCHAR, outcome VARCHAR, grounds VARCHAR[])"
        )
        connection.execute(
            "CREATE TABLE dvz_export "
            "(insz VARCHAR, aid_amount_granted DECIMAL(12,2), amount_reimbursed_12m DECIMAL(14,2))"
        )
        for number, (category, grounds) in enumerate(sent):
            row = ["2018-05-01", "R", str(number), category, "SENT", list(grounds)]
            connection.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("INSERT INTO dvz_export VALUES (?, 1, 1)", [str(number)])
        connection.execute(
            f"CREATE TABLE publishing AS SELECT {THRESHOLD} AS small_cell_threshold, {rounding_base} AS rounding_base"
        )
        query = (sql_folder() / "analytics_database" / "monthly_summary.sql").read_text("utf-8")
        rows = connection.execute(f"SELECT category, ground, persons, aid_amount_granted FROM ({query})").fetchall()
    assert all((persons is None) == (amount is None) for _, _, persons, amount in rows)
    return {(category, ground): persons for category, ground, persons, _ in rows}


def counts(sent: Sequence[Person]) -> dict[tuple[str, str], int]:
    found = {cell: sum(category == cell[0] and cell[1] in grounds for category, grounds in sent) for cell in CELLS}
    return {cell: count for cell, count in found.items() if count}


def could_be(cells: dict[tuple[str, str], int], sent: int) -> bool:
    """Whether persons with these counts can be ``sent`` in number: at most one ground each, at least all grounds."""
    categories = {category for category, _ in cells}
    fewest = sum(max(count for (of, _), count in cells.items() if of == category) for category in categories)
    return fewest <= sent <= sum(cells.values())


def guesses(shown: dict[tuple[str, str], int | None], sent: int) -> dict[tuple[str, str], set[int]]:
    """Every value that each hidden cell can have, as far as the attacker can tell."""
    hidden = [cell for cell, count in shown.items() if count is None]
    possible: dict[tuple[str, str], set[int]] = {cell: set() for cell in hidden}
    for values in itertools.product(range(1, min(sent, 12) + 1), repeat=len(hidden)):
        cells = {**shown, **dict(zip(hidden, values, strict=True))}
        if could_be({cell: count for cell, count in cells.items() if count is not None}, sent):
            for cell, value in zip(hidden, values, strict=True):
                possible[cell].add(value)
    return possible


@given(persons)
@settings(max_examples=60)
def test_a_hidden_cell_can_have_any_small_value(sent: list[Person]) -> None:
    shown, true = summary(sent), counts(sent)
    assert {cell: count for cell, count in shown.items() if count is not None}.items() <= true.items()
    assert all(count is None or count >= THRESHOLD for count in shown.values())
    small = {cell for cell, count in true.items() if count < THRESHOLD}
    if not small:
        assert shown == true
        return
    assert shown == {} or shown.keys() == true.keys()
    for cell, values in guesses(shown, len(sent)).items():
        if cell in small:
            assert values >= set(range(1, THRESHOLD)), "the attacker has narrowed down a small cell"
        else:
            assert len(values) > 1, "the attacker has computed a cell that is hidden to protect others"


def test_a_single_small_cell_would_be_the_total_so_the_month_has_no_rows() -> None:
    assert summary([("C", ("3",))] * 3) == {}


def test_the_rest_of_the_total_does_not_give_a_small_cell_back() -> None:
    shown = summary([("C", ("3",))] * 2 + [("A", ("1",))] * 10 + [("B", ("1",))] * 11)
    assert shown[("C", "3")] is None
    assert list(shown.values()).count(None) >= 2


def test_counts_are_rounded_to_the_base() -> None:
    assert summary([("A", ("1",))] * 13, rounding_base=5) == {("A", "1"): 15}
