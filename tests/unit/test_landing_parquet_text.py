"""Parquet gives the text that the same rows have in CSV, whatever type the contract allows; others are refused."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import COLUMNS, DATES
from dvz_assets.landing.csv_text import read_csv_text
from dvz_assets.landing.parquet_text import read_parquet_text
from dvz_assets.landing.statement_rows import statement_rejects, with_codes
from tests.cases.landing_writer import as_csv
from tests.unit.landing_deliveries import (
    MAY,
    NO_LIMIT,
    SURNAME,
    differing_columns,
    expect,
    frame_of,
    parquet_bytes,
    persons_row,
    reasons,
    replacement_row,
    small_reference,
    statement_row,
)

ROWS = {
    "statement": [statement_row(), statement_row(teken="-", bedrag="000", suffix="01", hulptype="H1")],
    "persons": [persons_row(), persons_row(document_geldig_tot="20300101", overleden_op="19991231")],
    "insz_replacements": [replacement_row(1, 2)],
}


def delivered(frame: pl.DataFrame, folder: Path, kind: str = "statement", max_bytes: int = NO_LIMIT) -> pl.DataFrame:
    path = folder / f"{kind}.parquet"
    path.write_bytes(parquet_bytes(frame))
    return read_parquet_text(path, path.read_bytes(), COLUMNS[kind], max_bytes)


def problem_of(frame: pl.DataFrame, folder: Path, max_bytes: int = NO_LIMIT) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        delivered(frame, folder, max_bytes=max_bytes)
    assert SURNAME not in str(caught.value)
    return caught.value


def one_statement(**changes: pl.Series) -> pl.DataFrame:
    frame = frame_of("statement", [statement_row()]).drop("line_number")
    return frame.with_columns(series.alias(name) for name, series in changes.items())


@pytest.mark.parametrize("kind", COLUMNS)
def test_text_columns_are_the_csv_but_for_the_line_numbers(kind: str, tmp_path: Path) -> None:
    rows = ROWS[kind]
    from_csv = read_csv_text(Path(f"{kind}.csv"), as_csv(COLUMNS[kind], rows), COLUMNS[kind])
    shuffled = frame_of(kind, rows).select(reversed(COLUMNS[kind]))
    from_parquet = delivered(shuffled, tmp_path, kind)
    expect(differing_columns(from_csv, from_parquet), ["line_number"])
    expect(from_parquet["line_number"].to_list(), list(range(1, len(rows) + 1)))


@pytest.mark.parametrize("kind", COLUMNS)
def test_dates_of_type_date_and_amounts_of_an_integer_type_are_the_csv_too(kind: str, tmp_path: Path) -> None:
    rows = [row | ({"bedrag": "5"} if "bedrag" in row else {}) for row in ROWS[kind]]
    texts = frame_of(kind, rows).drop("line_number")
    typed = texts.with_columns(
        pl.col(name).str.to_date("%Y%m%d") if name in DATES else pl.col(name).cast(pl.UInt16)
        for name in texts.columns
        if name in DATES or name == "bedrag"
    )
    expect(typed.schema != texts.schema, True)
    expect(differing_columns(delivered(texts, tmp_path, kind), delivered(typed, tmp_path, kind)), [])


def test_an_empty_text_is_null_and_so_is_a_column_without_any_value(tmp_path: Path) -> None:
    frame = delivered(one_statement(suffix=pl.Series([""]), hulptype=pl.Series([None], dtype=pl.Null)), tmp_path)
    expect(frame.select("suffix", "hulptype").null_count().row(0), (1, 1))


def test_dictionaries_are_text(tmp_path: Path) -> None:
    frame = one_statement().with_columns(pl.col("naam").cast(pl.Categorical), pl.col("teken").cast(pl.Enum(["+", "-"])))
    expect(differing_columns(delivered(one_statement(), tmp_path), delivered(frame, tmp_path)), [])


@pytest.mark.parametrize(
    ("day", "reason"),
    [(date(1, 1, 1), None), (date(999, 12, 31), None), (date(2018, 5, 31), None), (date(2018, 6, 1), "later")],
)
def test_every_date_of_the_calendar_is_a_date(day: date, reason: str | None, tmp_path: Path) -> None:
    frame = delivered(one_statement(eerste_dag=pl.Series([day]), laatste_dag=pl.Series([day])), tmp_path)
    judged = statement_rejects(with_codes(frame, small_reference()), MAY)
    expected = "period_after_statement" if reason else "unknown_budget_article" if day.year < 2018 else None
    expect(reasons(judged), [expected])


@pytest.mark.parametrize("days", [-(2**31), -719163, 2932897, 2932896 + 17287606, 2**31 - 1])
def test_a_date_outside_the_years_1_to_9999_is_an_invalid_date(days: int, tmp_path: Path) -> None:
    """Parquet can hold such days; written as text they must not become another day."""
    first = pl.Series([days], dtype=pl.Int32).cast(pl.Date)
    frame = delivered(one_statement(eerste_dag=first), tmp_path)
    expect(reasons(statement_rejects(with_codes(frame, small_reference()), MAY)), ["invalid_date"])


@pytest.mark.parametrize("data_type", [pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt32, pl.UInt64])
def test_an_integer_of_any_type_is_an_amount_and_a_negative_one_an_invalid_amount(
    data_type: Any, tmp_path: Path
) -> None:
    amounts = pl.Series([7], dtype=data_type)
    expect(delivered(one_statement(bedrag=amounts), tmp_path)["bedrag"].to_list(), ["7"])
    if data_type.is_signed_integer():
        frame = delivered(one_statement(bedrag=-amounts), tmp_path)
        expect(reasons(statement_rejects(with_codes(frame, small_reference()), MAY)), ["invalid_amount"])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("bedrag", pl.Series([1.0])),
        ("bedrag", pl.Series([1], dtype=pl.Decimal(10, 2))),
        ("bedrag", pl.Series([date(2018, 5, 1)])),
        ("jaarmaand", pl.Series([201805])),
        ("jaarmaand", pl.Series([date(2018, 5, 1)])),
        ("wetgeving", pl.Series([1])),
        ("insz", pl.Series([1])),
        ("eerste_dag", pl.Series([20180501])),
        ("eerste_dag", pl.Series([datetime(2018, 5, 1)])),
        ("naam", pl.Series([SURNAME.encode()])),
        ("naam", pl.Series([[SURNAME]])),
        ("naam", pl.Series([True])),
    ],
)
def test_another_type_is_an_error_that_names_the_column(column: str, values: pl.Series, tmp_path: Path) -> None:
    problem = problem_of(one_statement(**{column: values}), tmp_path)
    assert problem.place.endswith(f"statement.parquet, column {column}")
    others = {"bedrag": " or an integer type", "eerste_dag": " or DATE"}
    assert problem.expected == f"text{others.get(column, '')}"


def test_missing_and_unknown_columns_are_errors(tmp_path: Path) -> None:
    problem = problem_of(one_statement().rename({"naam": SURNAME}), tmp_path)
    assert problem.found == "missing: naam; unknown: 1"


def test_a_nul_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    frame = pl.concat([one_statement(), one_statement(naam=pl.Series([f"{SURNAME}\0"]))])
    problem = problem_of(frame, tmp_path)
    assert problem.place.endswith("statement.parquet, row 2")


@pytest.mark.parametrize("content", [b"", b"PAR1", SURNAME.encode(), parquet_bytes(one_statement())[:-9]])
def test_bytes_that_are_no_parquet_are_an_error_that_does_not_quote_them(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "statement.parquet"
    path.write_bytes(content)
    with pytest.raises(DeliveryError, match="a Parquet file") as caught:
        read_parquet_text(path, content, COLUMNS["statement"], NO_LIMIT)
    assert SURNAME not in str(caught.value)


def test_a_file_without_rows_has_no_rows(tmp_path: Path) -> None:
    expect(delivered(one_statement().clear(), tmp_path).height, 0)


def test_a_small_file_that_unpacks_to_more_than_allowed_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    frame = pl.concat([one_statement()] * 20_000)
    limit = 1_000_000
    size = len(parquet_bytes(frame))
    assert size < limit
    problem = problem_of(frame, tmp_path, max_bytes=limit)
    assert problem.code == "FILE_TOO_LARGE"
    assert "max_file_bytes" in str(problem)
    expect(delivered(frame, tmp_path).height, frame.height)


def test_a_file_that_duckdb_wrote_is_read(tmp_path: Path) -> None:
    """Another writer than Polars: other encodings, and column types without Polars' own metadata."""
    path = tmp_path / "statement.parquet"
    texts = one_statement()
    with duckdb.connect() as connection:
        values = ", ".join(f"'{texts[name].item() or ''}' AS {name}" for name in texts.columns)
        connection.execute(f"COPY (SELECT {values}) TO '{path}' (FORMAT parquet)")
    frame = read_parquet_text(path, path.read_bytes(), COLUMNS["statement"], NO_LIMIT)
    expect(differing_columns(frame, delivered(texts, tmp_path)), [])
