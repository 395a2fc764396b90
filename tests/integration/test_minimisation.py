"""Of who has no aid nothing is kept: neither in the rows that are accepted, nor in those that are rejected.

Deliberation 18/055, 29.
"""

import csv

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.flow.steps import run_step
from dvz_assets.months import Month
from tests.integration.running import redeliver

MONTH = Month.parse("2018-04")


def test_of_rejected_rows_content_is_kept_only_of_persons_of_the_statement(flow: Flow) -> None:
    """Of all others, and of whom the number is not even readable, file, line and reason."""
    with (flow.settings.landing / "novaprima" / str(MONTH) / "statement.csv").open(encoding="utf-8") as file:
        paid = {row["insz"] for row in csv.DictReader(file, delimiter=";")}
    expected: dict[int, str | None] = {}

    def spoiled(lines: list[str]) -> list[str]:
        """No name for five persons with aid and five without; no number for two more."""
        header, *rows = [line.split(";") for line in lines]
        number, name = header.index("insz"), header.index("naam")
        chosen = {kind: [row for row in rows if (row[number] in paid) == kind] for kind in (True, False)}
        unreadable = chosen[False][5:7]
        for row in (*chosen[True][:5], *chosen[False][:5]):
            row[name] = ""
        for row, text in zip(unreadable, ("1234567890x", ""), strict=True):
            row[number] = text
        for line, row in enumerate(rows, start=2):
            if not row[name] or row in unreadable:
                expected[line] = row[number] if row[number] in paid else None
        return [";".join(row) for row in (header, *rows)]

    redeliver(flow.settings.landing / "register" / str(MONTH), "persons.csv", spoiled)
    for asset in ("novaprima_statement", "register_snapshot", "insz_replacements", "identity_map", "aid_history"):
        run_step(flow, asset, MONTH)
    without_limit = Flow(flow.settings.model_copy(update={"max_reject_share": 1}))
    run_step(without_limit, "register_persons", MONTH)
    rejected = pl.read_parquet(flow.lake.quarantine("register_snapshot", MONTH), hive_partitioning=False)
    assert dict(rejected.select("line_number", "insz").iter_rows()) == expected
    assert (len(expected), sum(each is not None for each in expected.values())) == (12, 5)
    content = [name for name in rejected.columns if name not in ("file", "line_number", "reason")]
    others = rejected.filter(pl.col("insz").is_null())
    assert others.select(content).null_count().row(0) == (others.height,) * len(content)
    links = flow.lake.scan("identity_map", MONTH).select("old_insz", "present_insz").collect()
    present = {f"{old:011d}": f"{now:011d}" for old, now in links.iter_rows()}
    kept = flow.lake.scan("register_persons", MONTH).collect()
    assert {f"{insz:011d}" for insz in kept["insz"]} <= {present.get(each, each) for each in paid}
