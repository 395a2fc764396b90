"""Tests of situations without persons, and of documents made from them."""
