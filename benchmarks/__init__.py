"""Measures how fast the pipeline is, compared with hand-written programs that do the same job and nothing else.

``bare`` (DuckDB) and ``polars_job`` turn the deliveries of a month into decisions, export and periods;
``bench`` generates deliveries, runs the comparisons and prints their table. Nothing in the pipeline imports from here.
"""
