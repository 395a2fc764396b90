"""Writes a file of the contract as a layout describes it: the other way round from ``landing.layout_text``.

Names take the letters that the encoding has: Šablona becomes Sablona, as in the sources that it stands for.
"""

import io
import unicodedata

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.landing.conversions import DIGITS, NEGATIVE, POSITIVE
from dvz_assets.landing.encodings import PYTHON_NAMES
from dvz_assets.landing.layouts import SIGN, Amount, Controls, Layout, Place, SourceColumn
from dvz_assets.landing.totals import signed_total

# letters that are none with a mark that could be left out
WITHOUT_MARK = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}


def file_ending(layout: Layout) -> str:
    """How the name of a file of the layout ends."""
    return "parquet" if layout.told.format == "parquet" else "dat"


def encodable(frame: pl.DataFrame, encoding: str) -> pl.DataFrame:
    """The frame with letters that the encoding has in place of those that it does not have."""
    letters = set("".join(frame.select(pl.all().str.join()).row(0)) if frame.height else "")
    python_name = PYTHON_NAMES[encoding]
    lacking = {each: _plain_letter(each) for each in sorted(letters) if not _has(python_name, each)}
    if not lacking:
        return frame
    return frame.with_columns(pl.all().str.replace_many(list(lacking), list(lacking.values())))


def write_by_layout(frame: pl.DataFrame, layout: Layout) -> bytes:
    """The bytes of the file; raises DvzError where the layout has no room for a value, or no form."""
    frame = encodable(frame, layout.told.encoding)
    texts = frame.select(_source_text(layout, name, each).alias(name) for name, each in layout.read_columns.items())
    if layout.told.format == "parquet":
        buffer = io.BytesIO()
        texts.rename(_names(layout)).write_parquet(buffer)
        return buffer.getvalue()
    rows = _fixed(texts, layout) if layout.told.format == "fixed_width" else _delimited(texts, layout)
    header, trailer = (_control(frame, layout, each) for each in (layout.told.header, layout.told.trailer))
    return (header + rows + trailer).encode(PYTHON_NAMES[layout.told.encoding])


def _source_text(layout: Layout, name: str, column: SourceColumn) -> pl.Expr:
    text = pl.col(name)
    if column.date is not None:
        parts = {"YYYY": text.str.slice(0, 4), "MM": text.str.slice(4, 2), "DD": text.str.slice(6, 2)}
        form = column.date
        places = sorted(parts, key=form.index)
        marks = form.replace("YYYY", "|").replace("MM", "|").replace("DD", "|").split("|")
        pieces = [piece for part, mark in zip(places, marks[1:], strict=True) for piece in (parts[part], pl.lit(mark))]
        text = pl.when(text.str.contains("^[0-9]{8}$")).then(pl.concat_str(pieces)).otherwise(text)
    if column.amount is not None:
        text = _amount(text, pl.col(SIGN), column)
    if column.translate is not None:
        text = text.replace({code: source for source, code in layout.translations[name].items()})
    return text.fill_null(column.empty[0]) if column.empty else text


def _amount(text: pl.Expr, sign: pl.Expr, column: SourceColumn) -> pl.Expr:
    """Only whole cents are written so; what is no amount stays as it is."""
    amount = column.amount or Amount()
    without = 2 - amount.decimals
    digits = text.str.zfill(3).str.head(-without) if without else text.str.zfill(3)
    euros, decimals = (
        (digits.str.head(-amount.decimals), digits.str.tail(amount.decimals)) if amount.mark else (digits, None)
    )
    written = euros if decimals is None else euros + amount.mark + decimals
    is_negative = (sign == "-").fill_null(value=False)
    if column.length is not None:
        written = written.str.zfill(column.length - (amount.sign in ("leading", "trailing")))
    match amount.sign:
        case "leading":
            written = pl.when(is_negative).then("-" + written).otherwise("+" + written)
        case "trailing":
            written = pl.when(is_negative).then(written + "-").otherwise(written + "+")
        case "overpunched":
            last = written.str.tail(1)
            positive, negative = (last.replace(list(DIGITS), list(letters)) for letters in (POSITIVE, NEGATIVE))
            written = written.str.head(-1) + pl.when(is_negative).then(negative).otherwise(positive)
    return pl.when(text.str.contains("^[0-9]+$")).then(written).otherwise(text)


def _names(layout: Layout) -> dict[str, str]:
    return {name: column.name for name, column in layout.read_columns.items() if column.name is not None}


def _delimited(texts: pl.DataFrame, layout: Layout) -> str:
    told = layout.told
    if told.column_names:
        texts = texts.rename(_names(layout))
    else:
        fields = {column.field: name for name, column in layout.read_columns.items()}
        texts = texts.select(
            pl.col(fields[number]) if number in fields else pl.lit("").alias(f"field {number}")
            for number in range(1, (told.fields or 0) + 1)
        )
    return texts.write_csv(
        separator=told.separator or ";",
        include_header=told.column_names,
        quote_style="necessary" if told.quote else "never",
        quote_char=told.quote or '"',
    )


def _fixed(texts: pl.DataFrame, layout: Layout) -> str:
    if not texts.height:
        return ""
    padded: list[pl.Expr] = []
    position = 1
    for name, column in sorted(layout.read_columns.items(), key=lambda item: item[1].first or 0):
        first, length = column.first or 1, column.length or 0
        if (texts[name].str.len_chars() > length).any():
            raise _no_room(layout, name)
        padding = column.padding or layout.told.padding
        text = pl.col(name).fill_null("")
        padded.append(pl.lit(" " * (first - position)))
        padded.append(
            text.str.pad_start(length, padding) if column.align == "right" else text.str.pad_end(length, padding)
        )
        position = first + length
    padded.append(pl.lit(" " * (layout.record_length + 1 - position) + "\n"))
    return str(texts.select(pl.concat_str(padded).str.join()).item())


def _control(frame: pl.DataFrame, layout: Layout, controls: Controls | None) -> str:
    if controls is None:
        return ""
    values: list[tuple[Place, str]] = []
    if controls.rows is not None:
        values.append((controls.rows, str(frame.height)))
    if controls.total is not None:
        total = signed_total(frame)
        cents = pl.DataFrame({"bedrag": [str(abs(total))], SIGN: ["-" if total < 0 else "+"]})
        column = SourceColumn(length=controls.total.length, first=controls.total.first, amount=controls.amount)
        values.append((controls.total, cents.select(_amount(pl.col("bedrag"), pl.col(SIGN), column)).item()))
    if layout.told.format == "delimited":
        count = max((place.field or 1 for place, _ in values), default=1)
        fields = [controls.starts_with, *[""] * (count - 1)]
        for place, text in values:
            fields[(place.field or 1) - 1] = text
        return (layout.told.separator or ";").join(fields) + "\n"
    record = controls.starts_with.ljust(layout.record_length)
    for place, text in values:
        first, length = (place.first or 1) - 1, place.length or 0
        if len(text) > length:
            raise _no_room(layout, "a control total")
        record = record[:first] + text.rjust(length, "0") + record[first + length :]
    return record + "\n"


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain_letter(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", WITHOUT_MARK.get(letter, letter)).encode("ascii", "ignore").decode("ascii")
    return plain or "?"


def _no_room(layout: Layout, what: str) -> DvzError:
    return DvzError(
        "INVALID_ARGUMENT",
        place=f"layout {layout.told.layout}, {what}",
        expected="room for every value that is written",
        found="a longer value",
        remedy="describe the length that the source has",
    )
