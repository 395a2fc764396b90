"""Proofs: what holds for every possible person, shown by trying all that the rules can tell apart."""
