"""Tests: each says what it protects; docs/developers.md says which kind belongs where."""
