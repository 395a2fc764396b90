"""What would be sent for a month if another regime were in force in it: what only a change of law has changed."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.questions.comparison import Side, side_of
from dvz_assets.questions.recomputation import recomputation, settings_then

REGIMES = "regimes.csv"


def under_regime(
    flow: Flow, month: Month, regime: str, *, now: bool, on_month: Callable[[Month], None] = lambda month: None
) -> Side:
    """Compute what a materialised month would send under another regime, with all else that it was made with.

    With ``now``: with tables, settings and deliveries as they are today. ``on_month`` is told of each month that is
    done.
    """
    settings = flow.settings if now else settings_then(flow, month)
    with _in_force(settings.reference, regime, month) as folder:
        other = settings.model_copy(update={"reference": folder})
        with recomputation(flow, other, [month], from_landing=now, archived=not now, on_month=on_month) as recomputed:
            return side_of(recomputed, month, f"{month} under {regime}")


@contextmanager
def _in_force(tables: Path, regime: str, month: Month) -> Iterator[Path]:
    """A copy of the tables in which a regime holds in a month, and the others end before or begin after it."""
    with (tables / REGIMES).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (chosen,) = [row for row in rows if row["regime"] == regime]
    begins, is_early = chosen["first_month"], chosen["first_month"] > str(month)
    for row in rows:
        if is_early and row["first_month"] < begins:
            row["last_month"] = min(row["last_month"], str(month.plus(-1)))
        elif not is_early and row["first_month"] > begins:
            row["first_month"] = max(row["first_month"], str(month.plus(1)))
    chosen["first_month"] = min(begins, str(month))
    chosen["last_month"] = chosen["last_month"] and max(chosen["last_month"], str(month))
    folder = Path(tempfile.mkdtemp(prefix="dvz-regime-"))
    try:
        for table in tables.glob("*.csv"):
            shutil.copyfile(table, folder / table.name)
        with (folder / REGIMES).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            # one that would hold in no month any more is left out
            writer.writerows(row for row in rows if not row["last_month"] or row["first_month"] <= row["last_month"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
