"""Consultation of A036 attestations."""
