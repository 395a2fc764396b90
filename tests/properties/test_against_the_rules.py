"""The pipeline gives, person by person, what a slow and obvious reading of rules.md gives.

Failures name months, columns and how many persons differ; never a person.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from tests.cases.landing_writer import Delivery
from tests.cases.outcomes import GROUNDS, OUTCOMES
from tests.oracle.rules import MonthResult, compute
from tests.properties.populations import landing_zones
from tests.properties.running import rows, run_zone

reached: Counter[str] = Counter()


def differences(flow: Flow, month: Month, expected: MonthResult) -> list[str]:
    """What differs between the lake and the slow implementation, in words without a person."""
    found: list[str] = []
    decisions = {row["insz"]: row for row in rows(flow, "decisions", month)}
    export = {row["insz"]: row for row in rows(flow, "dvz_export", month)}
    found += [] if decisions.keys() == expected.decisions.keys() else ["other persons in selection one"]
    found += [] if export.keys() == expected.export.keys() else ["other persons sent"]
    for insz in decisions.keys() & expected.decisions.keys():
        decision = expected.decisions[insz]
        found += [
            f"{column}: {decisions[insz][column]} instead of {getattr(decision, column)}"
            for column in (
                "outcome",
                "grounds",
                "category",
                "living_wage_days",
                "longest_living_wage_run",
                "assistance_months",
            )
            if decisions[insz][column] != getattr(decision, column)
        ]
    for insz in export.keys() & expected.export.keys():
        found += [
            f"column {column} of the export differs"
            for column, value in expected.export[insz].items()
            if column not in ("month", "regime") and export[insz][column] != value
        ]
    periods = [tuple(row.values())[1:] for row in rows(flow, "dvz_export_periods", month)]
    found += [] if sorted(periods, key=str) == sorted(expected.periods, key=str) else ["other aid periods"]
    return found


def rejects(flow: Flow, month: Month) -> list[tuple[str, str, int, str]]:
    sources = {
        "novaprima_statement": "novaprima",
        "register_snapshot": "register",
        "insz_replacements": "register",
    }
    found: list[tuple[str, str, int, str]] = []
    for asset, source in sources.items():
        quarantine = pl.read_parquet(flow.lake.quarantine(asset, month), hive_partitioning=False)
        found += [(source, *row) for row in quarantine.select("file", "line_number", "reason").iter_rows()]
    return sorted(found)


@settings(max_examples=8)
@given(zone=landing_zones(), country_of_origin=st.sampled_from(("nationality", "it006")))
def test_pipeline_agrees_with_the_rules(zone: dict[Month, Delivery], country_of_origin: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        flow = run_zone(Path(folder), zone, country_of_origin=country_of_origin)
        landing = flow.settings.landing
        for month in zone:
            expected = compute(landing, reference_folder(), str(month), country_of_origin)
            assert differences(flow, month, expected) == [], month
            assert rejects(flow, month) == sorted(expected.rejects), month
            reached.update(decision.outcome for decision in expected.decisions.values())
            reached.update(ground for decision in expected.decisions.values() for ground in decision.grounds)


def test_the_random_populations_reach_every_outcome_and_ground() -> None:
    """A strategy that stops reaching a rule would protect nothing."""
    if not reached:  # the test above runs in another process, or not at all
        test_pipeline_agrees_with_the_rules()
    assert {*OUTCOMES, *GROUNDS} - reached.keys() == set()
