"""Row-level rules of the statement, at their boundaries, and what becomes of the rows that keep them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvz_assets.landing.statement_rows import statement_rejects, typed_statement, with_codes
from dvz_assets.reference import Reference
from tests.cases.landing_writer import synthetic_insz
from tests.unit.landing_deliveries import (
    MAY,
    Row,
    differing_columns,
    expect,
    frame_of,
    parquet_bytes,
    reasons,
    small_reference,
    statement_row,
)

REFERENCE = small_reference()


def judge(*rows: Row) -> list[str | None]:
    return reasons(statement_rejects(with_codes(frame_of("statement", rows), REFERENCE), MAY))


def typed(*rows: Row, reference: Reference = REFERENCE) -> pl.DataFrame:
    return typed_statement(with_codes(frame_of("statement", rows), reference), reference)


def social_assistance(**changes: str) -> Row:
    return statement_row(wetgeving="2", begrotingsartikel="B1", hulptype="H1", categorie="") | changes


OLD_ARTICLE = {"begrotingsartikel": "OLD", "laatste_dag": "20180502"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"insz": ""}, "invalid_insz"),
        ({"insz": synthetic_insz(1)[:-2] + "00"}, "invalid_insz"),
        ({"insz": synthetic_insz(1) + " "}, "invalid_insz"),
        ({"eerste_dag": ""}, "invalid_date"),
        ({"laatste_dag": ""}, "invalid_date"),
        ({"eerste_dag": "20180431"}, "invalid_date"),
        ({"eerste_dag": "20180229"}, "invalid_date"),
        ({"eerste_dag": "2018051"}, "invalid_date"),
        ({"eerste_dag": "201805011"}, "invalid_date"),
        ({"eerste_dag": "2018-5-1"}, "invalid_date"),
        ({"eerste_dag": "20180001"}, "invalid_date"),
        ({"eerste_dag": "20181301"}, "invalid_date"),
        ({"eerste_dag": "20180500"}, "invalid_date"),
        ({"eerste_dag": "00000501"}, "invalid_date"),
        ({"eerste_dag": " 2018051"}, "invalid_date"),
        ({"eerste_dag": "20180501 "}, "invalid_date"),
        ({"eerste_dag": "+2018051"}, "invalid_date"),
        ({"eerste_dag": "\u0662018051"}, "invalid_date"),
        ({"eerste_dag": "20180511", "laatste_dag": "20180510"}, "invalid_period"),
        ({"eerste_dag": "20180510", "laatste_dag": "20180510"}, None),
        ({"eerste_dag": "20180601", "laatste_dag": "20180531"}, "invalid_period"),
        ({"laatste_dag": "20180531"}, None),
        ({"laatste_dag": "20180601"}, "period_after_statement"),
        ({"laatste_dag": "20180601", "jaarmaand": "201806"}, "period_after_statement"),
        ({"jaarmaand": "201806"}, "wrong_month"),
        ({"jaarmaand": "201804"}, "wrong_month"),
        ({"jaarmaand": "2018-05"}, "wrong_month"),
        ({"jaarmaand": ""}, "wrong_month"),
        ({"wetgeving": "3"}, "unknown_law"),
        ({"wetgeving": ""}, "unknown_law"),
        ({"wetgeving": "01"}, "unknown_law"),
        ({"wetgeving": "6", "begrotingsartikel": "C1"}, None),
        ({"type_bedrag": "1"}, None),
        ({"type_bedrag": "6"}, None),
        ({"type_bedrag": "0"}, "unknown_amount_type"),
        ({"type_bedrag": "7"}, "unknown_amount_type"),
        ({"type_bedrag": "11"}, "unknown_amount_type"),
        ({"type_bedrag": ""}, "unknown_amount_type"),
        ({"teken": "-"}, None),
        ({"teken": ""}, "invalid_sign"),
        ({"teken": "+-"}, "invalid_sign"),
        ({"teken": "\u2212"}, "invalid_sign"),
        ({"bedrag": ""}, "invalid_amount"),
        ({"bedrag": "0"}, None),
        ({"bedrag": "00089270"}, None),
        ({"bedrag": "9" * 12}, None),
        ({"bedrag": "0" * 30 + "9" * 12}, None),
        ({"bedrag": "1" + "0" * 12}, "invalid_amount"),
        ({"bedrag": "-1"}, "invalid_amount"),
        ({"bedrag": "+1"}, "invalid_amount"),
        ({"bedrag": "1.00"}, "invalid_amount"),
        ({"bedrag": "1,00"}, "invalid_amount"),
        ({"bedrag": "1 000"}, "invalid_amount"),
        ({"bedrag": "\u0661\u0662"}, "invalid_amount"),
        ({"begrotingsartikel": ""}, "unknown_budget_article"),
        ({"begrotingsartikel": "A2"}, "unknown_budget_article"),
        ({"begrotingsartikel": "a1"}, "unknown_budget_article"),
        ({"begrotingsartikel": "B1"}, "unknown_budget_article"),
        ({"eerste_dag": "20180101"}, None),
        ({"eerste_dag": "20171231"}, "unknown_budget_article"),
        (OLD_ARTICLE | {"eerste_dag": "20171231"}, None),
        (OLD_ARTICLE | {"eerste_dag": "20180101"}, "unknown_budget_article"),
        (OLD_ARTICLE | {"eerste_dag": "20180228"}, "unknown_budget_article"),
        (OLD_ARTICLE | {"eerste_dag": "20180301"}, None),
        (OLD_ARTICLE | {"eerste_dag": "20180430"}, None),
        (OLD_ARTICLE | {"eerste_dag": "20180501"}, "unknown_budget_article"),
        ({"ocmw_nis": ""}, "invalid_text"),
        ({"ocmw_nis": "1100"}, "invalid_text"),
        ({"ocmw_nis": "110020"}, "invalid_text"),
        ({"ocmw_nis": "1100A"}, "invalid_text"),
        ({"dossier": "x" * 11}, None),
        ({"dossier": "x" * 12}, "invalid_text"),
        ({"dossier": ""}, "invalid_text"),
        ({"suffix": "01"}, None),
        ({"suffix": "1"}, "invalid_text"),
        ({"suffix": "001"}, "invalid_text"),
        ({"suffix": "0a"}, "invalid_text"),
        ({"referentie": "x" * 12}, None),
        ({"referentie": "x" * 13}, "invalid_text"),
        ({"referentie": ""}, "invalid_text"),
        ({"naam": "x" * 30}, None),
        ({"naam": "é" * 30}, None),
        ({"naam": "x" * 31}, "invalid_text"),
        ({"naam": ""}, "invalid_text"),
        ({"categorie": ""}, None),
        ({"categorie": "1"}, None),
        ({"categorie": "3"}, None),
        ({"categorie": "0"}, "invalid_text"),
        ({"categorie": "4"}, "invalid_text"),
        ({"categorie": "A"}, "invalid_text"),
        ({"categorie": "11"}, "invalid_text"),
        ({"wetgeving": "6", "begrotingsartikel": "C1", "categorie": "Z"}, None),
        ({"wetgeving": "6", "begrotingsartikel": "C1", "categorie": "12"}, "invalid_text"),
        ({"hoedanigheidscode": ""}, None),
        ({"hoedanigheidscode": "002"}, None),
        ({"hoedanigheidscode": "0002"}, "invalid_text"),
        ({"hoedanigheidscode": "2a"}, "invalid_text"),
        ({"hulptype": "no help type at all"}, None),
        ({"wetgeving": "6", "begrotingsartikel": "C1", "hulptype": "none either"}, None),
    ],
)
def test_a_row_carries_its_reason(changes: dict[str, str], reason: str | None) -> None:
    expect(judge(statement_row(**changes)), [reason])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"hulptype": ""}, "unknown_help_type"),
        ({"hulptype": "H3"}, "unknown_help_type"),
        ({"hulptype": "h1"}, "unknown_help_type"),
        ({"eerste_dag": "20180430"}, "unknown_help_type"),
        ({"eerste_dag": "20180430", "hulptype": "H2"}, None),
        ({"begrotingsartikel": "A1"}, "unknown_budget_article"),
        ({"categorie": "Z"}, None),
        ({"categorie": "é"}, None),
        ({"categorie": "ZZ"}, "invalid_text"),
    ],
)
def test_a_law_2_row_needs_a_help_type_valid_on_its_first_day(changes: dict[str, str], reason: str | None) -> None:
    expect(judge(social_assistance(**changes)), [reason])


def test_a_row_broken_in_every_way_carries_the_first_reason_in_the_order_of_the_contract() -> None:
    """Repaired one by one, in the order of contract section 1.5, the row gives every reason in turn."""
    row = social_assistance(
        insz="",
        eerste_dag="",
        laatste_dag="20180602",
        jaarmaand="",
        wetgeving="",
        type_bedrag="",
        teken="",
        bedrag="",
        begrotingsartikel="",
        hulptype="",
        naam="",
    )
    repairs = [
        ("invalid_insz", {"insz": synthetic_insz(1)}),
        ("invalid_date", {"eerste_dag": "20180603"}),
        ("invalid_period", {"eerste_dag": "20180501"}),
        ("period_after_statement", {"laatste_dag": "20180531"}),
        ("wrong_month", {"jaarmaand": "201805"}),
        ("unknown_law", {"wetgeving": "2"}),
        ("unknown_amount_type", {"type_bedrag": "1"}),
        ("invalid_sign", {"teken": "+"}),
        ("invalid_amount", {"bedrag": "1"}),
        ("unknown_budget_article", {"begrotingsartikel": "B1"}),
        ("unknown_help_type", {"hulptype": "H1"}),
        ("invalid_text", {"naam": "x"}),
    ]
    found = []
    for _, repair in repairs:
        # the row comes twice: that it is a duplicate too does not show before everything else is repaired
        found.append(judge(row, row)[1])
        row |= repair
    assert found == [reason for reason, _ in repairs]
    expect(judge(row, row), [None, "duplicate_line"])


def test_of_equal_rows_the_first_stays_wherever_the_others_stand() -> None:
    one, other = statement_row(), statement_row(bedrag="1")
    expect(judge(one, other, one, other, one), [None, None, "duplicate_line", "duplicate_line", "duplicate_line"])


@pytest.mark.parametrize(
    "changes",
    [
        {"bedrag": "089270"},
        {"hulptype": "H9"},
        {"suffix": "01"},
        {"hoedanigheidscode": "02"},
        {"hoedanigheidscode": ""},
        {"naam": "vanvoorbeeld"},
        {"dossier": "D1 "},
    ],
)
def test_rows_that_differ_in_the_text_of_one_column_are_no_duplicates(changes: dict[str, str]) -> None:
    expect(judge(statement_row(), statement_row(**changes)), [None, None])


def test_two_numbers_of_one_person_are_two_rows() -> None:
    """Duplicates are looked for before identity mapping: as the numbers are printed."""
    expect(judge(statement_row(), statement_row(insz=synthetic_insz(2))), [None, None])


def test_judging_keeps_every_row_and_its_content() -> None:
    frame = frame_of("statement", [statement_row(), statement_row(insz=""), statement_row(wetgeving="9")])
    expect(differing_columns(statement_rejects(with_codes(frame, REFERENCE), MAY).select(frame.columns), frame), [])


def test_an_empty_statement_has_no_rejects() -> None:
    judged = statement_rejects(with_codes(frame_of("statement", []), REFERENCE), MAY)
    expect(judged.height, 0)
    expect(typed_statement(judged, REFERENCE).height, 0)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (statement_row(), "LIVING_WAGE"),
        (statement_row(begrotingsartikel="OLD", eerste_dag="20171231"), "INTEGRATION_OTHER"),
        (statement_row(begrotingsartikel="OLD", eerste_dag="20180301"), "LIVING_WAGE"),
        (social_assistance(), "ASSISTANCE"),
        (social_assistance(hulptype="H2"), "MEDICAL"),
        (statement_row(wetgeving="6", begrotingsartikel="C1"), "OUT_OF_SCOPE"),
        (statement_row(hulptype="H2"), "LIVING_WAGE"),
    ],
)
def test_the_aid_kind_is_that_of_the_first_day(row: Row, kind: str) -> None:
    expect(typed(row)["aid_kind"].to_list(), [kind])


def test_the_typed_row_has_dates_included_signed_cents_and_the_line_of_the_file() -> None:
    row = typed(statement_row(), social_assistance(teken="-", bedrag="0000089271", categorie="Z", hoedanigheidscode=""))
    facts = row.drop("insz").rows(named=True)
    assert facts == [
        {
            "line_number": 2,
            "ocmw_nis": "11002",
            "wetgeving": 1,
            "type_bedrag": 1,
            "eerste_dag": date(2018, 5, 1),
            "laatste_dag": date(2018, 5, 31),
            "begrotingsartikel": "A1",
            "hulptype": None,
            "aid_kind": "LIVING_WAGE",
            "teken": "+",
            "amount_cents": 89270,
            "state_share_cents": 49099,  # 55 % is 49098.5
            "categorie": "2",
            "hoedanigheidscode": "2",
        },
        {
            "line_number": 3,
            "ocmw_nis": "11002",
            "wetgeving": 2,
            "type_bedrag": 1,
            "eerste_dag": date(2018, 5, 1),
            "laatste_dag": date(2018, 5, 31),
            "begrotingsartikel": "B1",
            "hulptype": "H1",
            "aid_kind": "ASSISTANCE",
            "teken": "-",
            "amount_cents": -89271,
            "state_share_cents": -89271,
            "categorie": "Z",
            "hoedanigheidscode": None,
        },
    ]
    expect(row["insz"].cast(pl.String).to_list() == [synthetic_insz(1)] * 2, True)


def test_what_no_rule_uses_does_not_go_on() -> None:
    dropped = {"naam", "dossier", "referentie", "suffix", "jaarmaand", "bedrag"}
    expect(dropped & set(typed(statement_row()).columns), set())


def test_the_help_type_of_another_law_does_not_go_on() -> None:
    expect(typed(statement_row(hulptype="H1"))["hulptype"].to_list(), [None])


def with_share(share: Decimal, decimals: int) -> Reference:
    articles = REFERENCE.tables["budget_articles"].with_columns(
        pl.Series([share] * 5, dtype=pl.Decimal(9, decimals)).alias("state_share_pct")
    )
    return Reference(REFERENCE.folder, {**REFERENCE.tables, "budget_articles": articles}, {})


@given(
    amount=st.one_of(st.integers(0, 1000), st.integers(0, 10**12 - 1)),
    share=st.decimals(0, 100, places=4),
    sign=st.sampled_from("+-"),
)
def test_the_share_is_rounded_half_up_per_line_and_then_signed(amount: int, share: Decimal, sign: str) -> None:
    rounded = int((amount * share / 100).quantize(Decimal(1), ROUND_HALF_UP))
    lines = typed(statement_row(bedrag=str(amount), teken=sign), reference=with_share(share, decimals=4))
    expect(lines["state_share_cents"].to_list(), [-rounded if sign == "-" else rounded])


@pytest.mark.parametrize(
    ("amount", "share", "cents"),
    [("1", "50", 1), ("1", "49.99", 0), ("3", "50", 2), ("10", "33.33", 3), ("999999999999", "100", 999999999999)],
)
def test_half_a_cent_is_rounded_away_from_zero_on_both_sides(amount: str, share: str, cents: int) -> None:
    """A grant and its full recovery give zero, so a recovery is rounded as its grant is."""
    rows = [statement_row(bedrag=amount, teken=sign) for sign in "+-"]
    shares = typed(*rows, reference=with_share(Decimal(share), decimals=2))["state_share_cents"]
    expect(shares.to_list(), [cents, -cents])


def test_a_partition_of_the_raw_layer_is_judged_as_the_file_itself() -> None:
    """The raw layer is Parquet: writing and reading it must not change what is judged."""
    frame = frame_of("statement", [statement_row(), statement_row(), statement_row(insz="")])
    again = pl.read_parquet(parquet_bytes(frame))
    expect(reasons(statement_rejects(with_codes(again, REFERENCE), MAY)), [None, "duplicate_line", "invalid_insz"])
