"""Dagster as it stands in production: PostgreSQL, code server, daemon."""
