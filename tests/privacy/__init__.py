"""Personal data stay where they belong."""
