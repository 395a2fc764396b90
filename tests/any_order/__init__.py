"""A home is driven in any order; a simple model says what must be there after each step."""
