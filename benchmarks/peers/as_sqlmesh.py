"""Writes the models and tests as a SQLMesh project: a model by month each, with the tests as its audits."""

from pathlib import Path

from benchmarks.peers.models import MODELS, OF_MONTH, Inputs, Tool, model_sql, reads_of, tests

SCHEMA = "peer"
MONTH = "@start_date"
NOT_PARSED = "UNPIVOT"  # as a statement of its own, which the tool's parser takes for no SELECT
CONFIG = """\
gateways:
  bench:
    connection: {type: duckdb, database: bench.duckdb, connector_config: {threads: 2}}
    state_connection: {type: duckdb, database: state.duckdb}
default_gateway: bench
model_defaults: {dialect: duckdb, start: '%s'}
disable_anonymized_analytics: true
"""
MODEL = """\
MODEL (
  name {schema}.{model},
  kind INCREMENTAL_BY_TIME_RANGE (time_column {of_month}, batch_size 1),
  cron '@monthly',
  depends_on ({depends_on}),
  audits ({audits})
);

{sql}
"""


def write(folder: Path, inputs: Inputs, first_day: str) -> None:
    """Write the project to a folder, in which it also has its database; ``first_day`` begins the first month."""
    # the tool makes the tables by asking for a day of 1970, of which nothing was delivered
    delivered_month = f"greatest({MONTH}, CAST('{first_day}' AS DATE))"
    tool = Tool(lambda model: f"{SCHEMA}.{model}", MONTH, delivered_month)
    (folder / "config.yaml").write_text(CONFIG % first_day, "utf-8")
    for name in ("models", "audits"):
        (folder / name).mkdir()
    audits: dict[str, list[str]] = {model: [] for model in MODELS}
    depends_on = {model: {*reads_of(model)} for model in MODELS}
    for test in tests(tool, inputs):
        if NOT_PARSED in test.sql:
            continue
        audits[test.model].append(test.name)
        depends_on[test.model] |= test.reads
        sql = test.sql.replace(f"FROM {SCHEMA}.{test.model} WHERE", "FROM @this_model WHERE", 1)
        text = f"AUDIT (name {test.name}, dialect duckdb);\n\n{sql}\n"
        (folder / "audits" / f"{test.name}.sql").write_text(text, "utf-8")
    for model in MODELS:
        text = MODEL.format(
            schema=SCHEMA,
            model=model,
            of_month=OF_MONTH,
            depends_on=", ".join(f"{SCHEMA}.{each}" for each in sorted(depends_on[model])),
            audits=", ".join(audits[model]),
            sql=model_sql(model, tool, inputs),
        )
        (folder / "models" / f"{model}.sql").write_text(text, "utf-8")
