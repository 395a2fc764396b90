"""Mutants: the SQL of the flow, and its Python, changed in one place; the tests have to see it."""
