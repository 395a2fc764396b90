"""What may be shown of a file that somebody looks at: the form of its values, and where they do not fit."""

import polars as pl


def masked(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with every letter as ``x`` and every digit as ``9``; blanks and marks stay."""
    texts = [
        pl.col(name).str.replace_all(r"\p{N}", "9").str.replace_all(r"\p{L}", "x")
        for name, data_type in frame.schema.items()
        if data_type == pl.String
    ]
    return frame.with_columns(texts)


def unfit_lines(fits: pl.DataFrame) -> dict[str, list[int]]:
    """Of each column with a text that does not fit: the lines."""
    names = [name for name in fits.columns if name != "line_number"]
    lines = {name: fits.filter(~pl.col(name))["line_number"].to_list() for name in names}
    return {name: found for name, found in lines.items() if found}
