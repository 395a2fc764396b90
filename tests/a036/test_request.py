"""What is read as a request: exactly what the published schema says, whatever a lenient reader would make of it."""

import json
from typing import Any

import jsonschema
import pytest

from dvz_assets.a036.request import json_schema, read_request
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from tests.cases.landing_writer import synthetic_insz

SCHEMA = json_schema(Reference.load(reference_folder()).tables["a036_purposes"])
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker(["date"]))

GOOD: dict[str, Any] = {
    "request_id": "question 1",
    "requester": "desk",
    "purpose": "FAMILY_OF_BELGIAN",
    "role": "sponsor",
    "application_reference": "application 1",
    "insz": synthetic_insz(1),
    "period_start": "2018-01-01",
    "period_end": "2018-12-31",
    "requested_at": "2018-06-02T10:00:00+02:00",
}
NO_DAY: tuple[object, ...] = (
    *(1514764800, 1514764800.0, "1514764800", "1514764800000", True, False, None, [], {}, ""),
    *("20180101", "2018-1-1", "2018-02-30", "2018-13-01", "2018-01-01T00:00:00", "2018-01-01T00:00:00Z", "2018-W01-1"),
    *("2018-001", " 2018-01-01", "2018-01-01\n", "0000-01-01", "٢٠١٨-01-01", "01/01/2018", "+2018-01-01"),
)
NO_MOMENT: tuple[object, ...] = (
    *(1527926400, 1527926400.0, "1527926400", "1527926400.5", True, False, None, [], {}, ""),
    *("2018-06-02", "2018-06-02T10:00:00", "2018-06-02 10:00:00+02:00", "2018-06-02T10:00+02:00"),
    *("20180602T100000+0200", "2018-06-02T10:00:00+0200", "2018-06-02T10:00:00+02", "2018-06-02T10:00:00 +02:00"),
    *("2018-06-02T24:00:00Z", "2018-06-02T10:60:00Z", "2018-06-02T10:00:60Z", "2018-06-02T10:00:00+24:00"),
    *("2018-06-02T10:00:00Z ", "2018-06-02T10:00:00.Z", "2018-06-02T10:00:00,5Z", "2018-06-02t10:00:00z"),
)
MOMENTS = (
    *("2018-06-02T08:00:00Z", "2018-06-02T08:00:00-00:00", "2018-06-02T23:59:59.999999999+14:00"),
    *("2018-06-02T08:00:00.5Z", "0001-06-02T08:00:00Z"),
)


def is_read(changes: dict[str, Any]) -> bool:
    return read_request(json.dumps(GOOD | changes).encode()) is not None


def fits_the_schema(changes: dict[str, Any]) -> bool:
    # through text, as the reader has it
    return bool(VALIDATOR.is_valid(json.loads(json.dumps(GOOD | changes))))


@pytest.mark.parametrize("field", ["period_start", "period_end"])
@pytest.mark.parametrize("value", NO_DAY, ids=repr)
def test_a_day_is_a_text_of_one_form(field: str, value: object) -> None:
    assert (is_read({field: value}), fits_the_schema({field: value})) == (False, False)


@pytest.mark.parametrize("value", NO_MOMENT, ids=repr)
def test_a_moment_is_a_text_with_its_offset(value: object) -> None:
    assert (is_read({"requested_at": value}), fits_the_schema({"requested_at": value})) == (False, False)


@pytest.mark.parametrize("value", MOMENTS)
def test_a_moment_may_stand_in_any_offset_and_part_of_a_second(value: str) -> None:
    assert (is_read({"requested_at": value}), fits_the_schema({"requested_at": value})) == (True, True)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2018-06-02T10:00:00Z\n"])
def test_a_moment_that_no_calendar_holds_or_that_is_not_all_is_none(value: str) -> None:
    assert not is_read({"requested_at": value})


@pytest.mark.parametrize(
    "changes",
    [
        {"request_id": ""},
        {"request_id": 1},
        {"requester": "x" * 201},
        {"application_reference": None},
        {"application_reference": ""},
        {"application_reference": 17},
        {"role": None},
        {"insz": 1},
        {"doubt": 1},
        {"doubt": "x" * 4001},
        {"amounts": True},
    ],
    ids=repr,
)
def test_other_fields_are_what_the_schema_says_too(changes: dict[str, Any]) -> None:
    assert (is_read(changes), fits_the_schema(changes)) == (False, False)


@pytest.mark.parametrize(("role", "is_optional"), [("resident", True), ("sponsor", False), ("applicant", False)])
def test_the_application_is_optional_for_a_resident_alone(role: str, is_optional: bool) -> None:
    for changes in ({"role": role, "application_reference": None}, {"role": role}):
        question = GOOD | changes
        if changes == {"role": role}:
            del question["application_reference"]
        found = read_request(json.dumps(question).encode()) is not None
        assert (found, VALIDATOR.is_valid(question)) == (is_optional, is_optional)


@pytest.mark.parametrize("field", GOOD)
def test_a_key_that_stands_twice_makes_a_request_unreadable(field: str) -> None:
    """Two readers of one file could take different persons, or different purposes, out of it."""
    text = json.dumps(GOOD)
    twice = f'{{"{field}": {json.dumps(GOOD[field])}, {text[1:]}'
    assert read_request(text.encode()) is not None
    assert read_request(twice.encode()) is None


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 60_000,
        b'{"insz": ' * 6_000,
        b"9" * 60_000,
        json.dumps(GOOD).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        json.dumps(GOOD | {"request_id": "\ud800"}).encode(),
        b"NaN",
    ],
    ids=["deep list", "deep object", "long number", "utf-16", "byte order mark", "half a character", "no number"],
)
def test_whatever_a_file_holds_it_is_read_or_it_is_not(content: bytes) -> None:
    assert read_request(content) is None


@pytest.mark.parametrize(("beyond", "is_one"), [(0, True), (1, False)])
def test_a_request_has_up_to_64_kib(beyond: int, is_one: bool) -> None:
    content = json.dumps(GOOD).encode().ljust(65_536 + beyond)
    assert (read_request(content) is not None) is is_one
