"""Check digits of identification numbers; nothing else of a number is judged.

Numbers with the check digits of a birth before 2000 are made with a month from 60 on, which nobody has.
"""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvz_assets.landing.insz import is_valid_insz
from tests.cases.landing_writer import synthetic_insz
from tests.unit.landing_deliveries import expect


def valid(*numbers: str | None) -> list[bool]:
    frame = pl.DataFrame({"insz": pl.Series(numbers, dtype=pl.String)})
    return frame.select(is_valid_insz("insz")).to_series().to_list()


def before_2000(nine: str) -> str:
    return f"{nine}{97 - int(nine) % 97:02d}"


def from_2000(nine: str) -> str:
    return f"{nine}{97 - int(f'2{nine}') % 97:02d}"


@pytest.mark.parametrize(
    "nine",
    [
        pytest.param("450101001", id="register number"),
        pytest.param("452101001", id="BIS number, month raised by 20"),
        pytest.param("455231001", id="BIS number, month raised by 40"),
        pytest.param("450000001", id="month and day not known"),
        pytest.param("454000001", id="BIS number, month and day not known"),
        pytest.param("456199999", id="no date at all"),
    ],
)
def test_the_check_of_a_birth_from_2000_fits_whatever_the_date_in_the_number_is(nine: str) -> None:
    expect(valid(from_2000(nine)), [True])


def test_the_check_of_a_birth_before_2000_fits_too() -> None:
    expect(valid(before_2000("456101001"), before_2000("459999998")), [True, True])


def test_exactly_two_of_the_hundred_endings_fit() -> None:
    endings = [f"456101001{check:02d}" for check in range(100)]
    expect(sum(valid(*endings)), 2)
    expect(valid(endings[0], endings[98], endings[99]), [False] * 3)


def test_a_remainder_of_zero_has_the_check_digits_97() -> None:
    nine = next(str(nine) for nine in range(456101000, 456101097) if nine % 97 == 0)
    expect(valid(nine + "97", nine + "00"), [True, False])


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
    expect(valid(text), [False])


NINES = st.builds("{:02d}{:02d}{:05d}".format, st.integers(0, 99), st.integers(60, 99), st.integers(0, 99_999))


@given(st.lists(NINES, min_size=1), st.integers(0, 99))
def test_the_check_is_that_of_the_contract(nines: list[str], check: int) -> None:
    expected = [check in (97 - int(nine) % 97, 97 - int(f"2{nine}") % 97) for nine in nines]
    expect(valid(*(f"{nine}{check:02d}" for nine in nines)), expected)
