"""Random populations: the pipeline against the slow implementation of the rules, and against itself."""
