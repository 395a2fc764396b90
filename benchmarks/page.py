"""docs/performance.md and its picture, from the results of the full comparison.

What people write there (what the figures mean, what was measured once) stays as it is; only the text between the
markers is written. Without measuring again: ``python -m benchmarks.page``.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.cache import ROOT
from benchmarks.comparisons import rows_of
from benchmarks.engine_table import engine_table
from benchmarks.groups import GROWTH, SPARK
from benchmarks.growth import growth_picture
from benchmarks.reasons import reasons_for
from benchmarks.results import Results
from benchmarks.scales import FULL, Scale
from benchmarks.table import markdown_table

RESULTS = ROOT / "benchmarks" / "results"
PAGE, PICTURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "images" / "growth.svg"
BEGIN, END = "<!-- written by `make bench` from here -->", "<!-- to here -->"
BEGIN_SPARK = "<!-- written by `make bench`, of the group spark, from here -->"
NO_SPARK = "Not measured with the rest: it needs pyspark (`make spark-setup`) and Java 17."
CAPTION = (
    "Seconds of the last month by months of history, by statement lines (24 months of history; the largest is ten "
    "times national, as Parquet) and by share of foreigners (100,000 persons, 24 months of history). The grey lines "
    "are the physical limit: the deliveries and the history, once from the disk and once, without compression, "
    "through memory."
)


def write_page(results: Results, scale: Scale, page: Path = PAGE, picture: Path = PICTURE) -> None:
    """Write the table, the reasons, the machine, the picture, and what was measured on Spark."""
    rows = rows_of(results, scale)
    parts = [BEGIN, ", ".join(f"{name} {value}" for name, value in results.machine.items()) + ".", markdown_table(rows)]
    reasons = reasons_for(rows)
    if reasons:
        parts += ["Goals that are not met:", "\n".join(f"- {reason}" for reason in reasons)]
    growth = results.groups.get(GROWTH)
    if growth is not None and not growth.failed:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(growth_picture(results), encoding="utf-8")
        parts += [f"![Cost by months, lines and share of foreigners](images/{picture.name})", CAPTION]
    spark = results.groups.get(SPARK)
    on_spark = NO_SPARK if spark is None or spark.failed else engine_table(spark)
    text = _with(page.read_text("utf-8"), parts)
    page.write_text(_with(text, [BEGIN_SPARK, on_spark]), encoding="utf-8")


def _with(text: str, parts: Sequence[str]) -> str:
    """The page with parts in place of the text from the first of them, a marker, to the end mark after it."""
    before, marker, rest = text.partition(parts[0])
    return before + "\n\n".join([*parts, END]) + rest.partition(END)[2] if marker else text


if __name__ == "__main__":
    write_page(Results.read(RESULTS / f"{FULL.name}.json"), FULL)
