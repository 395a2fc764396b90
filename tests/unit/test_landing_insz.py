"""Check digits of identification numbers; nothing else of a number is judged."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvz_assets.landing.insz import is_valid_insz
from tests.cases.landing_writer import synthetic_insz


def valid(*numbers: str | None) -> list[bool]:
    frame = pl.DataFrame({"insz": pl.Series(numbers, dtype=pl.String)})
    return frame.select(is_valid_insz("insz")).to_series().to_list()


def with_check(nine: str, *, from_2000: bool) -> str:
    number = int(f"2{nine}" if from_2000 else nine)
    return f"{nine}{97 - number % 97:02d}"


# birth year 2045: register numbers, BIS numbers (month raised by 20 or 40), parts that are not known
FIRST_NINE = ["450101001", "452101001", "454101001", "450000001", "454000001", "459999999", "450101000"]


@pytest.mark.parametrize("nine", FIRST_NINE)
@pytest.mark.parametrize("from_2000", [True, False], ids=["from 2000", "before 2000"])
def test_either_check_fits_whatever_the_date_in_the_number_is(nine: str, from_2000: bool) -> None:
    assert valid(with_check(nine, from_2000=from_2000)) == [True]


def test_exactly_two_of_the_hundred_endings_fit() -> None:
    """97 mod 97 is 0, and the check digits then are 97: never 00, 98 or 99."""
    endings = [f"454101001{check:02d}" for check in range(100)]
    assert sum(valid(*endings)) == 2
    assert valid(endings[0], endings[98], endings[99]) == [False] * 3


def test_a_remainder_of_zero_has_the_check_digits_97() -> None:
    number = next(f"{nine:09d}97" for nine in range(450101000, 450101097) if nine % 97 == 0)
    assert valid(number, number[:9] + "00") == [True, False]


NUMBER = synthetic_insz(1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="empty"),
        pytest.param(NUMBER[:10], id="ten digits"),
        pytest.param(NUMBER + "0", id="twelve digits"),
        pytest.param(f" {NUMBER}", id="blank before"),
        pytest.param(f"{NUMBER} ", id="blank after"),
        pytest.param(f"{NUMBER}\n", id="line end after"),
        pytest.param(f"{NUMBER[:6]}-{NUMBER[6:9]}.{NUMBER[9:]}", id="as it is printed on a card"),
        pytest.param(f"+{NUMBER[1:]}", id="sign"),
        pytest.param("".join(chr(0x660 + int(digit)) for digit in NUMBER), id="Arabic digits"),
    ],
)
def test_only_eleven_ascii_digits_are_a_number(text: str | None) -> None:
    assert valid(text) == [False]


@given(st.lists(st.integers(300_000_000, 999_999_999), min_size=1), st.integers(0, 99))
def test_the_check_is_that_of_the_contract(nines: list[int], check: int) -> None:
    expected = [check in (97 - nine % 97, 97 - (2_000_000_000 + nine) % 97) for nine in nines]
    assert valid(*(f"{nine:09d}{check:02d}" for nine in nines)) == expected
