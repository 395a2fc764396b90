"""Tests of what has to happen before a delivery leaves, and afterwards."""
