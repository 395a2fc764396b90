"""Expectation suites on relations of an open DuckDB connection, by Great Expectations.

``expectations`` is what the flow calls; ``great_expectations_engine`` is the only module that imports the library.
"""
