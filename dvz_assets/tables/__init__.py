"""The tables of the data flow: each is stated once, here, and nowhere else.

The definitions give the types in Parquet and DuckDB, the comments in the published files, the column schemas in the
Dagster UI and the data dictionary. ``model`` says what a table is, ``lake`` holds the partitioned assets,
``published`` the tables that exist only in the published DuckDB files.
"""
