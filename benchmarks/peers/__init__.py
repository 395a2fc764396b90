"""The same models and tests in other tools: dbt-duckdb and SQLMesh, written from ``sql/`` and ``expectations/``.

``models`` says what the models and tests are, ``as_dbt`` and ``as_sqlmesh`` write them as each tool wants
them, ``runs`` runs them, and ``run_dbt`` and ``run_sqlmesh`` are the programs that are measured: in a Python with what
requirements.txt names, and nothing of the pipeline. The relational models are the pipeline's own SQL
files. What the pipeline does with Polars is SQL here, in ``cleaned/``. The tools do less: no hashes of the deliveries,
no reasons and quarantine, no corrections, no file for the receiver, no published databases, no ledger.
"""
