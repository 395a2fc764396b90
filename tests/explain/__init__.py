"""Explanations of outcomes."""
