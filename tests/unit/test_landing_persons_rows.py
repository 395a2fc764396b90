"""Row-level rules of the register snapshot, and what becomes of the rows that keep them."""

from datetime import date

import polars as pl
import pytest

from dvz_assets.landing.columns import PERSONS_DATES
from dvz_assets.landing.persons_rows import persons_rejects, typed_persons
from tests.cases.landing_writer import synthetic_insz
from tests.unit.landing_deliveries import (
    Row,
    differing_columns,
    expect,
    frame_of,
    persons_row,
    reasons,
    small_reference,
)

REFERENCE = small_reference()
LINKS = {"old_insz": pl.Int64, "new_insz": pl.Int64, "present_insz": pl.Int64}
BROKEN = "20180230"


def links(*pairs: tuple[str, str]) -> pl.DataFrame:
    numbers = [(int(old), int(new), int(new)) for old, new in pairs]
    return pl.DataFrame(numbers, schema=LINKS, orient="row")


def judge(*rows: Row, replaced: pl.DataFrame | None = None) -> list[str | None]:
    judged = persons_rejects(frame_of("persons", rows), REFERENCE, links() if replaced is None else replaced)
    return reasons(judged)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"insz": ""}, "invalid_insz"),
        ({"insz": synthetic_insz(1)[:-2] + "00"}, "invalid_insz"),
        ({"naam": ""}, "invalid_text"),
        ({"naam": "x" * 500}, None),
        ({"naam": " "}, None),
        ({"nationaliteit": "103"}, None),
        ({"nationaliteit": "999"}, None),
        ({"nationaliteit": ""}, "unknown_country"),
        ({"nationaliteit": "15"}, "unknown_country"),
        ({"nationaliteit": "1500"}, "unknown_country"),
        ({"nationaliteit": "BE "}, "unknown_country"),
        ({"nationaliteit": "\u0661\u0665\u0660"}, "unknown_country"),
        ({"land_van_herkomst": "103"}, None),
        ({"land_van_herkomst": "999"}, "unknown_country"),
        ({"land_van_herkomst": "10"}, "unknown_country"),
        ({"register": "no such register"}, None),
        ({"register": ""}, None),
        ({"verblijfsdocument": "no such document"}, None),
        ({"verblijfsmotief": "no such motive"}, None),
        *(({name: BROKEN}, "invalid_date") for name in PERSONS_DATES),
        *(({name: "00000101"}, "invalid_date") for name in PERSONS_DATES),
        *(({name: "19991231"}, None) for name in PERSONS_DATES),
    ],
)
def test_a_row_carries_its_reason(changes: dict[str, str], reason: str | None) -> None:
    expect(judge(persons_row(**changes)), [reason])


def test_of_rows_that_are_all_equal_the_first_stays() -> None:
    other = persons_row(insz=synthetic_insz(2))
    found = judge(persons_row(), other, persons_row(), persons_row())
    assert found == [None, None, "duplicate_person", "duplicate_person"]


@pytest.mark.parametrize(
    "changes", [{"naam": "Another"}, {"voornamen": "x"}, {"motief_datum": "20180101"}, {"register": ""}]
)
def test_of_rows_that_are_not_all_equal_none_stays(changes: dict[str, str]) -> None:
    expect(judge(persons_row(), persons_row(), persons_row(**changes)), ["duplicate_person"] * 3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"overleden_op": BROKEN}, "invalid_date"), ({"naam": ""}, "invalid_text")],
)
def test_a_row_rejected_for_an_earlier_reason_counts_among_the_rows_of_its_number(
    changes: dict[str, str], reason: str
) -> None:
    expect(judge(persons_row(), persons_row(**changes)), ["duplicate_person", reason])


def test_a_row_that_would_be_rejected_for_a_later_reason_counts_too() -> None:
    expect(judge(persons_row(), persons_row(nationaliteit="")), ["duplicate_person", "duplicate_person"])


def test_a_row_under_a_replaced_number_is_rejected_and_its_present_number_is_not() -> None:
    """Only old numbers are replaced; a number in the middle of a chain is one."""
    first, second, present = synthetic_insz(1), synthetic_insz(2), synthetic_insz(3)
    rows = [persons_row(insz=number) for number in (first, second, present)]
    replaced = links((first, second), (second, present))
    expect(judge(*rows, replaced=replaced), ["replaced_number", "replaced_number", None])


def test_a_replaced_number_with_leading_zeros_is_found() -> None:
    """Numbers are kept as 64-bit numbers; the zeros that this loses are put back before comparing.

    The number is of nobody: no month has a day 45.
    """
    nine = "000045001"
    number = f"{nine}{97 - int('2' + nine) % 97:02d}"
    expect(judge(persons_row(insz=number), replaced=links((number, synthetic_insz(1)))), ["replaced_number"])


def test_a_row_broken_in_every_way_carries_the_first_reason_in_the_order_of_the_contract() -> None:
    number = synthetic_insz(1)
    replaced = links((number, synthetic_insz(2)))
    row = persons_row(insz="", overleden_op=BROKEN, naam="", nationaliteit="")
    repairs = [
        ("invalid_insz", {"insz": number}),
        ("invalid_date", {"overleden_op": ""}),
        ("invalid_text", {"naam": "x"}),
    ]
    found = []
    for _, repair in repairs:
        found.append(judge(row, row, replaced=replaced)[1])
        row |= repair
    assert found == [reason for reason, _ in repairs]
    expect(judge(row, row, replaced=replaced), ["unknown_country", "duplicate_person"])
    row |= {"nationaliteit": "150"}
    expect(judge(row, row, replaced=replaced), ["replaced_number", "duplicate_person"])


def test_the_typed_row_has_dates_and_nulls_and_only_what_a_rule_looks_at() -> None:
    full = persons_row(
        voornamen="x",
        land_van_herkomst="103",
        verblijfsdocument="A",
        document_geldig_tot="20300101",
        verblijfsmotief="4.2.1",
        motief_datum="20170101",
        verblijf_sinds="00010101",
        overleden_op="99991231",
    )
    typed = typed_persons(frame_of("persons", [full, persons_row()]))
    expect(typed.schema["insz"], pl.Int64)
    no_rule = ("naam", "voornamen", "land_van_herkomst", "motief_datum")
    expect(typed.columns, [name for name in persons_row() if name not in no_rule])
    dates = typed.select("document_geldig_tot", "verblijf_sinds", "overleden_op").rows()
    assert dates == [(date(2030, 1, 1), date(1, 1, 1), date(9999, 12, 31)), (None, None, None)]
    nulls = typed.null_count().drop("document_geldig_tot", "verblijf_sinds", "overleden_op").row(0, named=True)
    assert nulls == {
        "insz": 0,
        "nationaliteit": 0,
        "register": 0,
        "verblijfsdocument": 1,
        "verblijfsmotief": 1,
    }


def test_judging_keeps_every_row_and_its_content() -> None:
    frame = frame_of("persons", [persons_row(), persons_row(insz=""), persons_row(naam="")])
    expect(differing_columns(persons_rejects(frame, REFERENCE, links()).drop("reason"), frame), [])


def test_an_empty_snapshot_has_no_rejects() -> None:
    judged = persons_rejects(frame_of("persons", []), REFERENCE, links())
    expect(judged.height, 0)
    expect(typed_persons(judged).height, 0)
