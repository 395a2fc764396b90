"""Named cases: what rules.md means at its boundaries, person by person, through the real pipeline."""
