"""A change of law, played through in a copy of the project."""
