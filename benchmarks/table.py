"""Tables of what was measured: in a terminal, and in Markdown."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from benchmarks.comparisons import TIMES, Row, Spread

HEADINGS = ("what", "measured: median (min to max)", "compared with", "ratio", "goal", "met")


def terminal_table(rows: Sequence[Row]) -> Table:
    """For a terminal."""
    table = Table(*HEADINGS)
    for row in rows:
        table.add_row(*cells(row), style=None if row.is_met else "bold")
    return table


def markdown_table(rows: Sequence[Row]) -> str:
    """For a page."""
    return markdown(HEADINGS, map(cells, rows))


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Any table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: Row) -> list[str]:
    """A line of the table, as text."""
    compared_with = row.compared_with
    if row.yardstick is not None:
        compared_with = f"{compared_with}: {_spread(row.yardstick, row.unit)}"
    return [
        row.what,
        "not measured" if row.measured is None else _spread(row.measured, row.unit),
        compared_with,
        "" if row.ratio is None else f"{row.ratio:.2f} {TIMES}",
        row.goal.text,
        "yes" if row.is_met else "no",
    ]


def _spread(spread: Spread, unit: str) -> str:
    number = _whole if unit == "MiB" or spread.median >= 100 else _decimals
    return f"{number(spread.median)} {unit} ({number(spread.lowest)} to {number(spread.highest)})"


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _decimals(value: float) -> str:
    return f"{value:.2f}"
