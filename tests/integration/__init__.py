"""The real definitions on a temporary home: command line, Dagster, published files."""
