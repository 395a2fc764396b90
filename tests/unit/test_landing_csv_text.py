"""CSV has one reading: every accepted file is read to the letter, every other one is refused with its line."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvz_assets.errors import DeliveryError
from dvz_assets.landing.csv_text import read_csv_text
from tests.unit.landing_deliveries import SURNAME

FILE = Path("statement.csv")
COLUMNS = ("a", "b", "c")


def read(content: str | bytes) -> pl.DataFrame:
    body = content.encode() if isinstance(content, str) else content
    return read_csv_text(FILE, body, COLUMNS)


def records(content: str | bytes) -> list[tuple[int, str | None, str | None, str | None]]:
    """Line number and values of each row."""
    return read(content).rows()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("a;b;c\n1;2;3\n", [(2, "1", "2", "3")], id="plain"),
        pytest.param("a;b;c\n1;2;3", [(2, "1", "2", "3")], id="no line end after the last row"),
        pytest.param("a;b;c\r\n1;2;3\r\n", [(2, "1", "2", "3")], id="CRLF"),
        pytest.param("a;b;c\r\n1;2;3\n4;5;6\r\n", [(2, "1", "2", "3"), (3, "4", "5", "6")], id="LF and CRLF"),
        pytest.param("\ufeffa;b;c\n1;2;3\n", [(2, "1", "2", "3")], id="byte order mark"),
        pytest.param('\ufeff"a";b;c\n1;2;3\n', [(2, "1", "2", "3")], id="byte order mark before a quote"),
        pytest.param("c;a;b\n3;1;2\n", [(2, "1", "2", "3")], id="columns in another order"),
        pytest.param("a;b;c\n", [], id="header only"),
        pytest.param("a;b;c", [], id="header only, without line end"),
        pytest.param("a;b;c\r\n", [], id="header only, CRLF"),
        pytest.param("a;b;c\n;;\n1;;3\n", [(2, None, None, None), (3, "1", None, "3")], id="empty values"),
        pytest.param('a;b;c\n"";"";""\n', [(2, None, None, None)], id="quoted empty values"),
        pytest.param("a;b;c\n 1;2 ; \n", [(2, " 1", "2 ", " ")], id="blanks stay"),
        pytest.param('a;b;c\n"1;1";"2";3\n', [(2, "1;1", "2", "3")], id="quoted separator"),
        pytest.param('a;b;c\n"1""1";"""";"""2"""\n', [(2, '1"1', '"', '"2"')], id="doubled quotes"),
        pytest.param('a;b;c\n"1\n1";2;3\n4;5;6\n', [(2, "1\n1", "2", "3"), (4, "4", "5", "6")], id="quoted LF"),
        pytest.param('a;b;c\r\n"1\r\n1";2;"3"\r\n', [(2, "1\r\n1", "2", "3")], id="quoted CRLF"),
        pytest.param('a;b;c\n"1\r1";2;3\n', [(2, "1\r1", "2", "3")], id="quoted carriage return"),
        pytest.param('"a";"b";"c"\n1;2;3\n', [(2, "1", "2", "3")], id="quoted header"),
        pytest.param('a;b;c\n1;2;"3"', [(2, "1", "2", "3")], id="quote at the end of the file"),
        pytest.param("a;b;c\n1\x1e;2\u2028;3\x85\n", [(2, "1\x1e", "2\u2028", "3\x85")], id="other line ends are text"),
        pytest.param("a;b;c\nNULL;NA;#1\n", [(2, "NULL", "NA", "#1")], id="no word means null, no sign a comment"),
        pytest.param("a;b;c\n007;1e3;true\n", [(2, "007", "1e3", "true")], id="nothing is guessed"),
    ],
)
def test_an_accepted_file_is_read_to_the_letter(
    content: str, expected: list[tuple[int, str | None, str | None, str | None]]
) -> None:
    assert records(content) == expected


def test_the_columns_come_in_the_order_of_the_contract_after_the_line_number() -> None:
    assert read("c;a;b\n3;1;2\n").schema == pl.Schema(
        {"line_number": pl.Int64, "a": pl.String, "b": pl.String, "c": pl.String}
    )
    assert read("c;a;b\n").schema == read("c;a;b\n3;1;2\n").schema


ROW = f"{SURNAME};2;3"


@pytest.mark.parametrize(
    ("content", "place", "found"),
    [
        pytest.param("", "", "an empty file", id="empty"),
        pytest.param("\ufeff", "", "an empty file", id="byte order mark only"),
        pytest.param("\n", "line 1", "missing: a, b, c", id="empty header"),
        pytest.param(f"{ROW}\n", "line 1", "missing: a, b, c; unknown: 3", id="no header"),
        pytest.param("a;b\n1;2\n", "line 1", "missing: c", id="missing column"),
        pytest.param(f"a;b;c;{SURNAME}\n1;2;3;4\n", "line 1", "unknown: 1", id="unknown column"),
        pytest.param("a;b;c;a\n1;2;3;4\n", "line 1", "repeated: a", id="repeated column"),
        pytest.param("a;b;C\n1;2;3\n", "line 1", "missing: c; unknown: 1", id="case matters"),
        pytest.param("a; b;c\n1;2;3\n", "line 1", "missing: b; unknown: 1", id="names are not trimmed"),
        pytest.param("a;b;c;\n1;2;3;\n", "line 1", "unknown: 1", id="separator after the header"),
        pytest.param("\ufeff\ufeffa;b;c\n", "line 1", "missing: a; unknown: 1", id="two byte order marks"),
        pytest.param(f"a;b;c\n{ROW}\n{SURNAME};2\n", "line 3", "2", id="too few fields"),
        pytest.param(f"a;b;c\n{ROW}\n{ROW};4\n", "line 3", "4", id="too many fields"),
        pytest.param(f"a;b;c\n{ROW};\n", "line 2", "4", id="separator after the last value"),
        pytest.param(f"a;b;c\n{ROW}\n1;2\n1\n", "line 3", "2", id="the first of two wrong rows"),
        pytest.param("a;b;c\n1;2\n1;2;3;4\n", "line 2", "2", id="a value in the next row"),
        pytest.param("a;b;c\n1;2;3;4\n1;2\n", "line 2", "4", id="a value in the row before"),
        pytest.param(f"a;b;c\n{ROW}\n\n{ROW}\n", "line 3", "1", id="blank line"),
        pytest.param(f"a;b;c\n{ROW}\n\n", "line 3", "1", id="blank line at the end"),
        pytest.param(f"a;b;c\r\n{ROW}\r\n\r\n", "line 3", "1", id="blank line at the end, CRLF"),
        pytest.param("\na;b;c\n1;2;3\n", "line 1", "missing: a, b, c", id="blank line at the beginning"),
        pytest.param(f'a;b;c\n"x\ny";2;3\n{SURNAME};2\n', "line 4", "2", id="line counted after a quoted line end"),
        pytest.param(f'a;b;c\n{ROW}\n"{SURNAME};2;3\n', "line 3", "none", id="quote that never closes"),
        pytest.param(f'a;b;c\n1;"{SURNAME}"x;3\n', "line 2", "others", id="text after a closing quote"),
        pytest.param(
            f'a;b;c\n{ROW}\n1;"2"x;3\n{ROW}\n1;2;x"3"\n', "line 3", "others", id="the first of two wrong quotes"
        ),
        pytest.param(f'a;b;c\n1; "{SURNAME}";3\n', "line 2", "others", id="blank before an opening quote"),
        pytest.param(f'a;b;c\n1;{SURNAME} "x" y;3\n', "line 2", "others", id="quotes within a value"),
        pytest.param(f'a;b;c\n1;""{SURNAME}"";3\n', "line 2", "others", id="doubled quotes around a value"),
        pytest.param(f"a;b;c\n1;{SURNAME}\r;3\n", "line 2", "a carriage return alone", id="carriage return"),
        pytest.param(f"a;b;c\n{ROW}\r\r\n", "line 2", "a carriage return alone", id="two carriage returns"),
        pytest.param(f"a;b;c\n{ROW}\r", "line 2", "a carriage return alone", id="carriage return at the end"),
        pytest.param(f"a;b;c\r{ROW}\r", "line 1", "a carriage return alone", id="lines that end CR"),
        pytest.param(f"a;b;c\n{ROW}\n1;\0;3\n", "line 3", "a NUL byte", id="NUL"),
        pytest.param(f"\0a;b;c\n{ROW}\n", "line 1", "a NUL byte", id="NUL at the beginning"),
        pytest.param(b"a;b;c\n1;2;3\n1;\xe9;3\n", "line 3", "other bytes", id="Latin-1"),
        pytest.param("a;b;c\n".encode("utf-16"), "line 1", "other bytes", id="UTF-16"),
        pytest.param(b"a;b;c\n1;\xed\xa0\x80;3\n", "line 2", "other bytes", id="surrogate"),
        pytest.param(f"a,b,c\n{SURNAME},2,3\n", "line 1", "missing: a, b, c; unknown: 1", id="another separator"),
    ],
)
def test_any_other_file_is_refused_as_a_whole_with_its_line(content: str | bytes, place: str, found: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(content)
    assert caught.value.place == (f"{FILE}, {place}" if place else str(FILE))
    assert caught.value.found == found
    assert SURNAME not in str(caught.value)


TEXTS = st.text(
    st.one_of(st.sampled_from(';"\r\n é€'), st.characters(exclude_characters="\0", codec="utf-8")), max_size=8
)


@settings(max_examples=300)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6),
    quote_all=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
    ends=st.booleans(),
)
def test_what_is_written_is_read(rows: list[tuple[str, str, str]], quote_all: bool, line_end: str, ends: bool) -> None:
    def written(value: str) -> str:
        quoted = '"' + value.replace('"', '""') + '"'
        return quoted if quote_all or set(value) & set(';"\r\n') else value

    lines = [";".join(map(written, row)) for row in [COLUMNS, *rows]]
    expected, line_number = [], 2
    for row, line in zip(rows, lines[1:], strict=True):
        expected.append((line_number, *(value or None for value in row)))
        line_number += 1 + line.count("\n")
    assert records(line_end.join(lines) + (line_end if ends else "")) == expected


def test_line_ends_within_quotes_keep_a_long_file_together() -> None:
    """Polars cuts a long file into parts that several threads read: a part must not begin within quotes."""
    count = 40_000
    content = "a;b;c\n" + "".join(f'{row};"x;\n""y\n";\n' for row in range(count))
    frame = read(content)
    assert frame["a"].to_list() == [str(row) for row in range(count)]
    assert frame["line_number"].to_list() == [2 + 3 * row for row in range(count)]
    assert set(frame["b"]) == {'x;\n"y\n'}
