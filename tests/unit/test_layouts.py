"""Layouts: every form of a file gives the rows of the contract's CSV, and what does not fit is told with its line.

The writer of the generator and the reader know the same descriptions and nothing of each other.
"""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.generate.layout_writer import encodable, write_by_layout
from dvz_assets.landing.columns import COLUMNS
from dvz_assets.landing.conversions import amount_of, cents_of, code_of, date_of, sign_of
from dvz_assets.landing.layout_text import read_and_tell, read_by_layout
from dvz_assets.landing.layouts import Amount, Layout, Layouts
from dvz_assets.landing.masking import masked, unfit_lines
from dvz_assets.landing.receiving import FileToReceive, Received, receive
from dvz_assets.landing.voucher import HIGHEST_SEQUENCE
from dvz_assets.months import Month
from dvz_assets.project_files import layouts_folder
from tests.unit.landing_deliveries import (
    MAY,
    NO_LIMIT,
    SURNAME,
    differing_columns,
    expect,
    frame_of,
    persons_row,
    replacement_row,
    statement_row,
)

FILE = Path("statement.dat")
SHIPPED = {"statement": "novaprima-fixed", "persons": "register-tabs", "insz_replacements": "register-tabs"}
ROWS = {
    "statement": [
        statement_row(naam="Šablona Zoë", bedrag="0"),
        statement_row(teken="-", bedrag="89270", suffix="01", hulptype="H1", categorie=""),
        statement_row(insz="", eerste_dag="2018", hoedanigheidscode="103", bedrag="8,27"),
    ],
    "persons": [persons_row(voornamen="Renée"), persons_row(document_geldig_tot="20300101", overleden_op="20180231")],
    "insz_replacements": [replacement_row(1, 2)],
}


def shipped(kind: str) -> Layout:
    found = Layouts.load(layouts_folder()).find(SHIPPED[kind], kind, MAY)
    assert found is not None
    return found


def layout_of(folder: Path, text: str) -> Layout:
    folder.mkdir(exist_ok=True)
    (folder / "x.toml").write_text(text, encoding="utf-8")
    return Layouts.load(folder).all[0]


DELIMITED = 'format = "delimited"\nseparator = ";"'


def replacements(columns: str, head: str = DELIMITED) -> str:
    return f'layout = "x"\nkind = "insz_replacements"\nfirst_month = "2018-01"\n{head}\n[columns]\n{columns}\n'


NAMED = 'oud_insz = {name = "A"}\nnieuw_insz = {name = "B"}\n'
PLACED = "oud_insz = {first = 1, length = 3}\nnieuw_insz = {first = 4, length = 3}\n"
ALL_NAMED = NAMED + 'datum = {name = "C"}'
ALL_PLACED = PLACED + "datum = {first = 7, length = 8}"


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_shipped_layout_gives_the_rows_of_the_csv(kind: str, ending: bytes) -> None:
    layout = shipped(kind)
    lines = frame_of(kind, ROWS[kind]).select("line_number")
    expected = pl.concat(
        [lines, encodable(frame_of(kind, ROWS[kind]).drop("line_number"), layout.told.encoding)], how="horizontal"
    )
    content = write_by_layout(expected.drop("line_number"), layout).replace(b"\n", ending)
    expect(differing_columns(read_by_layout(FILE, content, layout, COLUMNS[layout.told.kind], NO_LIMIT), expected), [])


OTHER_FORMS = {
    "utf-8 beyond one byte, padded left": (
        'format = "fixed_width"\nrecord_length = 60',
        'oud_insz = {first = 40, length = 12, align = "right", padding = "*"}\n'
        'nieuw_insz = {first = 20, length = 12}\ndatum = {first = 1, length = 10, date = "DD.MM.YYYY"}',
    ),
    "fields without names, quoted": (
        'format = "delimited"\nseparator = ","\nquote = "\'"\ncolumn_names = false\nfields = 5',
        "oud_insz = {field = 4}\nnieuw_insz = {field = 2}\n"
        'datum = {field = 5, date = "DDMMYYYY", empty = ["00000000"]}',
    ),
    "Parquet with other names": (
        'format = "parquet"',
        'oud_insz = {name = "Old"}\nnieuw_insz = {name = "New"}\ndatum = {name = "D", date = "YYYY/MM/DD"}',
    ),
    "header and trailer of a delimited file": (
        'format = "delimited"\nseparator = "|"\nheader = {starts_with = "H"}\n'
        'trailer = {starts_with = "T", rows = {field = 3}}',
        ALL_NAMED,
    ),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_other_forms_give_the_rows_of_the_csv_too(name: str, tmp_path: Path) -> None:
    head, columns = OTHER_FORMS[name]
    layout = layout_of(tmp_path, replacements(columns, head))
    rows = [replacement_row(1, 2), replacement_row(3, 4, oud_insz="Łé", datum=""), replacement_row(5, 6)]
    texts = frame_of("insz_replacements", rows).drop("line_number")
    found = read_by_layout(FILE, write_by_layout(texts, layout), layout, COLUMNS[layout.told.kind], NO_LIMIT)
    expect(differing_columns(found.drop("line_number"), texts), [])
    assert found["line_number"].diff().drop_nulls().to_list() == [1, 1]


def converted(text: str | None, how: Callable[[pl.Expr], Any]) -> tuple[str | None, bool]:
    column = how(pl.col("text"))
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    value, fits = frame.select(column.text.alias("value"), column.fits.alias("fits")).row(0)
    return value, fits


@pytest.mark.parametrize(
    ("form", "text", "value", "fits"),
    [
        ("YYYY-MM-DD", "2018-05-31", "20180531", True),
        ("DD/MM/YYYY", "31/05/2018", "20180531", True),
        ("DD/MM/YYYY", "20180531", "?20180531", False),
        ("DDMMYYYY", "31052018", "20180531", True),
        ("DD.MM.YYYY", "31x05x2018", "31x05x2018", False),
        ("YYYY-MM-DD", None, None, True),
    ],
)
def test_a_date_in_another_form_is_never_another_day(form: str, text: str, value: str, fits: bool) -> None:
    assert converted(text, lambda column: date_of(column, form)) == (value, fits)


LONGER_THAN_A_NUMBER = "9" * 20


@pytest.mark.parametrize(
    ("amount", "text", "cents", "sign"),
    [
        (Amount(), "00089270", "89270", "+"),
        (Amount(), "000", "0", "+"),
        (Amount(mark=","), "892,70", "89270", "+"),
        (Amount(mark=","), "89270", "?89270", "+"),
        (Amount(mark=",", decimals=1), "892,7", "89270", "+"),
        (Amount(decimals=0), "892", "89200", "+"),
        (Amount(mark=".", sign="leading"), "-12.50", "1250", "-"),
        (Amount(mark=".", sign="trailing"), "12.50-", "1250", "-"),
        (Amount(sign="overpunched"), "0000125}", "1250", "-"),
        (Amount(sign="overpunched"), "0000125{", "1250", "+"),
        (Amount(sign="overpunched"), "0000125R", "1259", "-"),
        (Amount(sign="overpunched"), "00001250", "?00001250", "+"),
        (Amount(mark=",", sign="overpunched"), "12,5}", "1250", "-"),
        (Amount(mark=",", sign="overpunched"), "12,50}", "12,50}", "-"),
        (Amount(mark=",", sign="overpunched"), "12,}", "12,}", "-"),
        (Amount(sign="leading"), "12-5", "12-5", "+"),
        (Amount(mark=","), f"{LONGER_THAN_A_NUMBER},00", f"{LONGER_THAN_A_NUMBER}00", "+"),
    ],
)
def test_an_amount_in_another_form_is_never_another_amount(amount: Amount, text: str, cents: str, sign: str) -> None:
    value, fits = converted(text, lambda column: amount_of(column, amount))
    assert (value, converted(text, lambda column: sign_of(column, amount))[0]) == (cents, sign)
    total = cents_of(text, amount)
    assert total == ((-1 if sign == "-" else 1) * int(cents) if fits else None)


def test_a_code_that_is_not_translated_is_never_taken_for_one_of_the_contract() -> None:
    translation = {"a": "1", "b": ""}
    assert converted("a", lambda column: code_of(column, translation)) == ("1", True)
    assert converted("b", lambda column: code_of(column, translation)) == (None, True)
    assert converted("1", lambda column: code_of(column, translation)) == ("?1", False)


def test_constants_signs_and_translations_fill_columns(tmp_path: Path) -> None:
    (tmp_path / "articles.csv").write_text("source,contract\nX1,PH_101\n", encoding="utf-8")
    places = {"begrotingsartikel": 'name = "art", translate = "articles.csv"', "teken": 'sign_of = "bedrag"'}
    places["bedrag"] = 'name = "amt", amount = {mark = ",", sign = "trailing"}'
    places["wetgeving"] = 'constant = "1"'
    places = {name: places.get(name, f'name = "{name}"') for name in COLUMNS["statement"]}
    columns = "".join(f"{name} = {{{place}}}\n" for name, place in places.items())
    text = 'layout = "x"\nkind = "statement"\nfirst_month = "2018-01"\nformat = "delimited"\nseparator = "\\t"\n'
    layout = layout_of(tmp_path, f"{text}[columns]\n{columns}")
    rows = [statement_row(teken="-", bedrag="89270", begrotingsartikel="PH_101"), statement_row(bedrag="5")]
    rows[1]["begrotingsartikel"] = "PH_101"
    frame = frame_of("statement", rows)
    content = write_by_layout(frame.drop("line_number"), layout)
    assert b"892,70-" in content
    expect(differing_columns(read_by_layout(FILE, content, layout, COLUMNS[layout.told.kind], NO_LIMIT), frame), [])


def damaged(change: Callable[[bytes], bytes], kind: str = "statement") -> DeliveryError:
    layout = shipped(kind)
    content = write_by_layout(frame_of(kind, ROWS[kind]).drop("line_number"), layout)
    with pytest.raises(DeliveryError) as caught:
        read_by_layout(FILE, change(content), layout, COLUMNS[layout.told.kind], NO_LIMIT)
    assert SURNAME not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("change", "at", "found"),
    [
        (lambda content: content.replace(b"\n1110", b"\n11110", 1), "line 2", "119 characters"),
        (lambda content: content.replace(b"89270", b"89\x0070"), "line 3", "a NUL byte"),
        (lambda content: content.replace(b"89270", b"89\x8170"), "line 3", "other bytes"),
        (lambda content: content.replace(b"89270", b"89\x1f70"), "line 3", "a control character"),
        (lambda content: content[1:], "line 1", "another, or none"),
        (lambda content: content[: content.rindex(b"\n9")], "line 4", "another, or none"),
        (lambda content: content.replace(b"89270", b"89271", 1), "trailer", "another total"),
        (lambda content: content.replace(b"9000000003", b"9000000004"), "trailer", "4 rows"),
        (lambda content: b"", "line 1", "another, or none"),
    ],
)
def test_what_is_broken_is_told_with_its_place(change: Callable[[bytes], bytes], at: str, found: str) -> None:
    problem = damaged(change)
    assert (problem.place, problem.found) == (f"{FILE}, {at}", found)


def test_windows_1252_is_not_taken_for_iso_8859_1() -> None:
    problem = damaged(lambda content: content.replace(SURNAME.encode(), b"\x8aablona", 1), "persons")
    assert problem.place.endswith("line 2")


def test_what_does_not_fit_is_told_with_its_lines_and_values_are_masked() -> None:
    layout = shipped("statement")
    read = read_and_tell(
        FILE,
        write_by_layout(frame_of("statement", ROWS["statement"]).drop("line_number"), layout),
        layout,
        COLUMNS[layout.told.kind],
        NO_LIMIT,
    )
    assert unfit_lines(read.fits) == {"bedrag": [4]}
    shown = masked(read.frame)
    assert set("".join(shown["naam"])) == {"x", " "}
    assert shown["insz"][0] == "9" * 11


WRONG = {
    "no TOML": ("layout = \n", "line 1", "Invalid value"),
    "unknown key": (replacements(NAMED + 'datum = {name = "C", colour = 1}'), "line 9", "not permitted"),
    "wrong type": (replacements(NAMED + 'datum = {field = "1"}'), "line 9", "integer"),
    "missing column": (replacements(NAMED), "line 6", "no column datum"),
    "unknown column": (replacements(NAMED + 'datum = {name = "C"}\nx = {name = "D"}'), "line 10", "no column of the"),
    "two places": (replacements(NAMED + 'datum = {name = "C", field = 2}'), "line 9", "needs name"),
    "no separator": (replacements(ALL_NAMED, 'format = "delimited"'), "line 4", "no separator"),
    "overlap": (
        replacements(PLACED + "datum = {first = 6, length = 8}", 'format = "fixed_width"'),
        "line 8",
        "overlaps nieuw_insz",
    ),
    "amount of no amount": (replacements(NAMED + 'datum = {name = "C", amount = {}}'), "line 9", "no amount"),
    "unknown form of a date": (replacements(NAMED + 'datum = {name = "C", date = "D/M/Y"}'), "line 9", "Input should"),
    "no month": (replacements(ALL_NAMED).replace("2018-01", "2018-13"), "line 3", ""),
    "no month in between": (
        replacements(ALL_NAMED).replace("first_", 'last_month = "2017-12"\nfirst_'),
        "line 3",
        "ends before it begins",
    ),
    "quote that is the separator": (
        replacements(ALL_NAMED, DELIMITED + '\nquote = ";"'),
        "line 6",
        "the separator",
    ),
    "fields without names and number": (
        replacements(ALL_NAMED, DELIMITED + "\ncolumn_names = false"),
        "line 6",
        "the number of fields",
    ),
    "separator of fixed width": (
        replacements(ALL_PLACED, 'format = "fixed_width"\nseparator = ";"'),
        "line 5",
        "separator of a file that is not delimited",
    ),
    "quote of Parquet": (
        replacements(ALL_NAMED, 'format = "parquet"\nquote = "\'"'),
        "line 5",
        "quote of a file that is not delimited",
    ),
    "fields of Parquet": (
        replacements(ALL_NAMED, 'format = "parquet"\nfields = 3'),
        "line 5",
        "fields of a file that is not delimited",
    ),
    "header of Parquet": (
        replacements(ALL_NAMED, 'format = "parquet"\nheader = {starts_with = "H"}'),
        "line 5",
        "no such records",
    ),
    "trailer of Parquet": (
        replacements(ALL_NAMED, 'format = "parquet"\ntrailer = {starts_with = "T"}'),
        "line 5",
        "no such records",
    ),
    "column after the record": (
        replacements(ALL_PLACED, 'format = "fixed_width"\nrecord_length = 13'),
        "line 9",
        "ends after the record",
    ),
    "number of rows in a field of fixed width": (
        replacements(ALL_PLACED, 'format = "fixed_width"\nheader = {rows = {field = 2}}'),
        "line 5",
        "a place of another format",
    ),
    "number of rows at a position of a delimited file": (
        replacements(
            ALL_NAMED,
            DELIMITED + "\ntrailer = {rows = {first = 2, length = 9}}",
        ),
        "line 6",
        "a place of another format",
    ),
    "total of replacements": (
        replacements(ALL_NAMED, DELIMITED + "\nheader = {total = {field = 2}}"),
        "line 6",
        "only a statement has amounts",
    ),
    "field behind the last": (
        replacements(
            "oud_insz = {field = 1}\nnieuw_insz = {field = 2}\ndatum = {field = 4}",
            DELIMITED + "\ncolumn_names = false\nfields = 3",
        ),
        "line 11",
        "behind the last",
    ),
    "name where there are none": (
        replacements(ALL_NAMED, 'format = "fixed_width"'),
        "line 6",
        "needs first",
    ),
    "date of no date": (
        replacements('oud_insz = {name = "A", date = "DDMMYYYY"}\nnieuw_insz = {name = "B"}\ndatum = {name = "C"}'),
        "line 7",
        "no date",
    ),
    "sign of no amount": (replacements(NAMED + 'datum = {sign_of = "bedrag"}'), "line 9", "sign_of is for"),
    "date that is translated": (
        replacements(NAMED + 'datum = {name = "C", date = "DDMMYYYY", translate = "codes.csv"}'),
        "line 9",
        "alone",
    ),
    "place without length": (replacements(NAMED + "datum = {first = 1}"), "line 9", "go together"),
    "mark without decimals": (
        replacements(NAMED + 'datum = {name = "C", amount = {decimals = 0, mark = ","}}'),
        "line 9",
        "a mark stands before decimals",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_layout_is_told_with_file_and_line(name: str, tmp_path: Path) -> None:
    text, line, found = WRONG[name]
    with pytest.raises(DvzError, match="INVALID_LAYOUT") as caught:
        layout_of(tmp_path, text)
    at = "" if name == "no TOML" else ", [a-z_.]+"
    assert re.search(rf"x\.toml, {line}{at}$", caught.value.place)
    assert found in caught.value.found


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"#" * (1024**2 + 1), "at most 1048576 bytes"), (b"# \xe9", "text in UTF-8")],
    ids=["too large", "another encoding"],
)
def test_what_cannot_be_a_layout_is_not_read(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(DvzError, match="INVALID_LAYOUT") as caught:
        Layouts.load(tmp_path)
    assert caught.value.expected == expected


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"contract,source\nX1,1\n", 1),
        (b"source,contract\nX1,1\nX2\n", 3),
        (b"source,contract\nX1,1,2\n", 2),
        (b'source,contract\n"X1",1\n', 2),
        (b"source,contract\nX1,1\nX1,2\n", 3),
        (b"source,contract\nX1,?1\n", 2),
    ],
)
def test_a_wrong_table_of_codes_is_told_with_file_and_line(content: bytes, line: int, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_bytes(content)
    with pytest.raises(DvzError, match="INVALID_LAYOUT") as caught:
        layout_of(tmp_path, replacements(NAMED + 'datum = {name = "C", translate = "codes.csv"}'))
    assert f"codes.csv, line {line}" in caught.value.place


@pytest.mark.parametrize("head", [DELIMITED, 'format = "parquet"'])
def test_padding_is_cut_from_its_side_in_files_without_positions_too(head: str, tmp_path: Path) -> None:
    columns = 'oud_insz = {name = "A", padding = "*", align = "right"}\nnieuw_insz = {name = "B", padding = "*"}\n'
    layout = layout_of(tmp_path, replacements(columns + 'datum = {name = "C"}', head))
    texts, content = pl.DataFrame({"A": ["**1*"], "B": ["*2**"], "C": ["20180501"]}), BytesIO()
    texts.write_csv(content, separator=";") if head == DELIMITED else texts.write_parquet(content)
    rows = read_by_layout(FILE, content.getvalue(), layout, COLUMNS["insz_replacements"], NO_LIMIT)
    assert rows.select("oud_insz", "nieuw_insz").row(0) == ("1*", "*2")


def test_positions_may_meet_and_end_with_the_record_and_a_layout_may_hold_for_a_month(tmp_path: Path) -> None:
    text = replacements(ALL_PLACED, 'format = "fixed_width"\nrecord_length = 14')
    layout = layout_of(tmp_path, text.replace("first_month", 'last_month = "2018-01"\nfirst_month'))
    assert [layout.holds_in(Month(year, month)) for year, month in ((2017, 12), (2018, 1), (2018, 2))] == [0, 1, 0]


@pytest.mark.parametrize(("field", "said"), [(2, "1"), (2, "01"), (3, "1"), (2, "2"), (4, "1"), (2, "x")])
def test_a_control_record_is_read_where_the_layout_says(field: int, said: str, tmp_path: Path) -> None:
    """Whatever stands before and after it there; a field that the record does not have says nothing."""
    head = f'format = "delimited"\nseparator = "|"\nheader = {{starts_with = "H", rows = {{field = {field}}}}}'
    layout = layout_of(tmp_path, replacements(ALL_NAMED, head))
    record = ["H", "?", "?"]
    if field <= len(record):
        record[field - 1] = said
    content = "|".join(record).encode() + b"\nA|B|C\n1|2|20180501\n"
    columns = COLUMNS["insz_replacements"]
    if field <= len(record) and said in {"1", "01"}:
        assert read_by_layout(FILE, content, layout, columns, NO_LIMIT).height == 1
        return
    with pytest.raises(DeliveryError, match="FILE_DIFFERS_FROM_CONTROL_RECORD") as caught:
        read_by_layout(FILE, content, layout, columns, NO_LIMIT)
    assert caught.value.found == ("2 rows" if said == "2" else "no number of rows")


def test_what_is_received_keeps_the_form_that_its_layout_says(tmp_path: Path) -> None:
    """And is numbered after what was taken before; there is no number after the highest."""
    head, columns = OTHER_FORMS["Parquet with other names"]
    layout = layout_of(tmp_path / "layouts", replacements(columns, head))
    texts = frame_of("insz_replacements", [replacement_row(1, 2)]).drop("line_number")
    persons = frame_of("persons", [persons_row()]).drop("line_number")
    files = [tmp_path / "persons.csv", tmp_path / "replaced.pq"]

    def received(sequence_before: int) -> Received:
        files[0].write_bytes(persons.write_csv(separator=";").encode())
        files[1].write_bytes(write_by_layout(texts, layout))
        return receive(
            tmp_path / "landing",
            "register",
            MAY,
            [FileToReceive(files[0], "persons", None), FileToReceive(files[1], "insz_replacements", layout)],
            dated=MAY.first_day,
            layout_name="x",
            sequence_before=sequence_before,
            max_bytes=NO_LIMIT,
        )

    assert received(3) == Received(4, {"persons": 1, "insz_replacements": 1})
    there = tmp_path / "landing" / "register" / str(MAY)
    assert {path.name for path in there.iterdir()} == {"persons.csv", "insz_replacements.parquet", "voucher.json"}
    with pytest.raises(DvzError, match="NOT_RECEIVED"):
        received(HIGHEST_SEQUENCE)
    there.with_name(f".receiving-{MAY}").touch()
    with pytest.raises(DvzError, match="NOT_RECEIVED") as caught:
        received(3)
    assert (caught.value.place, caught.value.found) == (str(there), "File exists")
    assert all(path.exists() for path in files)


def test_what_a_file_holds_has_to_be_said_where_a_layout_is_for_several(tmp_path: Path) -> None:
    one = replacements(ALL_NAMED)
    layout_of(tmp_path, one)
    assert Layouts.load(tmp_path).of_file("x", None, MAY).told.kind == "insz_replacements"
    columns = "\n".join(f'{name} = {{name = "{name}"}}' for name in COLUMNS["persons"])
    head, _ = one.replace("insz_replacements", "persons").split("oud_insz", 1)
    (tmp_path / "y.toml").write_text(head + columns, encoding="utf-8")
    layouts = Layouts.load(tmp_path)
    assert layouts.of_file("x", "persons", MAY).told.kind == "persons"
    with pytest.raises(DvzError, match="INVALID_ARGUMENT") as caught:
        layouts.of_file("x", None, MAY)
    assert caught.value.expected == "insz_replacements or persons"


def test_layouts_are_dated_and_do_not_overlap(tmp_path: Path) -> None:
    text = replacements(ALL_NAMED)
    (tmp_path / "old.toml").write_text(text.replace("first_month", 'last_month = "2018-05"\nfirst_month'), "utf-8")
    (tmp_path / "new.toml").write_text(text.replace("2018-01", "2018-06"), "utf-8")
    layouts = Layouts.load(tmp_path)
    found = [layouts.find("x", "insz_replacements", Month(2018, month)) for month in (5, 6)]
    assert [each.path.name for each in found if each] == ["old.toml", "new.toml"]
    assert layouts.find("x", "persons", MAY) is None
    for name, month in (("x", Month(2017, 12)), ("y", MAY)):
        with pytest.raises(DvzError, match="NO_LAYOUT"):
            layouts.find(name, "insz_replacements", month)
    assert layouts.find("x", "insz_replacements", Month(2017, 12), required=False) is None
    (tmp_path / "new.toml").write_text(text.replace("2018-01", "2018-05"), "utf-8")
    with pytest.raises(DvzError, match="two in 2018-05"):
        Layouts.load(tmp_path)
