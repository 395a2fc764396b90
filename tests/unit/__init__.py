"""Unit tests: one module of the package each, without Dagster and without a home."""
