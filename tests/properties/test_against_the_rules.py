"""The pipeline gives, person by person, what a slow and obvious reading of rules.md gives, whatever its tables say.

Populations are random and so are the readings of the law (``readings``): the rules are rows, and every row must work.

Failures name months, columns and how many persons differ; never a person.
"""

import tempfile
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from tests.cases.outcomes import CORRECTION_REASONS, GROUNDS, OUTCOMES
from tests.oracle.corrections import Correction, corrections
from tests.oracle.knowledge import Knowledge, known_by_month
from tests.oracle.rules import MonthResult, judge_everybody
from tests.properties.populations import LandingZone, numbers_withheld, random_holds
from tests.properties.readings import PLAIN_READING, Reading, write_reading, zones_and_readings
from tests.properties.running import rows, run_zone

INDICATOR = (
    "aid_amount_12m",
    "monthly_living_wage",
    "living_wage_category",
    "living_wage_category_assumed",
    "exceeds",
)
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
    nets = {
        f"{row['insz']:011d}": (row["integration_net_cents"], row["assistance_net_cents"])
        for row in rows(flow, "selection_one", month)
    }
    found += [] if nets == expected.nets else ["other nets in selection one"]
    intersection = {f"{row['insz']:011d}" for row in rows(flow, "intersection", month)}
    found += [] if intersection == expected.intersection else ["other persons in the intersection"]
    indicators = {
        row["insz"]: [row[column] for column in INDICATOR] for row in rows(flow, "threshold_indicator", month)
    }
    expected_indicators = {insz: list(astuple(each)) for insz, each in expected.indicators.items()}
    found += [] if indicators == expected_indicators else ["another threshold indicator"]
    return found


def correction_differences(flow: Flow, month: Month, expected: list[Correction]) -> list[str]:
    """What differs between the corrections of the lake and those of the slow implementation."""
    found = [
        Correction(row["insz"], f"{row['month_sent']:%Y-%m}", row["kind"], row["reason"], row["insz_now"])
        for row in rows(flow, "corrections", month)
    ]
    missing = [f"{each.reason} of {each.month_sent} is missing" for each in expected if each not in found]
    return missing + [f"{each.reason} of {each.month_sent} is too many" for each in found if each not in expected]


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


def reached_readings(known: Knowledge, result: MonthResult) -> set[str]:
    """The columns of category_rules without which somebody of the month would have another outcome or other grounds.

    What was reached before is not looked for again.
    """
    found = set()
    for column, plain in PLAIN_READING.items():
        if column in reached:
            continue
        rules = [{**row, column: plain} for row in known.reference["category_rules"]]
        other = judge_everybody(replace(known, reference={**known.reference, "category_rules": rules}))
        if any(
            (decision.outcome, decision.grounds) != (result.decisions[insz].outcome, result.decisions[insz].grounds)
            for insz, decision in other.decisions.items()
        ):
            found.add(column)
    return found


@settings(max_examples=6)
@given(drawn=zones_and_readings(), country_of_origin=st.sampled_from(("nationality", "it006")))
def test_pipeline_agrees_with_the_rules(drawn: tuple[LandingZone, Reading], country_of_origin: Any) -> None:
    zone, reading = drawn
    with tempfile.TemporaryDirectory() as folder:
        reference = write_reading(Path(folder) / "reference", reading)
        holds = random_holds(zone)
        flow = run_zone(Path(folder), zone, holds, country_of_origin=country_of_origin, reference=reference)
        known = known_by_month(flow.settings.landing, reference)
        expected = {
            month: judge_everybody(each, country_of_origin, numbers_withheld(holds, Month.parse(month)))
            for month, each in known.items()
        }
        taken_back = corrections(known, expected)
        for month in zone:
            result = expected[str(month)]
            assert differences(flow, month, result) == [], month
            assert rejects(flow, month) == sorted(result.rejects), month
            assert correction_differences(flow, month, taken_back[str(month)]) == [], month
            reached.update(decision.outcome for decision in result.decisions.values())
            reached.update(ground for decision in result.decisions.values() for ground in decision.grounds)
            reached.update(correction.reason for correction in taken_back[str(month)])
            reached.update(reached_readings(known[str(month)], result))


def test_the_random_populations_reach_every_outcome_ground_correction_and_reading() -> None:
    """A strategy that stops reaching a rule would protect nothing."""
    if not reached:  # the test above runs in another process, or not at all
        test_pipeline_agrees_with_the_rules()
    wanted = {*OUTCOMES, *GROUNDS, *CORRECTION_REASONS, *PLAIN_READING}
    assert wanted - reached.keys() == set()
