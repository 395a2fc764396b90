"""Homes that released versions left behind, and every command of today's version on each of them."""
