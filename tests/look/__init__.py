"""A real browser on the UI and the report: ``make look``. Files are named look_*, so ``make test`` skips them."""
