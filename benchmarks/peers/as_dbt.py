"""Writes the models and tests as a dbt project: an incremental model each, of which a run replaces one month."""

from pathlib import Path

from benchmarks.peers.models import MODELS, OF_MONTH, Inputs, Tool, model_sql, tests

MONTH = "DATE '{{ var(\"month\") }}'"
SCHEMA = "peer"
REPLACE_MONTH = f"{{% if is_incremental() %}}DELETE FROM {{{{ this }}}} WHERE {OF_MONTH} = {MONTH}{{% endif %}}"
PROJECT = """\
name: dvz
version: "1.0"
profile: dvz
model-paths: [models]
test-paths: [tests]
flags: {send_anonymous_usage_stats: false}
"""
PROFILES = f"""\
dvz:
  target: bench
  outputs:
    bench: {{type: duckdb, path: bench.duckdb, schema: {SCHEMA}, threads: 2, settings: {{threads: 2}}}}
"""


def write(folder: Path, inputs: Inputs) -> None:
    """Write the project to a folder, in which it also has its database."""
    tool = Tool(lambda model: f"{{{{ ref('{model}') }}}}", MONTH, MONTH)
    (folder / "dbt_project.yml").write_text(PROJECT, "utf-8")
    (folder / "profiles.yml").write_text(PROFILES, "utf-8")
    for name in ("models", "tests"):
        (folder / name).mkdir()
    hook = REPLACE_MONTH.replace("'", "\\'")
    config = f"{{{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{hook}') }}}}"
    for model in MODELS:
        (folder / "models" / f"{model}.sql").write_text(f"{config}\n{model_sql(model, tool, inputs)}\n", "utf-8")
    for test in tests(tool, inputs):
        (folder / "tests" / f"{test.name}.sql").write_text(f"{test.sql}\n", "utf-8")
