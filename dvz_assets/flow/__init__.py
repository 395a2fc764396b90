"""The steps of the monthly flow as plain functions; Dagster is not known here.

``context`` is what a step needs to know, ``raw`` and ``cleaned`` work with Polars on delivered files, ``relational``
runs the SQL files, ``delivery`` writes the file for the KSZ.
"""
