"""Dagster: assets, checks, job, sensor and schedule around the plain functions of ``dvz_assets.flow``.

``build_definitions`` is the one entry; nothing here reads the environment when it is imported.
"""
