"""A law that does not exist, made in a copy of the project as an owner would make it.

From July 2018 on a citizen of the Union is sent for ten days of aid in a reception centre; the statement says which
lines are of one, and DVZ is told the days. ``FILES`` are all files that the change touches (docs/developers.md), the
tests and what ``make docs`` writes apart.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from dvz_assets.project_files import PACKAGE, expectations_folder, reference_folder, sql_folder

FIRST_MONTH = "2018-07"
REGIME, REGIME_BEFORE, LAST_MONTH_BEFORE = "LAW_2018_07", "DELIB_18_055", "2018-06"
GROUND, PARAMETER, DAYS = "AID_IN_RECEPTION", "min_reception_days", 10
COLUMN_OF_STATEMENT, COLUMN_OF_EXPORT, CATEGORY = "opvang", "reception_days", "EU_CITIZEN"

LAKE_COLUMNS = f'''
RECEPTION = Column(
    "{COLUMN_OF_STATEMENT}", "VARCHAR", "J: aid in a reception centre.", nullable=True,
    since="0.3.0", absent="NULL", first_month="{FIRST_MONTH}",
)
RECEPTION_DAYS = Column(
    "{COLUMN_OF_EXPORT}", "INTEGER", "Days of aid in a reception centre in the statement.", unit="days", nullable=True,
    since="0.3.0", absent="NULL", first_month="{FIRST_MONTH}",
)


def _delivered('''
DAYS_OF_LINES = """coalesce(sum(lines.laatste_dag - lines.eerste_dag + 1) FILTER (WHERE lines.opvang = 'J'), 0)
            AS reception_days,
        """
EXPLAINED = f'''
def _enough_reception(facts: Facts) -> Seen:
    lines = facts.lines.filter(pl.col("aid_kind").is_in(facts.counted_kinds), {COLUMN_OF_STATEMENT}="J")
    days = lines.select((pl.col("laatste_dag") - pl.col("eerste_dag")).dt.total_days() + 1).sum().item()
    least = _rule(facts)["{PARAMETER}"]
    return Seen(days >= least, f"{{days}} days of aid in a reception centre", f"at least {{least}}")


GROUNDS = (
    Ground("{GROUND}", "law of July 2018, 1", _enough_reception),'''


def _inserted(path: Path, before: str, text: str, *, times: int = 1) -> None:
    """Insert a text wherever another one begins; that stands there so many times."""
    content = path.read_text("utf-8")
    assert content.count(before) == times, (path.name, before)
    path.write_text(content.replace(before, text + before), "utf-8")


def _replaced(path: Path, old: str, new: str, *, to: Path | None = None) -> None:
    content = path.read_text("utf-8")
    assert content.count(old) == 1, (path.name, old)
    (to or path).write_text(content.replace(old, new), "utf-8")


def _rows(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_csv(path, infer_schema=False)).write_csv(path)


def _of_the_new_regime(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(regime=REGIME_BEFORE).with_columns(regime=pl.lit(REGIME))


def _regimes(path: Path) -> None:
    new = {"regime": REGIME, "first_month": FIRST_MONTH, "title": "Law of July 2018", "source": "invented"}
    ended = pl.when(regime=REGIME_BEFORE).then(pl.lit(LAST_MONTH_BEFORE)).otherwise("last_month").alias("last_month")
    _rows(path, lambda rows: pl.concat([rows.with_columns(ended), pl.DataFrame([new])], how="diagonal"))


def _category_rules(path: Path) -> None:
    def change(rows: pl.DataFrame) -> pl.DataFrame:
        is_changed = pl.col("category") == CATEGORY
        new = _of_the_new_regime(rows).with_columns(
            grounds=pl.when(is_changed).then(pl.lit(GROUND)).otherwise("grounds"),
            min_living_wage_days=pl.when(is_changed).then(None).otherwise("min_living_wage_days"),
            **{PARAMETER: pl.when(is_changed).then(pl.lit(str(DAYS)))},
        )
        return pl.concat([rows, new], how="diagonal")

    _rows(path, change)


def _export_fields(path: Path) -> None:
    field = {"column": COLUMN_OF_EXPORT, "field_in_source": "dagen in opvang", "legal_reference": "law of July 2018, 2"}
    new = pl.DataFrame([{"regime": REGIME, "category": CATEGORY, **field}])
    _rows(path, lambda rows: pl.concat([rows, _of_the_new_regime(rows), new], how="diagonal"))


def _grounds(path: Path) -> None:
    new = {"ground": GROUND, "parameter": PARAMETER, "legal_reference": "law of July 2018, 1"}
    _rows(path, lambda rows: pl.concat([rows, pl.DataFrame([new])], how="diagonal"))


def _reference_tables(path: Path) -> None:
    field = f'Field("{PARAMETER}", pl.Int32(), required=False, since="0.3.0"),\n            '
    _inserted(path, '_number("min_assistance_months", required=False),\n', field)


def _lake_tables(path: Path) -> None:
    _replaced(path, "\ndef _delivered(", LAKE_COLUMNS)
    for before in (
        '_delivered("hoedanigheidscode", ',
        'Column("hoedanigheidscode", "VARCHAR", "KSZ quality code as',
    ):
        _inserted(path, before, "RECEPTION,\n        ")
    _inserted(path, 'Column("residence_capacity", ', "RECEPTION_DAYS,\n        ")


def _decisions(path: Path) -> None:
    shutil.copy(path.with_name("decisions.sql"), path)
    _inserted(path, "sum(lines.amount_cents) AS counted_net_cents,", DAYS_OF_LINES)
    _inserted(
        path,
        "        rules.min_assistance_months,",
        f"        rules.{PARAMETER},\n        this_statement.reception_days,\n",
    )
    ground = f"CASE WHEN reception_days >= {PARAMETER} THEN '{GROUND}' END,\n            "
    _inserted(path, "CASE WHEN assistance_net_cents > 0 THEN", ground)


def _export(path: Path) -> None:
    shutil.copy(path.with_name("dvz_export.sql"), path)
    line = (
        "CASE WHEN statement_lines.opvang = 'J' THEN statement_lines.laatste_dag - statement_lines.eerste_dag + 1 END"
    )
    _inserted(path, "        statement_lines.amount_cents,\n", f"        {line} AS reception_days,\n")
    _inserted(
        path,
        "        sum(amount_cents) AS amount_cents,\n        -- of",
        "        sum(reception_days) AS reception_days,\n",
    )
    filled = f"CASE WHEN list_contains(fields.authorised, '{COLUMN_OF_EXPORT}') THEN granted.reception_days END"
    _inserted(
        path,
        "    CASE WHEN list_contains(fields.authorised, 'residence_capacity')",
        f"    {filled} AS {COLUMN_OF_EXPORT},\n",
    )


def _explanations(path: Path) -> None:
    _replaced(path, "\nGROUNDS = (", EXPLAINED)


CHANGES: dict[str, Callable[[Path], None]] = {
    "reference/regimes.csv": _regimes,
    "reference/category_rules.csv": _category_rules,
    "reference/grounds.csv": _grounds,
    "reference/export_fields.csv": _export_fields,
    "dvz_assets/tables/reference.py": _reference_tables,
    "dvz_assets/tables/lake.py": _lake_tables,
    f"sql/decisions.{FIRST_MONTH}.sql": _decisions,
    f"sql/dvz_export.{FIRST_MONTH}.sql": _export,
    "dvz_assets/questions/explain/grounds.py": _explanations,
}
FILES = tuple(CHANGES)


def project_with_the_new_law(folder: Path) -> Path:
    """A copy of the project in which the law has changed."""
    for each in (PACKAGE, sql_folder(), expectations_folder(), reference_folder()):
        shutil.copytree(each, folder / each.name, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    for name, change in CHANGES.items():
        change(folder / name)
    return folder
