"""The models of the flow and their tests, as SELECT statements that a tool runs month by month on tables of its own.

A model's table holds all months; ``of_month`` says to which a row belongs. A relation that SQL names stands as WITH
before it, so that the pipeline's files are used as they are.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.job import header
from benchmarks.peers.expectations_as_sql import BATCH, rows_that_break
from dvz_assets.flow.assets import RELATIONAL, Months, relation
from dvz_assets.flow.sql_files import relations_read, sql_text
from dvz_assets.months import Month
from dvz_assets.project_files import expectations_folder, reference_folder
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import LAKE_TABLES

CLEANED = Path(__file__).with_name("cleaned")
OF_MONTH = "of_month"
# the model of a delivered file, and its source and kind
DELIVERED = {
    "novaprima_statement": ("novaprima", "statement"),
    "register_snapshot": ("register", "persons"),
    "insz_replacements": ("register", "insz_replacements"),
}
IN_SQL = ("statement_month", "identity_map", "aid_history", "register_persons")
# what the manifests count and what was signalled before are made in Python, of what the tools do not keep
LEFT_OUT = ("corrections", "month_measures")
COMPUTED = tuple(asset for asset in RELATIONAL if asset not in LEFT_OUT)
ALL_REPLACEMENTS = "all_replacements"
MODELS = (*DELIVERED, *IN_SQL, *COMPUTED)


@dataclass(frozen=True, slots=True)
class Tool:
    """How a tool writes the table of a model, the first day of the month that it makes, and that of a delivery."""

    table: Callable[[str], str]
    month: str
    delivered_month: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where deliveries are, which columns they have, and the names of the code tables."""

    landing: Path
    headers: dict[str, list[str]]
    reference: frozenset[str]


@dataclass(frozen=True, slots=True)
class Test:
    """A SELECT of the rows that break an expectation of a model; ``reads`` are the models that it joins."""

    model: str
    name: str
    sql: str
    reads: frozenset[str]


def inputs_of(landing: Path, month: Month, folder: Path) -> Inputs:
    """Deliveries as CSV with the columns of ``month``, and the code tables, which are written to ``folder``, typed."""
    tables = Reference.load(reference_folder()).tables
    for name, rows in tables.items():
        rows.write_parquet(folder / f"{name}.parquet")
    files = {model: landing / source / str(month) / f"{kind}.csv" for model, (source, kind) in DELIVERED.items()}
    return Inputs(landing, {model: header(path, ";") for model, path in files.items()}, frozenset(tables))


def model_sql(model: str, tool: Tool, inputs: Inputs) -> str:
    """Return the SELECT of a model's rows of one month."""
    month = f"CAST({tool.month} AS DATE) AS {OF_MONTH}"
    if model in DELIVERED:
        return f"SELECT {month}, row_number() OVER () + 1 AS line_number, * FROM {_csv(model, tool, inputs)}"
    text = _text(model)
    columns = "result.*" if model in IN_SQL else LAKE_TABLES[model].projection()
    return f"WITH {_relations(text, tool, inputs)}\nSELECT {month}, {columns} FROM (\n{text}\n) AS result"


def _text(model: str) -> str:
    return (CLEANED / f"{model}.sql").read_text("utf-8") if model in IN_SQL else sql_text(model)


def reads_of(model: str) -> frozenset[str]:
    """Return the models that a model joins."""
    if model in DELIVERED:
        return frozenset()
    return models_read(_text(model))


def tests(tool: Tool, inputs: Inputs) -> Iterator[Test]:
    """The expectations of all models; those that need rejected rows, or numbers of a run, are left out."""
    for model in MODELS:
        path = expectations_folder() / f"{model}.json"
        if not path.exists():
            continue
        for expectation in json.loads(path.read_text("utf-8"))["expectations"]:
            sql = rows_that_break(expectation)
            if sql is None or not _is_known(sql, inputs):
                continue
            relations = _relations(sql, tool, inputs, batch=model)
            name = f"{model}_{expectation['meta']['name']}"
            yield Test(model, name, f"WITH {relations}\nSELECT * FROM ({sql})", models_read(sql) - {model})


def models_read(sql: str) -> frozenset[str]:
    """Return the models whose rows a SELECT joins."""
    names = {"insz_replacements" if name == ALL_REPLACEMENTS else relation(name).asset for name in relations_read(sql)}
    return frozenset(names) & frozenset(MODELS)


def _is_known(sql: str, inputs: Inputs) -> bool:
    names = relations_read(sql) - {BATCH} - inputs.reference
    return all("_quarantine" not in name and relation(name).asset in MODELS for name in names)


def _relations(sql: str, tool: Tool, inputs: Inputs, batch: str = "") -> str:
    names = sorted(relations_read(sql))
    made = {
        name: _rows(batch, f"= {tool.month}", tool) if name == BATCH else _relation(name, tool, inputs)
        for name in names
    }
    return ",\n".join(f"{name} AS NOT MATERIALIZED (\n    {select}\n)" for name, select in made.items())


def _relation(name: str, tool: Tool, inputs: Inputs) -> str:
    month = tool.month
    if name == "this_month":
        return f"SELECT CAST({month} AS DATE) AS month"
    if name == "withheld":
        return "SELECT CAST(NULL AS BIGINT) AS insz WHERE FALSE"
    if name == "register_voucher":
        return f"SELECT * FROM read_json({_delivered('register', 'voucher.json', tool, inputs)})"
    if name in inputs.reference:
        return f"SELECT * FROM read_parquet('{name}.parquet')"
    if name == ALL_REPLACEMENTS:
        return _rows("insz_replacements", f"<= {month}", tool)
    behind = relation(name)
    of_months = {
        Months.SAME: f"= {month}",
        Months.ALL: f"<= {month}",
        Months.TWELVE: f"BETWEEN CAST({month} - INTERVAL 11 MONTH AS DATE) AND {month}",
    }
    return _rows(behind.asset, of_months[behind.months], tool)


def _rows(model: str, of_months: str, tool: Tool) -> str:
    return f"SELECT * EXCLUDE ({OF_MONTH}) FROM {tool.table(model)} WHERE {OF_MONTH} {of_months}"


def _csv(model: str, tool: Tool, inputs: Inputs) -> str:
    source, kind = DELIVERED[model]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in inputs.headers[model])
    return (
        f"read_csv({_delivered(source, f'{kind}.csv', tool, inputs)}, columns = {{{columns}}}, delim = ';', "
        "quote = '\"', escape = '\"', header = true, nullstr = '', auto_detect = false)"
    )


def _delivered(source: str, name: str, tool: Tool, inputs: Inputs) -> str:
    return f"'{inputs.landing / source}/' || strftime({tool.delivered_month}, '%Y-%m') || '/{name}'"
