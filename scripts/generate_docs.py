"""Writes what is made from the code: data dictionary, pages of the rules and the law, column lineage of the SQL files.

The dictionary comes from the table definitions, the rules from rule tables and named cases, the law side by side with
what honours it from ``docs/law/`` and the readings, the lineage from the SQL.
``make docs`` writes them; with ``--check`` nothing is written, and what is not current ends with status 1.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import polars as pl
from sqlglot.expressions import Table as TableExpression
from sqlglot.lineage import lineage as sqlglot_lineage

from dvz_assets.flow.assets import RELATIONAL, RELATIONS, relation
from dvz_assets.flow.sql_files import sql_text
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.explain.grounds import GROUNDS, Ground
from dvz_assets.questions.explain.tests import ONE, TESTS
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Column, Table
from dvz_assets.tables.published import ANALYTICS_DATABASE, ANALYTICS_VIEWS, DVZ_DATABASE
from dvz_assets.tables.reference import REFERENCE_TABLES
from dvz_assets.words.labels import load_labels
from scripts import side_by_side
from tests.cases.case_file import Case, load_cases

ROOT = Path(__file__).parents[1]
PERIOD_COLUMNS = ("aid_kind", "period_start", "period_end")  # the field aid_periods is a table of its own
CRITERIA_LAW = "note of 8 May 2014, 1.2"
HOLDS_LAW = "GDPR 16, 18 and 21; rules.md, section 9"
PRIVACY_LEVELS = (
    "Privacy levels: *personal* says something about one person, *aggregate* is about a month, *technical* is about "
    "the flow. All days are inclusive."
)
GENERATED = "<!-- written by `make docs`; change the tables, not this page -->"
PARAMETERS = {
    "living_wage_days_mode": "days of living wage {}",
    "living_wage_window_months": "in a window of {} months",
    "min_living_wage_days": "at least {} days of living wage",
    "assistance_before_months": "assistance no more than {} months before the living wage",
    "assistance_month_mode": "a month of assistance is {}",
    "min_assistance_months": "at least {} months of assistance",
    "counts_assistance_employment": "employment under law 65 counts",
    "required_nationality": "nationality: {}",
    "requires_recognised_right": "only a recognised right of residence",
    "requires_limited_stay": "only a limited right of residence",
    "excludes_permanent_card": "no permanent card",
    "max_residence_years_eu_national": "residence of an EU national under {} years",
    "max_residence_years_third_country": "residence of a third-country national under {} years",
}


def dictionary() -> str:
    """What stands where, and the words that most tables have: steps, categories and grounds."""
    reference, labels = Reference.load(reference_folder()), load_labels()

    def glossary(kind: str, codes: Iterable[str]) -> list[str]:
        rows = [
            f"| `{code}` | {labels.label(kind, code, 'en')} | {labels.sentence(kind, code, 'en')} |" for code in codes
        ]
        return ["| code | what it is called | what it means |\n|---|---|---|\n" + "\n".join(rows)]

    rules = reference.tables["category_rules"]
    parts = [
        "# Data dictionary",
        GENERATED,
        "One page for each file: [analytics.duckdb](dictionary/analytics.md), for analysts; "
        "[dvz.duckdb](dictionary/dvz.md), for the desk and its auditors; [the lake](dictionary/lake.md), one Parquet "
        "file per asset and month. Here are the codes that most of their tables have; all of them, in four languages, "
        "are in the table `label`, and the words of the field in the [glossary](glossary.md).",
        PRIVACY_LEVELS,
        "## Steps",
        "At which a person's way through the rules ends, in this sequence; the tests are in [rules.md](rules.md).",
        *glossary("outcome", reference.tables["outcomes"].sort("step_order")["outcome"]),
        "## Categories",
        "Of the residence motive; the rule of each is in [rules.md](rules.md).",
        *glossary("category", sorted(set(reference.tables["residence_motives"]["category"]))),
        "## Grounds",
        "On which a person is sent; several may hold.",
        *glossary("ground", sorted({ground for grounds in rules["grounds"] for ground in grounds})),
    ]
    return "\n\n".join(parts) + "\n"


def dictionary_page(title: str, tables: Mapping[str, Table], views: Mapping[str, Table] | None = None) -> str:
    """Every table of a file: grain, and column by column what it holds."""
    parts = [f"# {title}", GENERATED, f"Codes are in the [dictionary](../dictionary.md). {PRIVACY_LEVELS}"]
    parts += [_table(name.removeprefix("main."), table) for name, table in tables.items()]
    if views:
        parts += ["## Views", "On the tables above, for the questions that are asked most."]
        parts += [_table(name, view, "###") for name, view in views.items()]
    return "\n\n".join(parts) + "\n"


def _table(name: str, table: Table, level: str = "##") -> str:
    """A unit and a legal basis have a column where some column of the table has one."""
    basis = f" Legal basis: {table.legal_basis}." if table.legal_basis else ""
    cells = [
        {
            "column": f"`{column.name}`",
            "type": f"{column.type}{'' if column.nullable else ', not null'}",
            "unit": column.unit or "",
            "meaning": _cell(column.meaning),
            "privacy": column.privacy.value,
            "legal basis": _legal_basis(table, column),
        }
        for column in table.columns
    ]
    headings = [name for name in cells[0] if any(row[name] for row in cells)]
    return "\n".join(
        [
            f"{level} {name}",
            "",
            f"{table.meaning} Grain: {table.grain}. Key: {', '.join(f'`{key}`' for key in table.key)}.{basis}",
            "",
            f"| {' | '.join(headings)} |",
            f"|{'---|' * len(headings)}",
            *(f"| {' | '.join(row[name] for name in headings)} |" for row in cells),
        ]
    )


def _legal_basis(table: Table, column: Column) -> str:
    """The column's own; of what is sent, those of the regimes that authorise it (``reference/export_fields.csv``)."""
    if not table.name.startswith("dvz_export"):
        return column.legal_basis or ""
    field = "aid_periods" if column.name in PERIOD_COLUMNS else column.name
    fields = _export_fields().filter(column=field)
    return "; ".join(f"{row['regime']}: {row['legal_reference']}" for row in fields.iter_rows(named=True))


@cache
def _export_fields() -> pl.DataFrame:
    return Reference.load(reference_folder()).tables["export_fields"]


def rules() -> str:
    """Law, table and test on one page: the tests in their order, the rule of each category, and the cases of each."""
    reference, cases = Reference.load(reference_folder()), load_cases()
    outcomes = reference.tables["outcomes"]["outcome"].to_list()  # without those of earlier rules
    titles = dict(reference.tables["regimes"].select("regime", "title").iter_rows())
    parts = [
        "# The rules: law, table, test",
        GENERATED,
        "Each outcome with the test that names it, the law behind it, and the named cases (`tests/cases/cases.yaml`) "
        "that show it; then the rule of each category in each regime (`reference/category_rules.csv`). The code is in "
        "`sql/selection_one.sql`, `sql/selection_two.sql` and `sql/decisions.sql`, and once more, test by test, in "
        "`dvz_assets/questions/explain/`.",
        "## Outcomes, in the order of the tests",
        *(
            _outcome(test.outcome, test.asks, test.legal_reference, cases)
            for test in TESTS
            if test.section == ONE or test.outcome in outcomes
        ),
        _outcome("BELOW_THRESHOLD", "a ground holds", CRITERIA_LAW, cases),
        _outcome("WITHHELD", "not on the list of persons withheld", HOLDS_LAW, cases),
        "## Grounds for sending",
        *(_ground(ground, cases) for ground in GROUNDS),
        "## Rules of the categories",
        *(_regime(regime, title, reference) for regime, title in titles.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _outcome(outcome: str, asks: str, legal_reference: str, cases: list[Case]) -> str:
    shown = [f"- {case.name} ({case.month})" for case in cases if case.expected["outcome"] == outcome]
    return "\n".join([f"### {outcome}", "", f"Whoever fails the test *{asks}*. Law: {legal_reference}.", "", *shown])


def _ground(ground: Ground, cases: list[Case]) -> str:
    shown = [f"- {case.name} ({case.month})" for case in cases if ground.name in case.expected.get("grounds", ())]
    law = f"Law: {ground.legal_reference}, and the category's own rule below."
    return "\n".join([f"### {ground.name}", "", law, "", *shown])


def _regime(regime: str, title: str, reference: Reference) -> str:
    rows = [
        f"| {rule['category']} | {', '.join(rule['grounds'])} | {'; '.join(_parameters(rule))} "
        f"| {rule['legal_reference']} |"
        for rule in reference.tables["category_rules"].filter(regime=regime).iter_rows(named=True)
    ]
    columns = reference.tables["export_fields"].filter(regime=regime)
    fields = [
        f"`{row['column']}` ({row['category'] or 'every category'}; {row['legal_reference']})"
        for row in columns.iter_rows(named=True)
    ]
    return "\n".join(
        [
            f"### {regime}: {title}",
            "",
            "| category | grounds | parameters | law |",
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


def law_side_by_side() -> str:
    """Every paragraph of the law beside what honours it; stops with everything that a verdict or a reading misses."""
    try:
        return side_by_side.page(ROOT)
    except ValueError as error:
        sys.exit(f"{error}\nTo do: correct docs/law/verdicts.csv or reference/readings.csv.")


def lineage() -> str:
    """By asset and column of the SQL files: the columns of other assets that it comes from, as ``asset.column``."""
    tables = {name: {column.name: column.type for column in table.columns} for name, table in LAKE_TABLES.items()}
    of_month = dict.fromkeys(
        ("month", "regime", "reference_date", "first_of_twelve_months", "country_of_origin"), "DATE"
    )
    schema = {
        **tables,
        **{name: tables[behind.asset] for name, behind in RELATIONS.items()},
        "statement_month": {**of_month, "authorised_fields": "VARCHAR[]"},
        **{name: {field.name: "VARCHAR" for field in table.fields} for name, table in REFERENCE_TABLES.items()},
    }
    found = {
        asset: {column: sorted(set(_sources(asset, column, schema))) for column in LAKE_TABLES[asset].names}
        for asset in RELATIONAL
    }
    return json.dumps(found, indent=1) + "\n"


def _sources(asset: str, column: str, schema: dict[str, dict[str, str]]) -> Iterator[str]:
    for node in sqlglot_lineage(column, sql_text(asset), schema=schema, dialect="duckdb").walk():
        if isinstance(node.expression, TableExpression):
            upstream = relation(node.expression.name).asset
            if upstream in LAKE_TABLES and node.expression.name != "statement_month":
                yield f"{upstream}.{node.name.rpartition('.')[2]}"


def main(arguments: list[str]) -> None:
    """Write the pages, or check that they are current."""
    stale = []
    pages = {
        "docs/dictionary.md": dictionary,
        "docs/dictionary/analytics.md": lambda: dictionary_page(
            "`published/analytics.duckdb`: analysts", ANALYTICS_DATABASE, ANALYTICS_VIEWS
        ),
        "docs/dictionary/dvz.md": lambda: dictionary_page(
            "`published/dvz.duckdb`: the desk and its auditors", DVZ_DATABASE
        ),
        "docs/dictionary/lake.md": lambda: dictionary_page(
            "`lake/`: one Parquet file per asset and month", LAKE_TABLES
        ),
        "docs/rules.md": rules,
        "docs/law/side-by-side.md": law_side_by_side,
        "dvz_assets/tables/lineage.json": lineage,
    }
    for name, written in pages.items():
        path, content = ROOT / name, written()
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text("utf-8") != content:
            stale.append(name)
    if stale:
        sys.exit(f"Not current: {', '.join(stale)}. To do: make docs, and commit what it writes.")


if __name__ == "__main__":
    main(sys.argv[1:])
