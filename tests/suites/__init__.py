"""Suites that look for faults of readers: random files, for a fixed time for each format (``make suites``).

CI runs each for a moment (``test_suites``). What a suite finds becomes a test of its kind beside the reader.
"""
