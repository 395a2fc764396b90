"""Why a goal is not met, written by hand in reasons.toml: by the words of the line in the table."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparisons import Row

REASONS = Path(__file__).with_name("reasons.toml")
NONE_WRITTEN = "no reason is written in benchmarks/reasons.toml yet"


def reasons_for(rows: Sequence[Row], path: Path = REASONS) -> list[str]:
    """A sentence for every line of which the goal is not met."""
    written = tomllib.loads(path.read_text("utf-8"))
    found = {_name(row): str(written.get(_name(row), NONE_WRITTEN)) for row in rows if not row.is_met}
    return [f"{name}: {reason}" for name, reason in found.items()]


def _name(row: Row) -> str:
    return f"{row.what}, against {row.compared_with}" if row.compared_with else row.what
