"""Writes docs/dictionary.md from the table definitions and docs/rules.md from the rule tables and the named cases.

``make docs`` writes them; with ``--check`` nothing is written, and a page that is not current ends with status 1.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dvz_assets.explain.tests import TESTS
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Table
from dvz_assets.tables.published import ANALYTICS_DATABASE, DVZ_DATABASE
from tests.cases.case_file import Case, load_cases
from tests.cases.outcomes import GROUNDS

DOCS = Path(__file__).parents[1] / "docs"
CRITERIA_LAW = "note of 8 May 2014, 1.2"
GENERATED = "<!-- written by `make docs`; change the tables, not this page -->"
PARAMETERS = {
    "min_living_wage_days": "at least {} days of living wage",
    "min_assistance_months": "at least {} months of assistance",
    "counts_assistance_employment": "employment under law 65 counts",
    "requires_limited_stay": "only a limited right of residence",
    "requires_third_country_nationality": "only third-country nationals",
    "max_residence_years_eu_national": "residence of an EU national under {} years",
    "max_residence_years_third_country": "residence of a third-country national under {} years",
    "excludes_permanent_card_third_country": "no permanent card of a third-country national",
}


def dictionary() -> str:
    """Every table: grain, and column by column its type, unit, meaning, privacy level and legal basis."""
    parts = [
        "# Data dictionary",
        GENERATED,
        "Privacy levels: *personal* says something about one person, *aggregate* is about a month, *technical* is "
        "about the flow. All days are inclusive.",
        "## `published/dvz.duckdb`: the desk and its auditors",
        *(_table(name, table) for name, table in DVZ_DATABASE.items()),
        "## `published/analytics.duckdb`: analysts",
        *(_table(name.removeprefix("main."), table) for name, table in ANALYTICS_DATABASE.items()),
        "## `lake/`: one Parquet file per asset and month",
        *(_table(name, table) for name, table in LAKE_TABLES.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _table(name: str, table: Table) -> str:
    basis = f" Legal basis: {table.legal_basis}." if table.legal_basis else ""
    rows = [
        f"| `{column.name}` | {column.type}{'' if column.nullable else ', not null'} | {column.unit or ''} "
        f"| {_cell(column.meaning)} | {column.privacy.value} | {column.legal_basis or ''} |"
        for column in table.columns
    ]
    return "\n".join(
        [
            f"### {name}",
            "",
            f"{table.meaning} Grain: {table.grain}. Key: {', '.join(f'`{key}`' for key in table.key)}.{basis}",
            "",
            "| column | type | unit | meaning | privacy | legal basis |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )


def rules() -> str:
    """Law, table and test on one page: the tests in their order, the rule of each category, and the cases of each."""
    reference, cases = Reference.load(reference_folder()), load_cases()
    titles = dict(reference.tables["regimes"].select("regime", "title").iter_rows())
    parts = [
        "# The rules: law, table, test",
        GENERATED,
        "Each outcome with the test that names it, the law behind it, and the named cases (`tests/cases/cases.yaml`) "
        "that show it; then the rule of each category in each regime (`reference/category_rules.csv`). The code is in "
        "`sql/selection_one.sql`, `sql/selection_two.sql` and `sql/decisions.sql`, and once more, test by test, in "
        "`dvz_assets/explain/`.",
        "## Outcomes, in the order of the tests",
        *(_outcome(test.outcome, test.asks, test.legal_reference, cases) for test in TESTS),
        _outcome("BELOW_THRESHOLD", "a ground holds", CRITERIA_LAW, cases),
        "## Grounds for sending",
        *(_ground(ground, cases) for ground in GROUNDS),
        "## Rules of the categories",
        *(_regime(regime, title, reference) for regime, title in titles.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _outcome(outcome: str, asks: str, legal_reference: str, cases: list[Case]) -> str:
    shown = [f"- {case.name} ({case.month})" for case in cases if case.expected["outcome"] == outcome]
    return "\n".join([f"### {outcome}", "", f"Whoever fails the test *{asks}*. Law: {legal_reference}.", "", *shown])


def _ground(ground: str, cases: list[Case]) -> str:
    shown = [f"- {case.name} ({case.month})" for case in cases if ground in case.expected.get("grounds", ())]
    return "\n".join([f"### {ground}", "", f"Law: {CRITERIA_LAW}, and the category's own rule below.", "", *shown])


def _regime(regime: str, title: str, reference: Reference) -> str:
    rows = [
        f"| {rule['category']} | {rule['criteria']} | {'; '.join(_parameters(rule))} | {rule['legal_reference']} |"
        for rule in reference.tables["category_rules"].filter(regime=regime).iter_rows(named=True)
    ]
    columns = reference.tables["export_fields"].filter(regime=regime)
    fields = [f"`{row['column']}` ({row['legal_reference']})" for row in columns.iter_rows(named=True)]
    return "\n".join(
        [
            f"### {regime}: {title}",
            "",
            "| category | criteria | parameters | law |",
            "|---|---|---|---|",
            *rows,
            "",
            f"What is sent: {', '.join(fields)}.",
        ]
    )


def _parameters(rule: Mapping[str, object]) -> Iterator[str]:
    for name, words in PARAMETERS.items():
        value = rule[name]
        if value is True or (value is not None and value is not False):
            yield words.format(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Write the pages, or check that they are current."""
    stale = []
    for name, content in (("dictionary.md", dictionary()), ("rules.md", rules())):
        path = DOCS / name
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text("utf-8") != content:
            stale.append(f"docs/{name}")
    if stale:
        sys.exit(f"Not current: {', '.join(stale)}. To do: make docs, and commit what it writes.")


if __name__ == "__main__":
    main(sys.argv[1:])
