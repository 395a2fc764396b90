"""Files with which a version went wrong (tests/failing); each stands for its kind, which the suites try at random."""

from pathlib import Path

import pytest

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.landing.csv_text import read_csv_text
from dvz_assets.landing.parquet_text import read_parquet_text

FOLDER = Path(__file__).parents[1] / "failing"
COLUMNS_OF_FILES = COLUMNS["insz_replacements"]
NO_LIMIT = 10**9


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.parquet")), ids=lambda path: path.stem)
def test_a_damaged_parquet_file_is_refused_and_a_right_one_read(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The first three ended the process, or printed what is in them."""
    if path.stem == "ok_date64":
        assert (
            read_parquet_text(path, path.read_bytes(), COLUMNS_OF_FILES, NO_LIMIT)["datum"].str.len_bytes().max() == 8
        )
    else:
        with pytest.raises(DeliveryError, match="a Parquet file"):
            read_parquet_text(path, path.read_bytes(), COLUMNS_OF_FILES, NO_LIMIT)
    assert capfd.readouterr() == ("", "")


def test_the_first_error_is_named_when_the_number_of_quotes_is_odd() -> None:
    path = FOLDER / "insz_replacements_line3_reported_as_line9.csv"
    with pytest.raises(DeliveryError, match=r"line 3: expected quotes"):
        read_csv_text(path, path.read_bytes(), COLUMNS_OF_FILES)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'a;b;c\n1;2\n1;2"x;3\n', 2),  # too few fields, then a quote
        (b'a;b;c\n1;2"x;3\n1;2\n', 2),
        (b"a;b;c\n1;2;3;4\n1;\xff;3\n", 2),  # too many, then another encoding
        (b'a;b;c\n1;"2\n1;\0;3\n', 2),  # a quote that never closes, then a NUL
        (b"a;b;c\n1;\0;3\n1;\xff;3\n", 2),
        (b"a;b;c\n1;\r;3\n1;\xff;3\n", 2),
    ],
)
def test_of_several_errors_the_first_in_the_file_is_named(body: bytes, line: int) -> None:
    with pytest.raises(DeliveryError, match=f"line {line}:"):
        read_csv_text(Path("x.csv"), body, ("a", "b", "c"))


def test_unwanted_columns_are_named_where_they_are_columns() -> None:
    with pytest.raises(DeliveryError, match=r"unknown: 2 \(extra_code\)"):
        read_csv_text(Path("x.csv"), b"a;b;c;extra_code;Vanvoorbeeld\n", ("a", "b", "c"))
