"""The two small types that everything uses: months with their arithmetic, and errors that a person can act on."""

import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.months import Month

MONTHS = st.builds(Month, st.integers(1, 9999), st.integers(1, 12))


def test_a_month_has_its_forms_and_its_days() -> None:
    month = Month.parse("2020-02")
    assert (str(month), month.yyyymm) == ("2020-02", "202002")
    assert (month.first_day, month.last_day) == (date(2020, 2, 1), date(2020, 2, 29))
    assert Month.parse("2019-02").last_day == date(2019, 2, 28)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018",
        "2018-5",
        "2018-00",
        "2018-13",
        "201805",
        "2018-05-01",
        " 2018-05",
        "2018-05\n",
        "0000-01",
        "\u06620-05",
    ],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)


def test_months_follow_each_other_over_the_turn_of_the_year() -> None:
    december = Month(2018, 12)
    assert (december.next(), Month(2019, 1).previous()) == (Month(2019, 1), december)
    assert Month(2018, 5).minus(11) == Month(2017, 6)
    assert Month.range(Month(2018, 11), Month(2019, 2)) == [Month(2018, 11), december, Month(2019, 1), Month(2019, 2)]
    assert Month.range(december, december) == [december]
    assert Month.range(december, Month(2018, 11)) == []


@given(MONTHS)
def test_writing_and_parsing_give_the_month_back(month: Month) -> None:
    assert Month.parse(str(month)) == month


@given(MONTHS, MONTHS)
def test_months_are_ordered_as_their_days_and_their_texts(one: Month, other: Month) -> None:
    assert (one < other) == (one.first_day < other.first_day) == (str(one) < str(other))
    assert (one == other) == (hash(one) == hash(other) and str(one) == str(other))


@given(st.builds(Month, st.integers(1000, 2000), st.integers(1, 12)), st.integers(-5000, 5000))
def test_plus_and_minus_undo_each_other(month: Month, count: int) -> None:
    later = month.plus(count)
    assert 1 <= later.number <= 12
    assert (later.year - month.year) * 12 + later.number - month.number == count
    assert later.minus(count) == month


def problem(place: str = "statement.csv, line 3") -> DeliveryError:
    return DeliveryError("INVALID_FILE", place=place, expected="17 fields", found="16", remedy="deliver again")


def test_an_error_says_where_what_was_expected_what_was_found_and_what_to_do() -> None:
    assert str(problem()) == (
        "INVALID_FILE: statement.csv, line 3: expected 17 fields; found 16.\nTo do: deliver again."
    )
    assert str(problem(place="")).startswith("INVALID_FILE: expected")


def test_an_error_survives_the_way_between_processes() -> None:
    again = pickle.loads(pickle.dumps(problem()))
    assert type(again) is DeliveryError
    assert isinstance(again, DvzError)
    assert str(again) == str(problem())
    assert (again.code, again.place) == ("INVALID_FILE", "statement.csv, line 3")
